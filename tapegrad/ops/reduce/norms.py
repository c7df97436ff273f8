"""Norms, distances, and the logarithm of a sum of exponentials."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._arguments import check_number
from tapegrad.ops._declare import composite, method, op, takes_out
from tapegrad.ops._dims import dims_of, normal_dim
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.reduce._dims import restore, with_lost_dims
from tapegrad.ops.reduce.truth import truth

_ABSOLUTE, _POWER, _SQRT = map(kernels.numpy_kernel, (np.absolute, np.power, np.sqrt))

# ------------------------------------------------------------------------- norms of vectors


def vector_norm_array(input: np.ndarray, ord, dims, keepdim) -> np.ndarray:
    """The norms of an array over dimensions."""
    if input.dtype.char == "e":  # too narrow for powers
        wide = vector_norm_array(kernels.cast_array(input, np.float32), ord, dims, keepdim)
        return kernels.cast_array(wide, np.float16)
    if ord == 2:
        total = kernels.reduce(OURS["sum_of_squares"], input, dims, keepdim)
        return kernels.pointwise(_SQRT, total, out=total)
    magnitude = kernels.pointwise(_ABSOLUTE, input)
    if ord == math.inf:
        return kernels.reduce(OURS["max"], magnitude, dims, keepdim)
    if ord == -math.inf:
        return kernels.reduce(OURS["min"], magnitude, dims, keepdim)
    if ord == 0:
        return kernels.sums(kernels.cast_array(truth(magnitude), input.dtype), dims, keepdim)
    if ord == 1:
        return kernels.sums(magnitude, dims, keepdim)
    powers = kernels.pointwise(_POWER, magnitude, float(ord), out=magnitude)
    total = kernels.sums(powers, dims, keepdim)
    return kernels.pointwise(_POWER, total, 1.0 / ord, out=total)


def _norm_slope(g, input, out, ord, dims, keepdim):
    if ord == 0:
        return None
    if 2 < ord < math.inf:  # masked where PyTorch masks it, for second derivatives at zero
        out, g = with_lost_dims(out, dims, keepdim), with_lost_dims(g, dims, keepdim)
        scale = (g / out.pow(ord - 1)).masked_fill(out == 0, 0.0)
        return input * input.abs().pow(ord - 2) * scale
    out = restore(out, input.shape, dims, keepdim)
    g = restore(g, input.shape, dims, keepdim)
    if ord == 2:
        return g * (input / out).masked_fill(out == 0, 0.0)
    if ord == 1:
        return g * input.sign()
    if math.isinf(ord):
        chosen = input.abs() == out
        count = chosen.sum(dims, keepdim=True) if dims is not None else chosen.sum()
        return where_op(chosen, g * input.sign() / count, 0.0)
    scaled = input.abs().pow(ord - 2) * input / out.pow(ord - 1)
    return g * scaled.masked_fill((out == 0) | (input == 0), 0.0)


vector_norm_op = op(
    "linalg_vector_norm",
    forward=vector_norm_array,
    input=lambda g, input, out, ord, dims, keepdim: _norm_slope(
        g, input, out, ord, dims, keepdim
    ),
    doc="Norm of the elements over dimensions.",
)


def computed_order(x: Tensor, ord: float, dims: tuple | None) -> float:
    """The order of a norm; 1 for lone elements, whose powers may be too large to be computed."""
    if ord in (2, 1, 0, math.inf):
        return float(ord)
    check_number(ord)
    sizes = x.shape if dims is None else [x.shape[dim] for dim in dims]
    return 1.0 if all(size == 1 for size in sizes) else float(ord)


# ------------------------------------------------------------------------- distances


def _dist_slope(g, input, other, out, p):
    """The gradient of ``input``; that of ``other`` is its opposite."""
    return _norm_slope(g, input - other, out, p, None, False)


dist_op = op(
    "dist",
    forward=composite(lambda input, other, p: vector_norm_op(input - other, p, None, False)),
    params=("input", "other", "p"),
    input=lambda g, input, other, out, p: _dist_slope(g, input, other, out, p),
    other=lambda g, input, other, out, p: _negative(_dist_slope(g, input, other, out, p)),
    doc="The norm of the difference of two tensors.",
)


def _negative(g):
    return None if g is None else -g


@method()
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of ``input - other``, which are broadcast. Raises RuntimeError for integers."""
    difference = input.detach() - other.detach()
    if not difference.is_floating_point():
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. "
            f"Got {kernels.TYPE_NAMES[difference.dtype.numpy.num]} instead."
        )
    return dist_op(input, other, float(p))


