"""Tensors joined and cut: what the common calls, and plain backward, need without Python."""

from numpy cimport PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray

from tapegrad._kernels.pieces cimport join, pieces, stack
from tapegrad._tensor.tensor cimport Tensor, wrap

import_array()


def sizes_to_join(tensors, dim):
    """``(dim, sizes)`` for tensors that can be joined as they are; None for all others.

    They have one dtype, and agree in every size but that of ``dim``, which is counted from the
    front.
    """
    cdef ndarray first = None, one
    cdef int ndim = 0, axis = 0, k
    cdef list sizes = []
    if type(dim) is not int or not isinstance(tensors, (tuple, list)):
        return None
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            return None
        one = (<Tensor>tensor).array
        if first is None:
            first, ndim = one, PyArray_NDIM(one)
            if not -ndim <= dim < ndim:
                return None
            axis = dim + ndim if dim < 0 else dim
        elif PyArray_TYPE(one) != PyArray_TYPE(first) or PyArray_NDIM(one) != ndim:
            return None
        for k in range(ndim):
            if k != axis and PyArray_DIMS(one)[k] != PyArray_DIMS(first)[k]:
                return None
        sizes.append(PyArray_DIMS(one)[axis])
    # A vector without elements may stand beside tensors of any shape, and then counts for nothing.
    if first is None or ndim == 1 and 0 in sizes:
        return None
    return axis, tuple(sizes)


def dim_to_stack(tensors, dim):
    """The new dimension, from the front, of tensors of one shape and dtype; None for all others."""
    cdef ndarray first = None, one
    cdef int ndim = 0, k
    if type(dim) is not int or not isinstance(tensors, (tuple, list)):
        return None
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            return None
        one = (<Tensor>tensor).array
        if first is None:
            first, ndim = one, PyArray_NDIM(one)
        elif PyArray_TYPE(one) != PyArray_TYPE(first) or PyArray_NDIM(one) != ndim:
            return None
        for k in range(ndim):
            if PyArray_DIMS(one)[k] != PyArray_DIMS(first)[k]:
                return None
    if first is None or not -ndim - 1 <= dim <= ndim:
        return None
    return dim + ndim + 1 if dim < 0 else dim


def joined_gradients(tuple grads not None, int dim, tuple sizes not None):
    """The gradient of a tensor from those of its pieces; None stands for zeros."""
    return wrap(join(arrays_of(grads), dim, sizes))


def stacked_gradients(tuple grads not None, int dim):
    """The gradient of a tensor from those of its slices; None stands for zeros."""
    return wrap(stack(arrays_of(grads), dim))


def cut_gradient(Tensor g not None, int dim, tuple sizes not None, tuple needs not None):
    """The gradients of what was joined, each where it is needed: parts of one memory."""
    cdef list found = pieces(g.array, dim, sizes)
    return [wrap(<ndarray>part) if needed else None for part, needed in zip(found, needs)]


cdef list arrays_of(tuple grads):
    return [None if g is None else (<Tensor>g).array for g in grads]
