"""Tensors in another shape, compiled: programs reshape all the time, and a frame costs as much.

The ops are declared above this module, which is handed them.
"""

cimport cython
from numpy cimport (
    PyArray_IS_C_CONTIGUOUS, PyArray_NDIM, PyArray_SIZE, import_array, ndarray,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.views cimport normal_dim, reshaped_view
from tapegrad._tensor.tensor cimport Tensor

from tapegrad._kernels import can_view
from tapegrad._types import dtype as kind_of_dtype
from tapegrad.ops._dims import (
    check_expansion, dims_of_one, inferred_shape, joined_sizes, named_sizes, sizes_of,
)
from tapegrad.ops.shape.reinterpret import reinterpreted

import_array()

cdef object view_op = None, reshape_alias_op = None, unsafe_view_op = None, contiguous_op = None
cdef object squeeze_all = None, squeeze_op = None, squeeze_dims_op = None, unsqueeze_op = None
cdef object expand_op = None


def register_reshapes(*, view, reshape_alias, unsafe_view, copy):
    """Hand in the ops that a reshape comes to."""
    global view_op, reshape_alias_op, unsafe_view_op, contiguous_op
    view_op, reshape_alias_op, unsafe_view_op = view, reshape_alias, unsafe_view
    contiguous_op = copy


def register_squeezes(*, every, one, several, back):
    """Hand in the ops that drop dimensions of size 1, and the one that puts one in."""
    global squeeze_all, squeeze_op, squeeze_dims_op, unsqueeze_op
    squeeze_all, squeeze_op, squeeze_dims_op, unsqueeze_op = every, one, several, back


def register_expand(op):
    """Hand in the op that repeats dimensions of size 1."""
    global expand_op
    expand_op = op


@cython.binding(True)
cpdef Tensor in_shape(Tensor g, input_shape):
    """The elements in a shape that has as many: a view where possible, else a copy."""
    if PyArray_IS_C_CONTIGUOUS(g.array):
        return view_op(g, input_shape)
    if can_view(g.array, input_shape):
        return reshape_alias_op(g, input_shape)
    return unsafe_view_op(contiguous_op(g), input_shape)


def reshaped(ndarray input not None, shape):
    """An array's elements in a shape of as many: a view where they lie without gaps."""
    return reshaped_view(contiguous(input), shape)


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def reshape(input: Tensor, *shape, **keyword) -> Tensor:
    """The elements in another shape: a view where possible, else a copy."""
    cdef ndarray array = (<Tensor?>input).array
    wanted = named_sizes("reshape", shape, keyword, "shape")
    return in_shape(input, inferred_shape(wanted, PyArray_SIZE(array)))


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def view(input: Tensor, *shape, size=None, dtype=None) -> Tensor:
    """The same memory in another shape, of which one size may be -1, or as another dtype.

    Raises RuntimeError where the strides do not allow it.
    """
    cdef ndarray array = (<Tensor?>input).array
    if size is None and len(shape) == 1 and isinstance(shape[0], kind_of_dtype):
        return reinterpreted(input, shape[0])
    if dtype is not None:
        return reinterpreted(input, dtype)
    return view_op(input, inferred_shape(sizes_of("view", shape, size), PyArray_SIZE(array)))


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def expand(input: Tensor, *sizes, implicit: bool = False, **keyword) -> Tensor:
    """Dimensions of size 1 repeated to larger sizes, without copying; -1 keeps a size."""
    wanted = named_sizes("expand", sizes, keyword, "size")
    return expand_op(input, check_expansion((<Tensor?>input).shape, wanted, input))


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from ``start_dim`` to ``end_dim`` as one."""
    cdef int ndim = PyArray_NDIM((<Tensor?>input).array)
    cdef int start = normal_dim(start_dim, ndim), end = normal_dim(end_dim, ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if ndim == 0:
        return in_shape(input, (1,))
    return input if start == end else in_shape(input, joined_sizes(input, start, end))


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a dimension of size 1 put in at ``dim``, as a view."""
    return unsqueeze_op(input, normal_dim(dim, PyArray_NDIM((<Tensor?>input).array) + 1))


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def squeeze(input: Tensor, dim=...) -> Tensor:
    """Without its dimensions of size 1, or only of those in ``dim``, as a view."""
    if dim is ...:
        return squeeze_all(input)
    squeezed = squeeze_dims_op if isinstance(dim, (tuple, list)) else squeeze_op
    return squeezed(input, dims_of_one(input, dim))
