"""Losses that PyTorch records as one operation."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import result_type_number
from tapegrad._kernels import OURS, TYPE_NAMES, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad._types import BY_NUMPY_NUMBER, dtype
from tapegrad.ops._declare import composite, op
from tapegrad.ops.activation import log_sigmoid
from tapegrad.ops.arithmetic import div_op
from tapegrad.ops.create import ones_like
from tapegrad.ops.pointwise import log, sigmoid, where_op
from tapegrad.ops.reduce import mean_all, sum_all
from tapegrad.ops.tensor_types import refuse_integers

NONE, MEAN, SUM = 0, 1, 2


def _reduced(losses: Tensor, reduction: int) -> Tensor:
    if reduction == NONE:
        return losses
    return mean_all(losses) if reduction == MEAN else sum_all(losses)


def _spread(g: Tensor, shape: tuple, reduction: int) -> Tensor:
    """The gradient of each element's loss."""
    if reduction == NONE:
        return g
    return div_op(g, math.prod(shape)) if reduction == MEAN else g


def _elementwise_loss(name: str, losses, slope, symmetric: bool, doc: str):
    """Declare a loss of (input, target, reduction, setting): a function of each pair of elements.

    ``slope(input, target, setting)`` is its derivative by the input; by the target it is the
    opposite for a ``symmetric`` one, a function of the difference.
    """
    formulas: dict[str, Any] = {
        "input": lambda g, input, target, reduction, setting: (
            _spread(g, input.shape, reduction) * slope(input, target, setting)
        )
    }
    if symmetric:
        formulas["target"] = lambda g, input, target, reduction, setting: -(
            _spread(g, input.shape, reduction) * slope(input, target, setting)
        )
    return op(
        name,
        forward=composite(
            lambda input, target, reduction, setting: _reduced(
                losses(input, target, setting), reduction
            )
        ),
        params=("input", "target", "reduction", "setting"),
        doc=doc,
        **formulas,
    )


mse_op = _elementwise_loss(
    "mse_loss",
    lambda x, y, _: (x - y).square(),
    lambda x, y, _: (x - y) * 2,
    symmetric=True,
    doc="Squared differences.",
)
smooth_l1_op = _elementwise_loss(
    "smooth_l1_loss",
    lambda x, y, beta: _smooth(abs(x - y), beta),
    lambda x, y, beta: _smooth_slope(x - y, beta),
    symmetric=True,
    doc="Squared differences up to ``beta``, then absolute ones.",
)
huber_op = _elementwise_loss(
    "huber_loss",
    lambda x, y, delta: _smooth(abs(x - y), delta) * delta,
    lambda x, y, delta: _smooth_slope(x - y, delta) * delta,
    symmetric=True,
    doc="Squared differences up to ``delta``, then absolute ones, scaled by ``delta``.",
)


def _smooth(distance: Tensor, beta: float) -> Tensor:
    if beta == 0:
        return distance
    return where_op(distance < beta, distance * distance * (0.5 / beta), distance - 0.5 * beta)


def _smooth_slope(difference: Tensor, beta: float) -> Tensor:
    if beta == 0:
        return difference.sign()
    return where_op(abs(difference) < beta, difference / beta, difference.sign())


def mse_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """``(input - target)²``, or its mean or sum."""
    return mse_op(*_promoted("mse", input, target), reduction, 0.0)


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: int = MEAN, beta=1.0) -> Tensor:
    """``0.5 d² / beta`` where ``d = |input - target| < beta``, else ``d - 0.5 beta``."""
    return smooth_l1_op(*_promoted("smooth_l1", input, target), reduction, float(beta))


def huber_loss(input: Tensor, target: Tensor, reduction: int = MEAN, delta=1.0) -> Tensor:
    """``0.5 d²`` where ``d = |input - target| < delta``, else ``delta * (d - 0.5 delta)``."""
    if input.dtype is not target.dtype:
        _check_castable(_common_dtype(input, target), input.dtype)
    return huber_op(*_promoted("huber", input, target), reduction, float(delta)).to(input.dtype)


def _common_dtype(input: Tensor, target: Tensor) -> dtype:
    return BY_NUMPY_NUMBER[result_type_number(input, target)]


