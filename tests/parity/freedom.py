"""Results that are free up to sign, order or content, and what must hold of them instead.

A rule takes ``(ours, theirs, args, tolerance)``, the results as they came and tapegrad's arguments,
and raises :class:`Differs` where what it asks for does not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .compare import Differs, array, same, same_dtype, same_values


def readable(name: str, theirs: Any) -> Any:
    """PyTorch's result as we can have it: a hash has uint64 for its bits there, int64 here."""
    if name == "hash_tensor" and not isinstance(theirs, Exception):
        return theirs.view(torch.int64)
    return theirs


def _uninitialised(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
    same_dtype(ours, theirs, "result")
    if tuple(ours.shape) != tuple(theirs.shape):
        raise Differs(f"shape {tuple(ours.shape)} instead of {tuple(theirs.shape)}")


def _eigenvectors(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
    same(ours[0], theirs[0], tolerance, "eigenvalues")
    values, vectors = array(ours[0]), array(ours[1])
    expected = array(theirs[1])
    same_dtype(ours[1], theirs[1], "eigenvectors")
    same_values(_product(vectors * values[..., None, :], vectors),
                _product(expected * array(theirs[0])[..., None, :], expected),
                _loose(tolerance), "V diag(L) Vᵀ")
    _orthonormal(vectors, tolerance)


def _singular_vectors(is_transposed: bool) -> Callable:
    def rule(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
        same(ours[1], theirs[1], tolerance, "singular values")
        for k in (0, 2):
            same_dtype(ours[k], theirs[k], f"result[{k}]")
            if tuple(ours[k].shape) != tuple(theirs[k].shape):
                raise Differs(f"result[{k}]: shape {tuple(ours[k].shape)} "
                              f"instead of {tuple(theirs[k].shape)}")
        made, expected = [_rebuilt(*map(array, parts), is_transposed)
                          for parts in (ours, theirs)]
        same_values(made, expected, _loose(tolerance), "U diag(S) Vᵀ")

    return rule


def _rebuilt(u: np.ndarray, s: np.ndarray, v: np.ndarray, is_transposed: bool) -> np.ndarray:
    v = v if is_transposed else np.swapaxes(v, -1, -2)
    rank = s.shape[-1]
    return (u[..., :rank] * s[..., None, :]) @ v[..., :rank, :]


def _exponential(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
    """Exact to the largest element: small ones of a matrix come from cancellation.

    PyTorch's own powers overflow in half precision.
    """
    same_dtype(ours, theirs, "result")
    if array(theirs).dtype == np.float16 and np.isnan(array(theirs)).all():
        return
    largest = np.abs(array(theirs)).max((-1, -2), initial=1, keepdims=True)
    same_values(array(ours) / largest, array(theirs) / largest, tolerance, "exp / its largest")


def _ties(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
    """Values as PyTorch's, and indices that lead to them."""
    if not isinstance(theirs, tuple):
        same(ours, theirs, tolerance)
        return
    same(ours[0], theirs[0], tolerance, "values")
    same_dtype(ours[1], theirs[1], "indices")
    if not np.array_equal(array(ours[1]), array(theirs[1])):
        x, dim = array(args[0]), _dim_of(args, array(theirs[1]))
        mine, other = [np.take_along_axis(x, _as_rank(array(r[1]), x, dim), dim)
                       for r in (ours, theirs)]
        same_values(mine, other, (0, 0), "values at the indices")


def _order(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
    """An order is right if it sorts the values as PyTorch's does."""
    same_dtype(ours, theirs, "indices")
    x = array(args[0])
    if x.ndim == 0:
        same(ours, theirs, tolerance)
        return
    dim = _dim_of(args, array(theirs))
    same_values(np.take_along_axis(x, array(ours), dim), np.take_along_axis(x, array(theirs), dim),
                (0, 0), "sorted values")


def _dim_of(args: tuple, indices: np.ndarray) -> int:
    """The dimension of a call, told from the arguments and the shape of its result."""
    x = array(args[0])
    positional = [a for a in args[1:] if isinstance(a, int) and not isinstance(a, bool)]
    named = [value["dim"] for value in args if isinstance(value, dict) and "dim" in value]
    for dim in (*named, *positional[::-1], -1):
        if -x.ndim <= dim < x.ndim and _without(x.shape, dim) in (
                indices.shape, _without(indices.shape, dim) if indices.ndim == x.ndim else None):
            return dim
    raise Differs("the indices have no shape along a dimension of the input")


def _without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return tuple(n for k, n in enumerate(shape) if k != dim % len(shape))


def _as_rank(indices: np.ndarray, x: np.ndarray, dim: int) -> np.ndarray:
    return indices if indices.ndim == x.ndim else np.expand_dims(indices, dim)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a @ np.swapaxes(b, -1, -2)


def _orthonormal(vectors: np.ndarray, tolerance: tuple) -> None:
    eye = np.broadcast_to(np.eye(vectors.shape[-1]), vectors.shape[:-2] + (vectors.shape[-1],) * 2)
    same_values(np.swapaxes(vectors, -1, -2) @ vectors, eye.astype(vectors.dtype),
                _loose(tolerance), "VᵀV")


def _loose(tolerance: tuple[float, float]) -> tuple[float, float]:
    """A product of three factors collects a few roundings more."""
    return tolerance[0] * 10, tolerance[1] * 10


def _at_nan(value: float) -> Callable:
    """Where the input is NaN and PyTorch's vector loop gives ``value``.

    Its scalar loop, which takes strided inputs and the last elements of others, lets the gradient
    pass there, and so do we everywhere.
    """
    def rule(ours: np.ndarray, theirs: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        return np.isnan(x) & (np.isnan(theirs) if np.isnan(value) else theirs == value)

    return rule


def _sine_cancels(ours: np.ndarray, theirs: np.ndarray, x: np.ndarray, g: np.ndarray
                  ) -> np.ndarray:
    """Where sine and cosine differ in their last digit.

    ``(a cos a - sin a) / (pi x²)`` with ``a = pi x`` is of the size of ``x``: the difference of two
    numbers near ``a`` leaves little but their rounding where ``x`` is small.
    """
    if x.dtype != np.float32:
        return np.zeros(x.shape, np.bool_)
    with np.errstate(all="ignore"):
        return np.abs(ours - theirs) <= 2 * np.finfo(x.dtype).eps * np.abs(g / x)


# Where gradients of the shape of the first input are free: a mask of ``(ours, theirs, input,
# incoming gradient)``.
GRADIENTS: dict[str, Callable] = {
    "sinc": _sine_cancels,
    **dict.fromkeys(("nn_functional_hardshrink", "nn_functional_hardtanh", "nn_functional_relu6",
                     "nn_functional_softshrink"), _at_nan(0.0)),
    **dict.fromkeys(("nn_functional_celu", "nn_functional_elu", "nn_functional_selu"),
                    _at_nan(np.nan)),
}

_PLACES_OF_HALF = 2**15


def _read_at_a_grid(ours: Any, theirs: Any, args: tuple, tolerance: tuple) -> None:
    """In float16 PyTorch counts an image's places in 16 bits: in a larger one it reads elsewhere.

    Only rows that it can count, also around them, are compared then.
    """
    image, grid = array(args[0]), array(args[1])
    if image.dtype != np.float16 or image[0, 0].size <= _PLACES_OF_HALF:
        same(ours, theirs, tolerance)
        return
    height, width = image.shape[-2:]
    row = np.abs((grid[..., 1].astype(np.float64) + 1) * height / 2)
    is_counted = np.broadcast_to((row + 4 < _PLACES_OF_HALF // width)[:, None], ours.shape)
    same_dtype(ours, theirs, "result")
    same_values(array(ours)[is_counted], array(theirs)[is_counted], tolerance, "rows PyTorch reads")


RULES: dict[str, Callable] = {
    "argsort": _order,
    "empty": _uninitialised,
    "empty_like": _uninitialised,
    "kthvalue": _ties,
    "linalg_eigh": _eigenvectors,
    "matrix_exp": _exponential,
    "linalg_svd": _singular_vectors(True),
    "median": _ties,
    "mode": _ties,
    "nanmedian": _ties,
    "nn_functional_grid_sample": _read_at_a_grid,
    "new_empty": _uninitialised,
    "sort": _ties,
    "svd": _singular_vectors(False),
    "topk": _ties,
}
