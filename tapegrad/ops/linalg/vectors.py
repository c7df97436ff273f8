"""Vectors in space and distances between points."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._declare import method, op, takes_out, written_as
from tapegrad.ops._dims import common_shape, normal_dim, number_of
from tapegrad.ops.linalg.products import refuse_bool
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.reduce.norms import vector_norm_array
from tapegrad.ops.tensor_types import type_name


def _cross(input: np.ndarray, other: np.ndarray, dim: int) -> np.ndarray:
    if input.shape != other.shape:
        shape = common_shape(input.shape, other.shape)
        input = kernels.broadcast_array(input, shape)
        other = kernels.broadcast_array(other, shape)
    return kernels.along(OURS["cross"], input, other, dim)


cross_op = op(
    "linalg_cross",
    forward=_cross,
    input=lambda g, other, dim: cross_op(other, g, dim),
    other=lambda g, input, dim: cross_op(g, input, dim),
    doc="Cross products of vectors along a dimension of size 3.",
)


@takes_out()
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Cross products of vectors in space, that lie along ``dim``; other dimensions broadcast.

    Raises RuntimeError where ``dim`` does not have size 3.
    """
    return _crossed(input, other, dim)


def _crossed(input: Tensor, other: Tensor, dim: int) -> Tensor:
    check_tensor("linalg_cross", "input", input, 1)
    check_tensor("linalg_cross", "other", other, 2)
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    refuse_bool("cross", input)
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {type_name(input)} but found {type_name(other)}"
        )
    place = normal_dim(dim, input.ndim)
    sizes = (input.shape[place], other.shape[place]) if input.ndim else (1, 1)
    if sizes != (3, 3):
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes[0]} and "
            f"{sizes[1]}"
        )
    return cross_op(input, other, place)


