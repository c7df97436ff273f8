"""Variance, standard deviation, covariance and correlation."""

from __future__ import annotations

import builtins
import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import DimsOrTruth
from tapegrad.ops._declare import attach, method, op, takes_out, takes_tensors
from tapegrad.ops._dims import count, dims_of
from tapegrad.ops._floats import HALF, rounded_once
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.reduce._dims import restore

_SQRT = kernels.numpy_kernel(np.sqrt)

# ------------------------------------------------------------------------- the operations


def _variance(input: np.ndarray, dims, keepdim, correction) -> np.ndarray:
    return kernels.variances(input, dims, keepdim, correction)[0]


def _deviation_and_mean(input: np.ndarray, dims, keepdim, correction) -> tuple:
    if input.dtype is HALF:
        return rounded_once(_deviation_and_mean, input, dims, keepdim, correction)
    variance, mean = kernels.variances(input, dims, keepdim, correction)
    return kernels.pointwise(_SQRT, variance, out=variance), mean


def _deviation(input: np.ndarray, dims, keepdim, correction) -> np.ndarray:
    return _deviation_and_mean(input, dims, keepdim, correction)[0]


def _variance_slope(g, input, dims, keepdim, correction):
    freedom = count(input.shape, dims) - correction
    scale = 2.0 / freedom if freedom > 0 else math.inf
    centred = input - input.mean(dims, keepdim=True)
    return restore(g, input.shape, dims, keepdim) * scale * centred


def _deviation_slope(g, input, out, dims, keepdim, correction):
    slope = (g / (out * 2)).masked_fill(out == 0, 0.0)
    return _variance_slope(slope, input, dims, keepdim, correction)


def _with_mean(spread_slope, grads, input_shape, dims, keepdim):
    """The gradient by way of the spread, where one came, and that by way of the mean."""
    g_spread, g_mean = grads
    slope = None if g_spread is None else spread_slope(g_spread)
    if g_mean is None:
        return slope
    share = restore(g_mean / count(input_shape, dims), input_shape, dims, keepdim)
    return share if slope is None else slope + share


var_op = op(
    "var",
    forward=_variance,
    input=lambda g, input, dims, keepdim, correction: _variance_slope(
        g, input, dims, keepdim, correction
    ),
    doc="Variance over dimensions.",
)
std_op = op(
    "std",
    forward=_deviation,
    input=lambda g, input, out, dims, keepdim, correction: _deviation_slope(
        g, input, out, dims, keepdim, correction
    ),
    doc="Standard deviation over dimensions.",
)
var_mean_op = op(
    "var_mean",
    forward=kernels.variances,
    params=("input", "dims", "keepdim", "correction"),
    outputs=("variance", "mean"),
    input=lambda grads, input, dims, keepdim, correction: _with_mean(
        lambda g: _variance_slope(g, input, dims, keepdim, correction),
        grads, input.shape, dims, keepdim,
    ),
    doc="Variance and mean over dimensions.",
)  # fmt: skip
std_mean_op = op(
    "std_mean",
    forward=_deviation_and_mean,
    outputs=("deviation", "mean"),
    input=lambda grads, input, deviation, dims, keepdim, correction: _with_mean(
        lambda g: _deviation_slope(g, input, deviation, dims, keepdim, correction),
        grads, input.shape, dims, keepdim,
    ),
    doc="Standard deviation and mean over dimensions.",
)  # fmt: skip


def _spread(name, operation):
    def spread(input: Tensor, dim: DimsOrTruth = ..., unbiased=..., keepdim: bool = False, *,
               correction=None):  # fmt: skip
        if isinstance(dim, bool):
            if unbiased is not ... or keepdim:
                raise TypeError(f"{name}() is told whether to correct after the dimensions")
            dim, unbiased = ..., dim
        if unbiased is not ... and (not isinstance(unbiased, bool) or (dim is ... and keepdim)):
            raise TypeError(f"{name}() is told by a bool whether to correct, after the dimensions")
        if correction is None:
            correction = 1 if unbiased is ... else int(unbiased)
        if not input.is_floating_point():
            raise RuntimeError(f"{kind} only support floating point and complex dtypes")
        return operation(input, dims_of(input, dim), keepdim, correction)

    kind = "std and var" if "mean" not in name else name
    spread.__name__ = spread.__qualname__ = name
    spread.__doc__ = operation.__doc__ + " ``correction`` is taken from the count; 1 by default."
    if operation in (var_op, std_op):
        attach(name, spread)
    return spread


