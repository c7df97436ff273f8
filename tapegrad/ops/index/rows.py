"""Rows of memory picked by index arrays: what the kernels of indexing do, on arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad.ops.index.slices_refused import no_such_slice
from tapegrad.ops.memory_formats import inverse_of


def _out_of_bounds(index: int, dim: int, size: int) -> Exception:
    if size == 0:
        return IndexError("index is out of bounds for dimension with size 0")
    return IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")


def gather_rows(source: np.ndarray, indices: tuple) -> np.ndarray:
    """The rows that indices along all leading dimensions pick."""
    return kernels.gather_rows(source, indices, _out_of_bounds)


class Numbers(NamedTuple):
    """Where a mask alone holds: numbers of elements of its dimensions, seen as one."""

    numbers: np.ndarray
    mask_shape: tuple

    def spread(self, ndim: int) -> tuple:
        """An index array a dimension; None for those behind the mask's."""
        return (*np.unravel_index(self.numbers, self.mask_shape),
                *[None] * (ndim - len(self.mask_shape)))

    def joined(self, array: np.ndarray) -> np.ndarray:
        """A view of a row-major array with the mask's dimensions as one."""
        return array.reshape(math.prod(self.mask_shape), *array.shape[len(self.mask_shape) :])


class _Layout:
    """Where indexed dimensions stand: moved to the front for the kernels, and back."""

    def __init__(self, sizes: tuple, indices: tuple) -> None:
        self.sizes = sizes
        self.dims = [k for k, index in enumerate(indices) if index is not None]
        self.rest = [k for k in range(len(sizes)) if k not in self.dims]
        self.front = self.dims + self.rest
        self.arrays = np.broadcast_arrays(*(indices[k] for k in self.dims))
        together = self.dims == list(range(self.dims[0], self.dims[-1] + 1))
        lead, n_index = self.dims[0] if together else 0, self.arrays[0].ndim
        n_rest = len(self.rest)
        # Result: the index's own dimensions stand where the indexed ones stood, if these were
        # neighbours, else first.
        self.back = [
            *range(n_index, n_index + lead),
            *range(n_index),
            *range(n_index + lead, n_index + n_rest),
        ]

    def result_strides(self, strides: tuple) -> tuple[list[int], list[int]]:
        """The steps of the source and of the index along the result's dimensions; 0 for none."""
        index_shape = self.arrays[0].shape
        source = [0] * len(index_shape) + [strides[k] for k in self.rest]
        # The index has size 1 along the source's own dimensions; where that is broadcast, no step.
        sizes = [*index_shape, *[1] * len(self.rest)]
        is_broadcast = [False] * len(index_shape) + [self.sizes[k] != 1 for k in self.rest]
        index, step = [0] * len(sizes), 1
        for k in reversed(self.back):
            index[k] = 0 if is_broadcast[k] else step
            step *= sizes[k]
        return [source[k] for k in self.back], [index[k] for k in self.back]

    def indices(self) -> tuple:
        return tuple(kernels.contiguous(one) for one in self.arrays)


def _into_nothing(array: np.ndarray, indices: tuple) -> tuple:
    """Indices into an array without elements, of which PyTorch looks at the sizes alone."""
    if isinstance(indices, Numbers):
        return indices
    named = [k for k, index in enumerate(indices) if index is not None]
    if all(indices[k].size for k in named) and any(array.shape[k] == 0 for k in named):
        raise IndexError("index is out of bounds for dimension with size 0")
    return tuple([None if index is None else np.zeros_like(index) for index in indices])


def index_rows(input: np.ndarray, indices: tuple, versions) -> np.ndarray:
    """The elements at positions given by index arrays; None stands for a whole dimension."""
    if not input.size:
        indices = _into_nothing(input, indices)
    if isinstance(indices, Numbers):
        if input.flags.c_contiguous:
            return gather_rows(indices.joined(input), (indices.numbers,))
        indices = indices.spread(input.ndim)
    leading = kernels.leading_indices(input, indices)
    if leading is not None:
        return gather_rows(input, leading)
    layout = _Layout(input.shape, indices)
    picked = gather_rows(input.transpose(layout.front), layout.indices())
    result = picked.transpose(layout.back)
    if input.flags.c_contiguous:
        return kernels.contiguous(result)
    order = _memory_order(result.shape, layout.result_strides(input.strides))
    return kernels.contiguous(result.transpose(order)).transpose(inverse_of(order))


