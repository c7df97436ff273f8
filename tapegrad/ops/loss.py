"""Losses that PyTorch records as one operation."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import Op, result_type_number
from tapegrad._kernels import OURS, TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad._types import BY_NUMPY_NUMBER, dtype, float16
from tapegrad.ops._arguments import float_of, refuse_integers
from tapegrad.ops._declare import composite, op
from tapegrad.ops.activation import log_sigmoid
from tapegrad.ops.arithmetic import div_op
from tapegrad.ops.arithmetic.sums import rsub_op
from tapegrad.ops.create import ones_like
from tapegrad.ops.pointwise import log, sigmoid, where_op
from tapegrad.ops.pointwise.bounds import clamp_min_op
from tapegrad.ops.reduce import mean_all, sum_all

NONE, MEAN, SUM = 0, 1, 2
_DIVIDE = kernels.numpy_kernel(np.true_divide)


def _reduced(losses: Tensor, reduction: int) -> Tensor:
    if reduction == NONE:
        return losses
    return mean_all(losses) if reduction == MEAN else sum_all(losses)


def _spread(g: Tensor, shape: tuple, reduction: int) -> Tensor:
    """The gradient of each element's loss."""
    if reduction == NONE:
        return g
    return div_op(g, math.prod(shape)) if reduction == MEAN else g


def elementwise_loss(name: str, losses, gradient, doc: str, symmetric: bool = True) -> Op:
    """Declare a loss of (input, target, reduction, setting): a function of each pair of elements.

    ``gradient(g, input, target, setting)`` is ``g`` times its derivative by the input; by the
    target it is the opposite for a ``symmetric`` one, a function of the difference.
    """

    def by_input(g, input, target, reduction, setting) -> Tensor:
        return gradient(_spread(g, input.shape, reduction), input, target, setting)

    def by_target(g, input, target, reduction, setting) -> Tensor:
        return -by_input(g, input, target, reduction, setting)

    formulas: dict[str, Any] = {"target": by_target} if symmetric else {}
    return op(
        name,
        forward=composite(
            lambda input, target, reduction, setting: _reduced(
                losses(input, target, setting), reduction
            )
        ),
        params=("input", "target", "reduction", "setting"),
        doc=doc,
        input=by_input,
        **formulas,
    )


def _squared_errors(input, target, reduction) -> Tensor:
    if input.dtype is float16:          # PyTorch rounds the difference first
        return _reduced((input - target).square(), reduction)
    losses = kernels.pointwise(OURS["squared_error"], input._array, target._array)
    return _reduced(Tensor._wrap(losses), reduction)


def _squared_error_slope(g, input, target, reduction) -> Tensor:
    # A mean is divided by where it is doubled, as in PyTorch.
    factor = 2 / max(math.prod(input.shape), 1) if reduction == MEAN else 2.0
    return squared_error_slope(g, input, target, factor)


mse_op = op(
    "mse_loss",
    forward=composite(_squared_errors),
    params=("input", "target", "reduction"),
    input=lambda g, input, target, reduction: _squared_error_slope(g, input, target, reduction),
    target=lambda g, input, target, reduction: -_squared_error_slope(g, input, target, reduction),
    doc="Squared differences.",
)
squared_error_slope = op(
    "mse_loss_backward",
    forward=lambda g_out, input, target, factor: kernels.pointwise(
        OURS["squared_error_backward"], g_out, input, target, params=(factor,)
    ),
    g_out="mse_loss_backward(g, input, target, factor)",
    input=lambda g, g_out, factor: g * g_out * factor,
    target=lambda g, g_out, factor: -(g * g_out * factor),
    doc="A gradient times a multiple of the differences.",
)


def _bent(input: Tensor, target: Tensor, bend: tuple) -> Tensor:
    losses = kernels.pointwise(OURS["huber"], input._array, target._array, params=bend)
    return Tensor._wrap(losses)


def _curvature(g, g_out, input, target, bend) -> Tensor:
    limit, curvature, _ = bend
    return where_op(abs(input - target) < limit, g * g_out * curvature, 0.0)


