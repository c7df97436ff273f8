"""The negative log-likelihood of classes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NoReturn

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops.arithmetic import div_op
from tapegrad.ops.loss import MEAN, NONE
from tapegrad.ops.tensor_types import refuse_integers

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
    last = np.moveaxis(input, 1, -1) if input.ndim > 2 else input
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
        forward=_nll_loss,
        grad_name=grad_name,
        outputs=("loss", "total_weight"),
        drops=("target",),
        input=lambda g, input_shape, target, weight, reduction, ignore_index, total_weight: (
            nll_loss_backward(
                div_op(g, total_weight) if reduction == MEAN else g,
                target,
                weight,
                input_shape,
                ignore_index,
            )
        ),
        doc="Minus the log-probability of the target class, weighted.",
    )


nll_loss_op = _nll_op("nll_loss", "NllLossBackward0")
nll_loss2d_op = _nll_op("nll_loss2d", "NllLoss2DBackward0")


def _nll_scattered(values, target, weight, shape, ignore_index):
    if len(shape) == 2:
        return _scattered_rows(values, target, weight, shape, ignore_index)
    rows = (target.size, shape[1 if len(shape) > 1 else 0])
    if values.ndim:
        values = values.reshape(rows[:1])
    result = _scattered_rows(values, target.reshape(rows[0]), weight, rows, ignore_index)
    if len(shape) < 2:
        return result.reshape(shape)
    return kernels.contiguous(np.moveaxis(result.reshape(*target.shape, rows[1]), -1, 1))


def _scattered_rows(values, target, weight, shape, ignore_index):
    if values.ndim == 0:
        values = kernels.expanded(values, (shape[0],))
    if weight is None:
        weight = _unit_weights(values.dtype, shape[1])
    try:
        inputs = (values, target, weight)
        return kernels.outputs(_NLL_BACKWARD, inputs, (shape,), (0, 0, ignore_index))
    except KernelRefusal as refusal:
        _refuse_target(refusal)


def _nll_gathered(g, values_shape, target, weight, ignore_index):
    losses = nll_loss_op(g, target, weight, NONE, ignore_index)[0]
    return losses if values_shape else losses.sum()


nll_loss_backward = op(
    "nll_loss_backward",
    forward=_nll_scattered,
    values=lambda g, values_shape, target, weight, ignore_index: _nll_gathered(
        g, values_shape, target, weight, ignore_index
    ),
    doc="Zeros with minus the weighted gradient at each row's target.",
)


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
