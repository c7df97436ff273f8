"""Losses that PyTorch records as one operation."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import composite, op
from tapegrad.ops.activation import log_sigmoid
from tapegrad.ops.pointwise import log, sigmoid, where_op

NONE, MEAN, SUM = 0, 1, 2


def _reduced(losses: Tensor, reduction: int) -> Tensor:
    if reduction == NONE:
        return losses
    return losses.mean() if reduction == MEAN else losses.sum()


def _spread(g: Tensor, shape: tuple, reduction: int) -> Tensor:
    """The gradient of each element's loss."""
    if reduction == NONE:
        return g
    count = 1
    for size in shape:
        count *= size
    return g / count if reduction == MEAN else g


def _elementwise_loss(name: str, losses, slope, symmetric: bool, doc: str):
    """Declare a loss of (input, target, reduction, setting): a function of each pair of elements.

    ``slope(input, target, setting)`` is its derivative by the input; by the target it is the
    opposite for a ``symmetric`` one, a function of the difference.
    """
    formulas = {
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
    return mse_op(*_same(input, target), reduction, 0.0)


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: int = MEAN, beta=1.0) -> Tensor:
    """``0.5 d² / beta`` where ``d = |input - target| < beta``, else ``d - 0.5 beta``."""
    return smooth_l1_op(*_same(input, target), reduction, float(beta))


def huber_loss(input: Tensor, target: Tensor, reduction: int = MEAN, delta=1.0) -> Tensor:
    """``0.5 d²`` where ``d = |input - target| < delta``, else ``delta * (d - 0.5 delta)``."""
    return huber_op(*_same(input, target), reduction, float(delta))


def _same(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the dtype that they promote to."""
    if input.dtype is not target.dtype:
        dtype = (input.detach().flatten()[:0] + target.detach().flatten()[:0]).dtype
        return input.to(dtype), target.to(dtype)
    return input, target


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
    if pos_weight is None:
        kernel = OURS["bce_with_logits"]
        pair = np.broadcast_arrays(input._array, target._array)
        losses = Tensor._wrap(kernels.pointwise(kernel, *pair))
    else:
        factor = (pos_weight - 1) * target + 1
        losses = (1 - target) * input - factor * log_sigmoid(input)
    return _reduced(losses if weight is None else losses * weight, reduction)


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
    input, target = _same(input, target)
    return bce_with_logits_op(input, target, weight, pos_weight, reduction)


# ------------------------------------------------------------------------- negative log-likelihood


def _class_weights(weight, log_prob: np.ndarray) -> np.ndarray:
    """The weight of each class; ones where none were given."""
    if weight is not None:
        return weight
    one = kernels.fill(kernels.empty((1,), log_prob.dtype), 1.0)
    return kernels.expanded(one, log_prob.shape[-1:])


def _refusing(kernel: str, *arrays, ignore_index: int) -> None:
    try:
        OURS[kernel](*arrays, params=(0, 0, ignore_index))
    except KernelRefusal as refusal:
        raise IndexError(f"Target {refusal.args[0]} is out of bounds.") from None


def _nll_loss(input, target, weight, reduction, ignore_index):
    rows = (kernels.empty(input.shape[:1], input.dtype) for _ in range(2))
    losses, used = rows
    _refusing(
        "nll_loss", input, target, _class_weights(weight, input), losses, used,
        ignore_index=ignore_index,
    )  # fmt: skip
    total_weight = kernels.reduce(OURS["sum"], used, None, False)
    if reduction == NONE:
        return losses, total_weight
    total = kernels.reduce(OURS["sum"], losses, None, False)
    if reduction == MEAN:
        total = kernels.pointwise(_DIVIDE, total, total_weight, out=total)
    return total, total_weight


_DIVIDE = kernels.numpy_kernel(np.true_divide)


def _nll_slope(g, shape, target, weight, reduction, ignore_index, total_weight):
    if reduction == MEAN:
        g = g / total_weight.detach()
    if reduction != NONE:
        g = g.expand(shape[:1])
    return nll_loss_backward(g, target, weight, shape, ignore_index)


nll_loss_op = op(
    "nll_loss",
    forward=_nll_loss,
    outputs=("loss", "total_weight"),
    drops=("target",),
    input=lambda g, input_shape, target, weight, reduction, ignore_index, total_weight: (
        _nll_slope(g, input_shape, target, weight, reduction, ignore_index, total_weight)
    ),
    doc="Minus the log-probability of the target class, weighted.",
)


def _nll_scattered(values, target, weight, shape, ignore_index):
    result = kernels.empty(shape, values.dtype)
    _refusing(
        "nll_loss_backward", values, target, _class_weights(weight, result), result,
        ignore_index=ignore_index,
    )  # fmt: skip
    return result


nll_loss_backward = op(
    "nll_loss_backward",
    forward=_nll_scattered,
    values=lambda g, target, weight, ignore_index: nll_loss_op(
        g, target, weight, NONE, ignore_index
    )[0],
    doc="Zeros with minus the weighted gradient at each row's target.",
)


def nll_loss(input, target, weight=None, reduction: int = MEAN, ignore_index: int = -100) -> Tensor:
    """``-weight[t] * input[i, t]`` for the target t of each row i, or the weighted mean or sum.

    Shape: log-probabilities ``(batch, classes)``, targets ``(batch)``. Raises IndexError for a target
    that is no class.
    """
    return nll_loss_op(input, target, weight, reduction, ignore_index)[0]