def _memory_order(shape: tuple, operands: tuple) -> list[int]:
    """The dimensions of an indexing result from slowest to fastest in memory, as PyTorch has them.

    An insertion sort, since some pairs of dimensions cannot be compared: they stay as they stand.
    """
    order = list(reversed(range(len(shape))))
    for start in range(1, len(order)):
        at = start
        for before in range(start - 1, -1, -1):
            comparison = _compare_dims(order[before], order[at], shape, operands)
            if comparison < 0:
                break
            if comparison > 0:
                order[before], order[at] = order[at], order[before]
                at = before
    return order[::-1]


def _compare_dims(a: int, b: int, shape: tuple, operands: tuple) -> int:
    """1 if dimension ``a`` is the slower one by the operands' strides, -1 if ``b``, else 0."""
    for strides in operands:
        if strides[a] == 0 or strides[b] == 0:
            continue
        if strides[a] != strides[b]:
            return 1 if strides[a] > strides[b] else -1
        if shape[a] > shape[b]:
            return 1
    return 0


def _values_in_front(values: np.ndarray, layout: _Layout, shape: tuple) -> np.ndarray:
    """Values of the shape of the result, with the index's dimensions moved to the front."""
    moved = [shape[k] for k in layout.front[len(layout.dims) :]]
    front_shape = (*layout.arrays[0].shape, *moved)
    full = expanded_values(values, tuple([front_shape[k] for k in layout.back]))
    return full.transpose(inverse_of(layout.back))


def expanded_values(values: np.ndarray, shape: tuple) -> np.ndarray:
    """Values in the shape of what an index picks. Raises RuntimeError if they do not fit there."""
    if values.shape == shape:
        return values
    if values.ndim <= len(shape):
        try:
            return kernels.broadcast_array(values, shape)
        except ValueError:
            pass
    raise RuntimeError(
        f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
        f"indexing result of shape {list(shape)}"
    )


def put_rows(target: np.ndarray, indices: tuple, values: np.ndarray, kernel: str) -> None:
    """Write or add values at positions given by index arrays."""
    if not target.size:
        indices = _into_nothing(target, indices)
    if isinstance(indices, Numbers):
        if target.flags.c_contiguous:
            target = indices.joined(target)
            indices = (indices.numbers, *[None] * (target.ndim - 1))
        else:
            indices = indices.spread(target.ndim)
    leading = kernels.leading_indices(target, indices)
    if leading is not None:
        shape = leading[0].shape + target.shape[len(leading) :]
        if values.shape != shape or values.dtype != target.dtype:
            values = _cast(expanded_values(values, shape), target)
        kernels.write_rows(kernel, target, leading, values, _out_of_bounds)
        return
    layout = _Layout(target.shape, indices)
    values = _cast(_values_in_front(values, layout, target.shape), target)
    moved = target.transpose(layout.front)
    work = kernels.contiguous(moved)
    kernels.write_rows(kernel, work, layout.indices(), values, _out_of_bounds)
    if work is not moved:
        kernels.copy_array(moved, work)


def _cast(values: np.ndarray, target: np.ndarray) -> np.ndarray:
    same = values.dtype == target.dtype
    return values if same else kernels.cast_array(values, target.dtype)


def take_rows(weight: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Rows of a matrix by an index array of any shape. Raises IndexError outside it."""
    return kernels.gather_rows(
        weight, (index,), lambda *_: no_such_slice(weight, 0, index), wraps=False
    )


def add_rows(shape: tuple, index: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A matrix of zeros with rows added at an index."""
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    kernels.write_rows("scatter_add_rows", result, (index,), values, _out_of_bounds)
    return result