_bent_slope = op(
    "huber_loss_backward",
    forward=lambda g_out, input, target, bend: kernels.pointwise(
        OURS["huber_backward"], g_out, input, target, params=bend
    ),
    g_out="huber_loss_backward(g, input, target, bend)",
    input=lambda g, g_out, input, target, bend: _curvature(g, g_out, input, target, bend),
    target=lambda g, g_out, input, target, bend: -_curvature(g, g_out, input, target, bend),
    doc="A gradient times the slope at each difference.",
)
# Each with where its parabola ends, how much that is curved, and how steep the lines are.
smooth_l1_op = elementwise_loss(
    "smooth_l1_loss", _bent, _bent_slope,
    doc="Squared differences up to a limit, then absolute ones.",
)  # fmt: skip
huber_op = elementwise_loss(
    "huber_loss", _bent, _bent_slope,
    doc="Squared differences up to a limit, then absolute ones, scaled by it.",
)  # fmt: skip


def mse_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """``(input - target)²``, or its mean or sum."""
    return mse_op(*_promoted("mse", input, target), reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: int = MEAN, beta=1.0) -> Tensor:
    """``0.5 d² / beta`` where ``d = |input - target| < beta``, else ``d - 0.5 beta``."""
    beta = float_of("smooth_l1_loss", "beta", beta, 4)
    bend = (beta, 1 / beta if beta else 0.0, 1.0)
    return smooth_l1_op(*_promoted("smooth_l1", input, target), reduction, bend)


def huber_loss(input: Tensor, target: Tensor, reduction: int = MEAN, delta=1.0) -> Tensor:
    """``0.5 d²`` where ``d = |input - target| < delta``, else ``delta * (d - 0.5 delta)``."""
    delta = float_of("huber_loss", "delta", delta, 4)
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if input.dtype is not target.dtype:
        _refuse_arrays(input, target)
        _check_castable(_common_dtype(input, target), input.dtype)
    bend = (delta, 1.0, delta)
    return huber_op(*_promoted("huber", input, target), reduction, bend).to(input.dtype)


def _common_dtype(input: Tensor, target: Tensor) -> dtype:
    return BY_NUMPY_NUMBER[result_type_number(input, target)]


def _promoted(kernel: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the dtype that they promote to, which must be a floating-point one."""
    if input.dtype is not target.dtype:
        _refuse_arrays(input, target)
        common = _common_dtype(input, target)
        input, target = input.to(common), target.to(common)
    refuse_integers(f"{kernel}_cpu", input._array)
    return input, target


def _refuse_arrays(*given: Any) -> None:
    """Raise the interpreter's error where PyTorch asks an array of NumPy for its size."""
    for one in given:
        one.size()


def _check_castable(result: dtype, output: dtype) -> None:
    if not output.is_floating_point and result is not output:
        names = [TYPE_NAMES[one.numpy.num] for one in (result, output)]
        raise RuntimeError(
            f"result type {names[0]} can't be cast to the desired output type {names[1]}"
        )


def l1_loss(input: Tensor, target: Tensor, reduction: int = MEAN) -> Tensor:
    """``|input - target|``, or its mean or sum."""
    if input.dtype is not target.dtype:
        _refuse_arrays(input, target)
    return _reduced((input - target).abs(), reduction)


# ------------------------------------------------------------------------- binary cross-entropy


def _log_at_least(x: Tensor) -> Tensor:
    # PyTorch bounds the logarithm so that a wrong certainty costs 100 and not infinity.
    return clamp_min_op(log(x), -100.0)


def _bce(input, target, weight, reduction):
    losses = (target - 1) * _log_at_least(rsub_op(1, input)) - target * _log_at_least(input)
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


def _refuse_probabilities(*arrays: np.ndarray) -> NoReturn:
    outside = [~((one >= 0) & (one <= 1)) for one in arrays]
    first = np.argmax(outside[0] | outside[1])
    name = "input" if outside[0].flat[first] else "target"
    raise RuntimeError(f"all elements of {name} should be between 0 and 1")


def binary_cross_entropy(input, target, weight=None, reduction: int = MEAN) -> Tensor:
    """``-(t log x + (1 - t) log(1 - x))`` for probabilities x, or its mean or sum."""
    refuse_integers("binary_cross_entropy", input._array)
    if not (kernels.lies_within(input._array, 0, 1) and kernels.lies_within(target._array, 0, 1)):
        _refuse_probabilities(input._array, target._array)
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
    input="div(g, count)",
    doc="A sum of losses by how many there are.",
)