var = takes_out("cast")(takes_tensors(_spread("var", var_op)))
std = takes_out("cast")(takes_tensors(_spread("std", std_op)))
var_mean = takes_tensors(_spread("var_mean", var_mean_op))
std_mean = takes_tensors(_spread("std_mean", std_mean_op))

# ------------------------------------------------------------------------- several variables


def _checked_weights(name: str, weights: Tensor, n: int, is_float: bool) -> Tensor:
    kind = "floating point" if is_float else "integral"
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{weights.ndim} dimensions"
        )
    is_right = weights.is_floating_point() == is_float and weights.dtype.name != "bool"
    if not is_right:
        raise RuntimeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with "
            f"{kernels.TYPE_NAMES[weights.dtype.numpy.num]} dtype"
        )
    if weights.numel() != n:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input "
            f"but got {weights.numel()} != {n}"
        )
    if weights.numel() and bool((weights < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")
    return weights


def _weights(n: int, fweights, aweights) -> Tensor | None:
    counts = None if fweights is None else _checked_weights("fweights", fweights, n, False)
    if aweights is None:
        return counts
    aweights = _checked_weights("aweights", aweights, n, True)
    return aweights if counts is None else counts * aweights


@method()
def cov(input: Tensor, *, correction: int = 1, fweights=None, aweights=None) -> Tensor:
    """Covariances of the variables in the rows, each column an observation.

    ``C = (X - mean) diag(w) (X - mean).T / (sum(w) - correction)``, with ``fweights`` counting
    how often an observation was made and ``aweights`` its importance. Shape: (variables,
    observations) to (variables, variables); one variable gives a number. Raises RuntimeError for
    more dimensions, bool, and weights of wrong size, dtype or sign.
    """
    if input.ndim > 2:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if input.dtype.name == "bool":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows = input if input.ndim == 2 else input.reshape(1, -1)
    n = rows.shape[1]
    w = _weights(n, fweights, aweights)
    w_sum = float(n) if w is None else w.sum()
    if w is not None and n == 0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    if w is not None and not bool(w_sum != 0):
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    total = rows if w is None else rows * w
    mean = total.sum(1) / w_sum
    freedom = _freedom(w, w_sum, aweights, correction)
    centred = rows - mean.unsqueeze(1)
    weighted = centred if w is None else centred * w
    return (centred.mm(weighted.t()) / freedom).squeeze()


def _freedom(w, w_sum, aweights, correction):
    """What to divide by: the weights' sum less the correction, but not less than zero."""
    if w is None or correction == 0 or aweights is None:
        freedom = w_sum - correction
    else:
        freedom = w_sum - correction * (w * aweights).sum() / w_sum
    if isinstance(freedom, Tensor):
        return where_op(freedom < 0, 0.0, freedom) if bool(freedom < 0) else freedom
    return builtins.max(freedom, 0.0)


@method()
def corrcoef(input: Tensor) -> Tensor:
    """Correlations of the variables in the rows: covariances over both standard deviations.

    Between -1 and 1. Shape: (variables, observations) to (variables, variables); one variable
    gives a number. Raises RuntimeError for more than two dimensions.
    """
    if input.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    covariance = cov(input)
    if covariance.ndim == 0:
        return covariance / covariance
    deviation = covariance.diagonal().sqrt()
    return (covariance / deviation.unsqueeze(-1) / deviation.unsqueeze(0)).clamp(-1, 1)


__all__ = ["corrcoef", "cov", "std", "std_mean", "var", "var_mean"]