@takes_out("exact", "linalg_cross")
@method()
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Cross products of vectors along ``dim``, or else along the first dimension of size 3."""
    if dim is None:
        if 3 not in input.shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = tuple(input.shape).index(3)
    return _crossed(input, other, dim)


# ------------------------------------------------------------------------- distances

_LARGE = 25  # PyTorch's number of points from which it multiplies matrices instead
_BLOCK = 1 << 21  # differences held at once


def _cdist(x1: np.ndarray, x2: np.ndarray, p: float) -> np.ndarray:
    batch = common_shape(x1.shape[:-2], x2.shape[:-2])
    n, m, k = x1.shape[-2], x2.shape[-2], x1.shape[-1]
    if not k:
        return kernels.fill(kernels.empty((*batch, n, m), x1.dtype), 0)
    step = max(1, _BLOCK // max(1, m * k * math.prod(batch)))
    if n <= step:
        return _distances(x1, x2, p)
    out = kernels.empty((*batch, n, m), x1.dtype)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        kernels.copy_array(out[..., rows, :], _distances(x1[..., rows, :], x2, p))
    return out


def _distances(x1: np.ndarray, x2: np.ndarray, p: float) -> np.ndarray:
    difference = kernels.pointwise(
        _SUBTRACT, kernels.unsqueezed(x1, x1.ndim - 1), kernels.unsqueezed(x2, x2.ndim - 2)
    )
    return vector_norm_array(difference, p, (difference.ndim - 1,), False)


_SUBTRACT = kernels.numpy_kernel(np.subtract)


def _euclidean_by_products(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """``|a - b|**2 = |a|**2 - 2 a.b + |b|**2``: quick, and less exact for near points."""
    n1 = np.square(x1).sum(-1, keepdims=True)
    n2 = np.square(x2).sum(-1, keepdims=True)
    left = np.concatenate([-2 * x1, n1, np.ones_like(n1)], -1)
    right = np.concatenate([x2, np.ones_like(n2), n2], -1)
    squares = np.matmul(left, np.swapaxes(right, -1, -2))
    return np.sqrt(np.maximum(squares, 0, out=squares), out=squares)


def _euclidean_slopes(g: Tensor, x1: Tensor, x2: Tensor, out: Tensor, needs) -> tuple:
    ratio = where_op(out == 0, 0.0, g / out)
    by_x1 = x1 * ratio.sum(-1, keepdim=True) - ratio @ x2 if needs[0] else None
    by_x2 = x2 * ratio.sum(-2).unsqueeze(-1) - ratio.mT @ x1 if needs[1] else None
    return by_x1, by_x2


_euclidean_op = op(
    "euclidean_dist",
    forward=_euclidean_by_products,
    inputs=("x1", "x2"),
    gradients=lambda g, x1, x2, out, needs: _euclidean_slopes(g, x1, x2, out, needs),
    doc="Euclidean distances between all pairs of points of two sets, by a product of matrices.",
)


def _cdist_slope(g: Tensor, x1: Tensor, x2: Tensor, out: Tensor, p: float) -> Tensor:
    """The gradient for each pair of points and coordinate, as for ``x1``."""
    difference = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    g, out = g.unsqueeze(-1), out.unsqueeze(-1)
    if p == 0:
        return difference * 0 * g
    if p == 1:
        return difference.sign() * g
    if p == math.inf:
        return where_op(difference.abs() == out, difference.sign() * g, 0.0)
    if p == 2:
        return where_op(out == 0, 0.0, g * difference / where_op(out == 0, 1.0, out))
    is_flat = (out == 0) | (difference == 0)
    size = where_op(is_flat, 1.0, difference.abs())
    scale = size.pow(p - 1) / where_op(out == 0, 1.0, out).pow(p - 1)
    return where_op(is_flat, 0.0, difference.sign() * scale * g)


cdist_op = op(
    "cdist",
    forward=_cdist,
    x1=lambda g, x1, x2, out, p: _cdist_slope(g, x1, x2, out, p).sum(-2),
    x2=lambda g, x1, x2, out, p: -_cdist_slope(g, x1, x2, out, p).sum(-3),
    doc="Distances between all pairs of points of two sets.",
)
# Whether to multiply matrices: always, never, or for many points, which None stands for.
_MODES = {"use_mm_for_euclid_dist_if_necessary": None, "use_mm_for_euclid_dist": True,
          "donot_use_mm_for_euclid_dist": False}  # fmt: skip


@written_as("cdist")
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0,
          compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """Distances ``(sum |a - b|**p) ** (1/p)`` between all pairs of points of two sets.

    Shape: ``(*, n, k)`` and ``(*, m, k)`` to ``(*, n, m)``; leading dimensions are broadcast. For
    more than 25 points, Euclidean distances come from a product of matrices, unless
    ``compute_mode`` says otherwise. Coinciding points give no gradient.
    """
    p = number_of(p)
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    by_products = _MODES[compute_mode]
    if x1.ndim < 2 or x2.ndim < 2:
        name, x = ("X1", x1) if x1.ndim < 2 else ("X2", x2)
        raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            "X1 and X2 must have the same number of columns. "
            f"X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    _check_points(x1, x2, p)
    if by_products is None:
        by_products = x1.shape[-2] > _LARGE or x2.shape[-2] > _LARGE
    if p == 2 and by_products:
        distances = _euclidean_op(x1, x2)
        return distances.view(distances.shape)  # a step of PyTorch's graph
    return cdist_op(x1, x2, float(p))


def _check_points(x1: Tensor, x2: Tensor, p: float) -> None:
    if not (x1.is_floating_point() and x2.is_floating_point()):
        name, x = ("X2", x2) if x1.is_floating_point() else ("X1", x1)
        raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {type_name(x)}")
    if not p >= 0:
        raise RuntimeError("cdist only supports non-negative p values")
    common_shape(x1.shape[:-2], x2.shape[:-2])
    if x1.dtype.itemsize < 4:
        raise NotImplementedError(f"\"cdist\" not implemented for '{type_name(x1)}'")
    if x1.dtype is not x2.dtype:
        raise RuntimeError(
            f"expected scalar type {type_name(x1)} but found {type_name(x2)}"
        )


__all__ = ["cdist", "cross"]
