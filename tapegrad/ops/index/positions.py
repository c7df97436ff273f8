"""Where the elements are that are not zero, and element numbers as coordinates."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import true_positions
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, takes_out


def _coordinates(array: np.ndarray) -> np.ndarray:
    """One row a dimension, one column an element that is not zero."""
    where = true_positions(array)
    if array.ndim == 1:
        return kernels.unsqueezed(where, 0)
    if array.ndim == 0:
        return np.zeros((0, where.size), np.int64)
    return np.array(np.unravel_index(where, array.shape), np.int64).reshape(array.ndim, -1)


def _rows_of_places(input: Tensor) -> Tensor:
    return Tensor._wrap(_coordinates(input._array).T)


@method()
def argwhere(input: Tensor) -> Tensor:
    """The positions of the elements that are not zero, one a row: (count, ndim)."""
    return _rows_of_places(input)


def _nonzero_into(out: Tensor, input: Tensor, *, as_tuple: bool = False) -> Tensor:
    if as_tuple:
        raise RuntimeError("nonzero does not support the out kwarg when as_tuple is True")
    return _places(input, out=out)


_places = takes_out(
    "nonzero: Expected out tensor to have scalar type {result} but got scalar type{out}",
    "nonzero_places",
)(_rows_of_places)


@takes_out("any", writer=_nonzero_into, refuses_grad=False)
@method()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not zero: (count, ndim), or a tuple a dimension."""
    if not as_tuple:
        return argwhere(input)
    if input.ndim == 0:
        input = input.unsqueeze(0)
    return Tensor._wrap(np.ascontiguousarray(_coordinates(input._array))).unbind()


@takes_out(
    "nonzero_static: Expected out tensor to have scalar type {result} but got scalar type{out}"
)
@method()
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The first ``size`` positions of elements that are not zero, then rows of ``fill_value``.

    Shape: (size, ndim). Raises RuntimeError for a negative size.
    """
    size = operator.index(size)
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    result = kernels.empty((size, input.ndim), np.int64)
    if size:
        found = _coordinates(input._array).T[:size]
        kernels.fill(result, fill_value)
        kernels.copy_array(result[: len(found)], found)
    return Tensor._wrap(result)


def unravel_index(indices: Tensor, shape) -> tuple[Tensor, ...]:
    """Element numbers of a row-major tensor as one index a dimension, each of their shape.

    Numbers beyond the tensor start anew, as in PyTorch. Raises TypeError for numbers that are not
    whole, or for a shape that is none.
    """
    if indices.is_complex() or indices.dtype.numpy.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = _shape_of(shape)
    if not sizes:
        return ()
    steps = [int(np.prod(sizes[k + 1 :], dtype=np.int64)) for k in range(len(sizes))]
    numbers = indices.detach().numpy()[..., None]
    spread = numbers // np.array(steps, np.int64) % np.array(sizes, np.int64)
    return Tensor._wrap(spread).unbind(-1)


def _shape_of(shape) -> tuple[int, ...]:
    if isinstance(shape, int):
        shape = (shape,)
    if not isinstance(shape, Sequence):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    for size in shape:
        if not isinstance(size, int):
            raise TypeError(
                f"expected 'shape' sequence to only contain ints, but got {type(size)}"
            )
    if any(size < 0 for size in shape):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(shape)}")
    if any(size >= 2**63 for size in shape):
        raise ValueError("Overflow when unpacking long long")
    return tuple(shape)


__all__ = ["argwhere", "nonzero", "nonzero_static", "unravel_index"]