def _promoted(kernel: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the dtype that they promote to, which must be a floating-point one."""
    if input.dtype is not target.dtype:
        common = _common_dtype(input, target)
        input, target = input.to(common), target.to(common)
    refuse_integers(f"{kernel}_cpu", input._array)
    return input, target


def _check_castable(result: dtype, output: dtype) -> None:
    if not output.is_floating_point and result is not output:
        names = [TYPE_NAMES[one.numpy.num] for one in (result, output)]
        raise RuntimeError(
            f"result type {names[0]} can't be cast to the desired output type {names[1]}"
        )


def l1_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """``|input - target|``, or its mean or sum."""
    return _reduced((input - target).abs(), reduction)


# ------------------------------------------------------------------------- binary cross-entropy


def _log_at_least(x: Tensor) -> Tensor:
    # PyTorch bounds the logarithm so that a wrong certainty costs 100 and not infinity.
    return log(x).clamp(min=-100.0)


def _bce(input, target, weight, reduction):
    losses = (target - 1) * _log_at_least(1 - input) - target * _log_at_least(input)
    return _reduced(losses if weight is None else losses * weight, reduction)


def _bce_slope(g, input, target, weight, reduction):
    g = _spread(g, input.shape, reduction)
    slope = (input - target) / ((1 - input) * input).clamp(min=1e-12)
    return g * (slope if weight is None else slope * weight)


def _bce_target_slope(g, input, target, weight, reduction):
    g = _spread(g, input.shape, reduction)
    slope = _log_at_least(1 - input) - _log_at_least(input)
    return g * (slope if weight is None else slope * weight)


binary_cross_entropy_op = op(
    "binary_cross_entropy",
    forward=composite(_bce),
    params=("input", "target", "weight", "reduction"),
    input=lambda g, input, target, weight, reduction: _bce_slope(
        g, input, target, weight, reduction
    ),
    target=lambda g, input, target, weight, reduction: _bce_target_slope(
        g, input, target, weight, reduction
    ),
    doc="``-(t log x + (1 - t) log(1 - x))``.",
)


def binary_cross_entropy(input, target, weight=None, reduction: int = MEAN) -> Tensor:
    """``-(t log x + (1 - t) log(1 - x))`` for probabilities x, or its mean or sum."""
    array = input.detach().numpy()
    if array.size and not bool(((array >= 0) & (array <= 1)).all()):
        raise RuntimeError("all elements of input should be between 0 and 1")
    return binary_cross_entropy_op(input, target, weight, reduction)


def _bce_with_logits(input, target, weight, pos_weight, reduction):
    if pos_weight is None and input.dtype is target.dtype and input.is_floating_point():
        losses = Tensor._wrap(kernels.pointwise(_BCE_WITH_LOGITS, input._array, target._array))
    else:
        losses = _composed_logit_losses(input, target, pos_weight)
    return _reduced(losses if weight is None else losses * weight, reduction)


_BCE_WITH_LOGITS = OURS["bce_with_logits"]


def _composed_logit_losses(input, target, pos_weight) -> Tensor:
    """In the dtype of the target and step by step, so that what does not fit is refused."""
    log_probability = log_sigmoid(input)
    if pos_weight is not None:
        log_probability = log_probability * ((pos_weight - 1) * target + 1)
    return (ones_like(target) - target).mul_(input).sub_(log_probability)


def _logits_slope(g, input, target, weight, pos_weight, reduction):
    g = _spread(g, input.shape, reduction)
    if pos_weight is None:
        slope = sigmoid(input) - target
    else:
        positive = pos_weight * target
        slope = (positive + 1 - target) * sigmoid(input) - positive
    return g * (slope if weight is None else slope * weight)


def _logits_target_slope(g, input, target, weight, pos_weight, reduction):
    g = _spread(g, input.shape, reduction)
    slope = -input if pos_weight is None else (
        log_sigmoid(-input) - pos_weight * log_sigmoid(input)
    )
    return g * (slope if weight is None else slope * weight)


bce_with_logits_op = op(
    "binary_cross_entropy_with_logits",
    forward=composite(_bce_with_logits),
    params=("input", "target", "weight", "pos_weight", "reduction"),
    input=lambda g, input, target, weight, pos_weight, reduction: _logits_slope(
        g, input, target, weight, pos_weight, reduction
    ),
    target=lambda g, input, target, weight, pos_weight, reduction: _logits_target_slope(
        g, input, target, weight, pos_weight, reduction
    ),
    doc="Binary cross-entropy of ``sigmoid(input)``, without overflow.",
)


def binary_cross_entropy_with_logits(
    input, target, weight=None, pos_weight=None, reduction: int = MEAN
) -> Tensor:
    """Binary cross-entropy of ``sigmoid(input)``, or its mean or sum.

    ``loss = (1 - t) x + (1 + (pos_weight - 1) t) log(1 + exp(-x))``.
    """
    return bce_with_logits_op(input, target, weight, pos_weight, reduction)


# ------------------------------------------------------------------------- cross-entropy

div_by_count = op(
    "div_by_count",
    forward=lambda input, count: kernels.pointwise(_DIVIDE, input, float(count)),
    grad_name="DivBackward1",
    input=lambda g, count: div_op(g, count),
    doc="A sum of losses by how many there are.",
)


_ONES = {
    dtype: np.ones((1,), dtype) for dtype in map(np.dtype, (np.float16, np.float32, np.float64))
}


def _class_weights(weight, dtype: np.dtype, n_classes: int) -> np.ndarray:
    """The weight of each class; ones where none were given."""
    return _unit_weights(dtype, n_classes) if weight is None else weight


@lru_cache(maxsize=64)
def _unit_weights(dtype: np.dtype, n_classes: int) -> np.ndarray:
    return kernels.expanded(_ONES[dtype], (n_classes,))


def _outputs_or_refusal(kernel: kernels.Kernel, inputs: tuple, shapes: tuple, params: tuple):
    """Run a kernel that refuses targets that are no class."""
    try:
        return kernels.outputs(kernel, inputs, shapes, params)
    except KernelRefusal as refusal:
        raise IndexError(f"Target {refusal.args[0]} is out of bounds.") from None


def _rows_of_classes(input: np.ndarray) -> np.ndarray:
    """A matrix with a row of classes for each place of an image; one row for a lone vector."""
    last = np.moveaxis(input, 1, -1) if input.ndim > 2 else input
    return last.reshape(math.prod(last.shape[:-1]), last.shape[-1])


def _nll_loss(input, target, weight, reduction, ignore_index):
    shape = target.shape
    refuse_integers("nll_loss_out_frame", input)
    if input.ndim != 2:
        input, target = _rows_of_classes(input), target.reshape(-1)
    n, n_classes = input.shape
    inputs = (input, target, _class_weights(weight, input.dtype, n_classes))
    if reduction != NONE:
        params = (0, 0, ignore_index, reduction == MEAN)
        return _outputs_or_refusal(_NLL_TOTAL, inputs, ((), ()), params)
    losses, used = _outputs_or_refusal(_NLL, inputs, ((n,), (n,)), (0, 0, ignore_index))
    return losses.reshape(shape), kernels.reduce(_SUM, used, None, False)


_NLL, _NLL_TOTAL, _NLL_BACKWARD, _SUM = (
    OURS[name] for name in ("nll_loss", "nll_loss_total", "nll_loss_backward", "sum")
)
_DIVIDE = kernels.numpy_kernel(np.true_divide)


def _nll_slope(g, shape, target, weight, reduction, ignore_index, total_weight):
    if reduction == MEAN:
        g = div_op(g, total_weight)
    return nll_loss_backward(g, target, weight, shape, ignore_index)


def _nll_op(name: str, grad_name: str):
    return op(
        name,
        forward=_nll_loss,
        grad_name=grad_name,
        outputs=("loss", "total_weight"),
        drops=("target",),
        input=lambda g, input_shape, target, weight, reduction, ignore_index, total_weight: (
            _nll_slope(g, input_shape, target, weight, reduction, ignore_index, total_weight)
        ),
        doc="Minus the log-probability of the target class, weighted.",
    )


nll_loss_op = _nll_op("nll_loss", "NllLossBackward0")
nll_loss2d_op = _nll_op("nll_loss2d", "NllLoss2DBackward0")


def _nll_scattered(values, target, weight, shape, ignore_index):
    n, n_classes = target.size, shape[1 if len(shape) > 1 else 0]
    weights = _class_weights(weight, values.dtype, n_classes)
    values = kernels.expanded(values, (n,)) if values.ndim == 0 else values.reshape(n)
    rows = _outputs_or_refusal(
        _NLL_BACKWARD, (values, target.reshape(n), weights), ((n, n_classes),), (0, 0, ignore_index)
    )
    if len(shape) < 3:
        return rows.reshape(shape)
    return kernels.contiguous(np.moveaxis(rows.reshape(*target.shape, n_classes), -1, 1))


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