# ------------------------------------------------------------------------- renormalisation


def _scales(norms: Tensor, maxnorm: float) -> Tensor:
    return where_op(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


def _other_dims(ndim: int, dim: int) -> tuple:
    return tuple(k for k in range(ndim) if k != dim)


def _renorm(input: Tensor, p, dim, maxnorm) -> Tensor:
    return input * _scales(vector_norm_op(input, p, _other_dims(input.ndim, dim), True), maxnorm)


def _renorm_slope(g, input, p, dim, maxnorm):
    """By the product rule: the scale of a slice depends on all of its elements."""
    dims = _other_dims(input.ndim, dim)
    norms = vector_norm_op(input, p, dims, True)
    along = (g * input).sum(dims, keepdim=True)
    through_norm = _norm_slope(along, input, norms, p, dims, True)
    inverse = 1 / (norms + 1e-7)
    scaled = maxnorm * inverse * (g - inverse * through_norm)
    return where_op(norms > maxnorm, scaled, g)


renorm_op = op(
    "renorm",
    forward=composite(_renorm),
    params=("input", "p", "dim", "maxnorm"),
    input=lambda g, input, p, dim, maxnorm: _renorm_slope(g, input, p, dim, maxnorm),
    doc="Slices scaled down to a norm.",
)


def _renorm_arguments(input: Tensor, p, dim, maxnorm) -> tuple:
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions"
        )
    dim = normal_dim(dim, input.ndim)
    if not input.is_floating_point():
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {kernels.TYPE_NAMES[input.dtype.numpy.num]}"
        )
    return float(p), dim, float(maxnorm)


@takes_out()
@method()
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale each slice along ``dim`` whose p-norm exceeds ``maxnorm`` down to that norm.

    Raises RuntimeError for a ``p`` that is not positive, a negative ``maxnorm``, fewer than two
    dimensions and integers.
    """
    return renorm_op(input, *_renorm_arguments(input, p, dim, maxnorm))


@method()
def renorm_(self: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """In-place form of :func:`renorm`."""
    return _renorm_inplace(self, *_renorm_arguments(self, p, dim, maxnorm))


_renorm_inplace = InplaceOp(renorm_op)


# ------------------------------------------------------------------------- log-sum-exp


logsumexp_op = op(
    "logsumexp",
    forward=kernels.logsumexp,
    params=("input", "dims", "keepdim"),
    input=lambda g, input, out, dims, keepdim: (
        with_lost_dims(g, dims, keepdim) * (input - with_lost_dims(out, dims, keepdim)).exp()
    ),
    doc="``log(sum(exp(x)))`` over dimensions.",
)


@takes_out("logsumexp(): Expected floating point type for result tensor, but got: {out}")
@method()
def logsumexp(input: Tensor, dim, keepdim: bool = False) -> Tensor:
    """``log(sum(exp(x)))`` over the dimensions ``dim``, without overflow.

    Integers and bools are converted to the default dtype. Raises RuntimeError for no dimension of a
    tensor that has some, unless ``keepdim``.
    """
    if dim is None:
        raise TypeError("logsumexp() needs a dimension")
    if not input.is_floating_point():
        input = input.to(get_default_dtype())
    dims = dims_of(input, dim) or ()
    if not dims and input.ndim and input.numel() and not keepdim:
        raise RuntimeError(
            f"output with shape [] doesn't match the broadcast shape {[1] * input.ndim}"
        )
    return logsumexp_op(input, dims or tuple(range(input.ndim)), keepdim)


__all__ = ["dist", "logsumexp", "renorm"]
