"""The items of an index: what views make of numbers, slices, None and ``...``."""

from numpy cimport PyArray_DIMS, PyArray_NDIM, import_array, npy_intp

from tapegrad._kernels.views cimport normal_dim
from tapegrad._tensor.tensor cimport Tensor

import operator
import warnings
from collections.abc import Sequence

import numpy as np

from tapegrad.ops.create import tensor
from tapegrad.ops.shape.parts import select_op, slice_op
from tapegrad.ops.shape.sizes import unsqueeze_op

import_array()


cdef object as_index(item):
    """An index as PyTorch understands it: lists and arrays of positions become tensors."""
    if isinstance(item, (Tensor, int, slice)) or item is None or item is Ellipsis:
        return item
    if isinstance(item, (np.ndarray, list, tuple, range)):
        positions = tensor(item)
        return positions if positions.dtype.name in ("bool", "uint8") else positions.long()
    if isinstance(item, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(item).__name__}'")
    try:
        return operator.index(item)
    except TypeError:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            f"valid indices (got {type(item).__name__})"
        ) from None


cdef bint stands_for_tuple(index) except -1:
    """Whether a list is taken for a tuple: a short one that holds more than numbers."""
    if not isinstance(index, list) or len(index) >= 32:
        return False
    for item in index:
        if isinstance(item, (Tensor, Sequence, np.ndarray, slice)) or item is None \
                or item is Ellipsis:
            warnings.warn(
                "Using a non-tuple sequence for multidimensional indexing is deprecated and will "
                "be changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 "
                "this will be interpreted as tensor index, x[torch.tensor(seq)], which will result "
                "either in an error or a different result", UserWarning, stacklevel=1)
            return True
    return False


cdef int consumed(item) except -1:
    """How many dimensions of the tensor an index item uses up."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item.dtype.name in ("bool", "uint8"):
        return item.ndim
    return 1


cdef npy_intp size_at(Tensor input, int dim) noexcept:
    """The size of a dimension; 0 beyond the last, where several ellipses may lead."""
    return PyArray_DIMS(input.array)[dim] if dim < PyArray_NDIM(input.array) else 0


cdef Tensor with_one_more(Tensor input, int dim):
    """The tensor with a dimension of size 1 at a place."""
    return unsqueeze_op(input, normal_dim(dim, PyArray_NDIM(input.array) + 1))


cpdef Tensor select(Tensor input, int dim, index, int position):
    """One position along a dimension; errors name it by the position in the index."""
    cdef npy_intp size, place
    if PyArray_NDIM(input.array) == 0:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )
    size = size_at(input, dim)
    try:
        place = index
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    if not -size <= place < size:
        raise IndexError(
            f"index {index} is out of bounds for dimension {position} with size {size}"
        )
    return select_op(input, dim, place + size if place < 0 else place)


cpdef Tensor cut(Tensor input, int dim, slice item, bint keep_whole):
    """A range of positions along a dimension; the tensor itself if it is all and may be kept."""
    cdef npy_intp size, start, stop, step
    if PyArray_NDIM(input.array) == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    size = size_at(input, dim)
    if size == 0 and item.start:
        normal_dim(dim, PyArray_NDIM(input.array))
    start, stop, step = item.indices(size)
    if step < 0:
        raise ValueError("step must be greater than zero")
    if keep_whole and start == 0 and stop == size and step == 1:
        return input
    return slice_op(input, dim, start, max(start, stop), step)


def apply_views(Tensor input, index):
    """Do the views of an index; what is left is one index tensor, or None, a dimension."""
    cdef list items = [as_index(item) for item in index] \
        if isinstance(index, tuple) or stands_for_tuple(index) else [as_index(index)]
    cdef list left = []
    cdef Tensor result = input
    cdef int specified = 0, dim = 0, position, ndim = PyArray_NDIM(input.array)
    for item in items:
        specified += consumed(item)
    if specified > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")

    for position, item in enumerate(items):
        if isinstance(item, bool):
            result = with_one_more(result, dim)
            note(left, dim, Tensor._wrap(np.array([item])))
            dim += 1
        elif isinstance(item, int):
            result = select(result, dim, item, position)
        elif isinstance(item, slice):
            result = cut(result, dim, item, True)
            dim += 1
        elif item is Ellipsis:
            dim += ndim - specified
        elif item is None:
            result = with_one_more(result, dim)
            dim += 1
        elif item.ndim == 0 and item.dtype.name not in ("bool", "uint8"):
            check_index_dtype(item)
            result = select(result, dim, int(item), position)
        else:
            if item.ndim == 0:
                result = with_one_more(result, dim)
                item = item.reshape(1).bool()
            note(left, dim, item)
            # A mask of several dimensions stands for as many index tensors.
            dim += max(consumed(item), 1)
            if consumed(item) > 1:
                left.extend([PART_OF_MASK] * (consumed(item) - 1))
    return result, [one for one in left if one is not PART_OF_MASK]


cdef object PART_OF_MASK = object()


cdef int note(list left, int dim, index) except -1:
    """Let an index tensor stand for a dimension."""
    left.extend([None] * (dim - len(left)))
    left.append(index)
    return 0


cdef int check_index_dtype(item) except -1:
    if item.is_floating_point():
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return 0
