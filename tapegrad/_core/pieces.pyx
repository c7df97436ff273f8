"""Tensors joined and cut: what the common calls, and plain backward, need without Python."""

from numpy cimport PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray

from tapegrad._kernels.pieces cimport join, pieces, stack
from tapegrad._tensor.tensor cimport Tensor, wrap

import_array()


cdef int axis_of_alike(object tensors, object dim, bint is_new) except -2:
    """``dim`` from the front, for tensors of one dtype that agree in every other size; else -1.

    A new dimension lies between those of the tensors, which then agree in all sizes.
    """
    cdef ndarray first = None, one
    cdef int ndim = 0, axis = -1, k
    if type(dim) is not int or not isinstance(tensors, (tuple, list)):
        return -1
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            return -1
        one = (<Tensor>tensor).array
        if first is None:
            first, ndim = one, PyArray_NDIM(one)
            if not -ndim - is_new <= dim < ndim + is_new:
                return -1
            axis = dim + ndim + is_new if dim < 0 else dim
        elif PyArray_TYPE(one) != PyArray_TYPE(first) or PyArray_NDIM(one) != ndim:
            return -1
        for k in range(ndim):
            if (is_new or k != axis) and PyArray_DIMS(one)[k] != PyArray_DIMS(first)[k]:
                return -1
    return axis


def sizes_to_join(tensors, dim):
    """``(dim, sizes)`` for tensors that can be joined as they are; None for all others."""
    cdef int axis = axis_of_alike(tensors, dim, False)
    cdef tuple sizes
    if axis < 0:
        return None
    sizes = tuple([PyArray_DIMS((<Tensor>one).array)[axis] for one in tensors])
    # A vector without elements may stand beside tensors of any shape, and then counts for nothing.
    if PyArray_NDIM((<Tensor>tensors[0]).array) == 1 and 0 in sizes:
        return None
    return axis, sizes


def dim_to_stack(tensors, dim):
    """The new dimension, from the front, of tensors of one shape and dtype; None for all others."""
    cdef int axis = axis_of_alike(tensors, dim, True)
    return None if axis < 0 else axis


def joined_gradients(tuple grads not None, int dim, tuple sizes not None):
    """The gradient of a tensor from those of its pieces; None stands for zeros."""
    return wrap(join(arrays_of(grads), dim, sizes))


def stacked_gradients(tuple grads not None, int dim):
    """The gradient of a tensor from those of its slices; None stands for zeros."""
    return wrap(stack(arrays_of(grads), dim))


def cut_gradient(Tensor g not None, int dim, tuple sizes not None, tuple needs not None):
    """The gradients of what was joined, each where it is needed: parts of one memory."""
    cdef list found = pieces(g.array, dim, sizes, needs)
    return [None if part is None else wrap(<ndarray>part) for part in found]


cdef list arrays_of(tuple grads):
    return [None if g is None else (<Tensor>g).array for g in grads]
