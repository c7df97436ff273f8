"""The negative log-likelihood of classes."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import NoReturn

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import op
from tapegrad.ops.activation import log_softmax_op
from tapegrad.ops.loss import MEAN, NONE

_ONES = {
    dtype: np.ones((1,), dtype) for dtype in map(np.dtype, (np.float16, np.float32, np.float64))
}


@lru_cache(maxsize=64)
def _unit_weights(dtype: np.dtype, n_classes: int) -> np.ndarray:
    return kernels.expanded(_ONES[dtype], (n_classes,))


def _refuse_target(refusal: KernelRefusal) -> NoReturn:
    """Raise PyTorch's error for a target that is no class."""
    raise IndexError(f"Target {refusal.args[0]} is out of bounds.") from None


def _rows_of_classes(input: np.ndarray) -> np.ndarray:
    """A matrix with a row of classes for each place of an image; one row for a lone vector."""
    last = kernels.moved(input, 1, input.ndim - 1) if input.ndim > 2 else input
    return last.reshape(math.prod(last.shape[:-1]), last.shape[-1])


def _nll_loss(input, target, weight, reduction, ignore_index):
    shape = target.shape
    if input.dtype not in _ONES:
        refuse_integers("nll_loss_out_frame", input)
    if input.ndim != 2:
        input, target = _rows_of_classes(input), target.reshape(-1)
    n, n_classes = input.shape
    if weight is None:
        weight = _unit_weights(input.dtype, n_classes)
    inputs = (input, target, weight)
    try:
        if reduction != NONE:
            params = (0, 0, ignore_index, reduction == MEAN)
            return kernels.outputs(_NLL_TOTAL, inputs, _TWO_NUMBERS, params)
        losses, used = kernels.outputs(_NLL, inputs, ((n,), (n,)), (0, 0, ignore_index))
    except KernelRefusal as refusal:
        _refuse_target(refusal)
    return losses.reshape(shape), kernels.reduce(_SUM, used, None, False)


_TWO_NUMBERS = ((), ())
_NLL, _NLL_TOTAL, _NLL_BACKWARD, _SUM = (
    OURS[name] for name in ("nll_loss", "nll_loss_total", "nll_loss_backward", "sum")
)


def _nll_op(name: str, grad_name: str):
    return op(
        name,
        forward=partial(kernels.nll_loss, _nll_loss),
        params=("input", "target", "weight", "reduction", "ignore_index"),
        grad_name=grad_name,
        outputs=("loss", "total_weight"),
        n_recorded=1,
        drops=("target",),
        input="nll_loss_backward("
        "g, target, weight, total_weight, input_shape, reduction, ignore_index)",
        doc="Minus the log-probability of the target class, weighted.",
    )


nll_loss_op = _nll_op("nll_loss", "NllLossBackward0")
nll_loss2d_op = _nll_op("nll_loss2d", "NllLoss2DBackward0")


def _nll_scattered(values, target, weight, total, shape, reduction, ignore_index):
    rows = shape
    if len(shape) != 2:
        rows = (target.size, shape[1 if len(shape) > 1 else 0])
        target = target.reshape(rows[0])
    if values.ndim != 1:
        values = values.reshape(-1) if values.ndim else kernels.expanded(values, rows[:1])
    if weight is None:
        weight = _unit_weights(values.dtype, rows[1])
    inputs = (values, target, weight, total)
    try:
        result = kernels.outputs(
            _NLL_BACKWARD, inputs, (rows,), (0, 0, ignore_index, reduction == MEAN)
        )
    except KernelRefusal as refusal:
        _refuse_target(refusal)
    if rows is shape:
        return result
    if len(shape) == 1:
        return result.reshape(shape)
    image = (shape[0], *shape[2:], shape[1])
    return kernels.contiguous(kernels.moved(result.reshape(image), len(image) - 1, 1))


def _nll_gathered(g, values_shape, target, weight, total, reduction, ignore_index):
    losses = nll_loss_op(g, target, weight, NONE, ignore_index)[0]
    if values_shape:
        return losses
    return losses.sum() / total if reduction == MEAN else losses.sum()


nll_loss_backward = op(
    "nll_loss_backward",
    forward=partial(kernels.nll_loss_backward, _nll_scattered),
    params=("values", "target", "weight", "total", "shape", "reduction", "ignore_index"),
    values=lambda g, values_shape, target, weight, total, reduction, ignore_index: _nll_gathered(
        g, values_shape, target, weight, total, reduction, ignore_index
    ),
    doc="Zeros with minus the weighted gradient at each row's target.",
)


# Of a matrix of scores: the log-softmax and the likelihood.
cross_entropy_op = op(
    "cross_entropy",
    forward=partial(kernels.cross_entropy, _nll_loss),
    params=("input", "target", "weight", "reduction", "ignore_index"),
    grad_name="NllLossBackward0",
    outputs=("loss", "total_weight", "log_probabilities"),
    n_recorded=1,
    drops=("target",),
    input="cross_entropy_backward(g, target, weight, total_weight, input_shape, reduction, "
    "ignore_index, log_probabilities)",
    stands_for=("input", log_softmax_op, nll_loss_op),
    doc="Minus the logarithm of the target class's softmax, weighted.",
)
op(
    "cross_entropy_backward",
    forward=partial(kernels.cross_entropy_backward, _nll_scattered),
    params=("values", "target", "weight", "total", "shape", "reduction", "ignore_index",
            "log_probabilities"),
    doc="The gradient of a loss of logarithms, and through the log-softmax that made them.",
)  # fmt: skip


def nll_loss(input, target, weight=None, reduction: int = MEAN, ignore_index: int = -100) -> Tensor:
    """``-weight[t] * input[i, t]`` for the target t of each row i, or the weighted mean or sum.

    Shape: log-probabilities ``(batch, classes)`` or ``(classes)``, targets ``(batch)`` or ``()``.
    Raises IndexError for a target that is no class.
    """
    return nll_loss_op(input, target, weight, reduction, ignore_index)[0]


def nll_loss2d(
    input, target, weight=None, reduction: int = MEAN, ignore_index: int = -100
) -> Tensor:
    """``nll_loss`` at each place of an image.

    Shape: logarithms ``(batch, classes, rows, columns)``, targets ``(batch, rows, columns)``.
    """
    return nll_loss2d_op(input, target, weight, reduction, ignore_index)[0]
