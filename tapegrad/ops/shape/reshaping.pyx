"""The same elements in another shape, without entering Python: what to record, and plain calls."""

cimport cython
from cpython.object cimport PyObject
from numpy cimport PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_NDIM, import_array, ndarray, \
    npy_intp

from tapegrad._core.op cimport Op, run_op
from tapegrad._core.public cimport CommonCall
from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport MAX_DIMS
from tapegrad._kernels.views cimport reshaped_view
from tapegrad._tensor.tensor cimport Tensor

from tapegrad._kernels import can_view

import_array()

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) except? -1

cdef Op VIEW = None, VIEW_OF_STEPS = None, COPY = None, UNSAFE_VIEW = None


def register_reshaping(Op view not None, Op view_of_steps not None, Op copy not None,
                       Op unsafe_view not None):
    """Hand in what is recorded: for memory without gaps, where steps allow a view, and else both
    a copy and a view of it.
    """
    global VIEW, VIEW_OF_STEPS, COPY, UNSAFE_VIEW
    VIEW, VIEW_OF_STEPS, COPY, UNSAFE_VIEW = view, view_of_steps, copy, unsafe_view


cpdef object in_shape(Tensor g, input_shape):
    """A tensor's elements in a shape of as many: a view where possible, else a copy."""
    cdef PyObject* stack[1]
    if PyArray_IS_C_CONTIGUOUS(g.array):
        return run_with_shape(VIEW, g, input_shape)
    if can_view(g.array, input_shape):
        return run_with_shape(VIEW_OF_STEPS, g, input_shape)
    stack[0] = <PyObject*>g
    return run_with_shape(UNSAFE_VIEW, run_op(COPY, stack, 1), input_shape)


def reshaped(ndarray input not None, shape):
    """An array's elements in a shape of as many: a view where they lie without gaps."""
    return reshaped_view(contiguous(input), shape)


cdef object run_with_shape(Op op, object tensor, object shape):
    cdef PyObject* stack[2]
    stack[0], stack[1] = <PyObject*>tensor, <PyObject*>shape
    return run_op(op, stack, 2)


@cython.final
cdef class ReshapeCall(CommonCall):
    """Of a tensor into sizes that fit, one of which may be -1: ``view``, or else ``reshape``."""

    cdef bint only_views

    def __init__(self, bint only_views):
        self.only_views = only_views

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef Tensor input
        cdef tuple shape
        if n < 2 or not isinstance(<object>args[0], Tensor):
            return None
        input = <Tensor>args[0]
        if type(<object>args[1]) is int:
            shape = fitting_shape(input.array, args + 1, n - 1)
        elif n == 2 and type(<object>args[1]) is tuple:
            shape = shape_from_tuple(input.array, <tuple>args[1])
        else:
            return None
        if shape is None:
            return None
        return run_with_shape(VIEW, input, shape) if self.only_views else in_shape(input, shape)


cdef tuple shape_from_tuple(ndarray array, tuple sizes):
    cdef PyObject* given[MAX_DIMS]
    cdef Py_ssize_t k, n = len(sizes)
    if n > MAX_DIMS:
        return None
    for k in range(n):
        given[k] = <PyObject*>(<object>sizes[k])
    return fitting_shape(array, given, n)


cdef tuple fitting_shape(ndarray array, PyObject* const* sizes, size_t n):
    """The sizes as a shape for an array's elements; None unless they are one."""
    cdef npy_intp count = 1, known = 1, size, missing = -1
    cdef size_t k
    cdef int d, overflow = 0
    for d in range(PyArray_NDIM(array)):
        count *= PyArray_DIMS(array)[d]
    if count == 0 or n > MAX_DIMS:
        return None
    for k in range(n):
        if type(<object>sizes[k]) is not int:
            return None
        size = PyLong_AsLongLongAndOverflow(<object>sizes[k], &overflow)
        if overflow != 0:
            return None
        if size == -1 and missing < 0:
            missing = k
        elif 0 < size <= count // known:
            known *= size
        else:
            return None
    if known != count and (missing < 0 or count % known != 0):
        return None
    return tuple([
        count // known if <npy_intp>k == missing else <object>sizes[k] for k in range(n)])
