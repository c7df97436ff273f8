"""Convolutions of batches that are one op, without entering Python but to look up their geometry."""

cimport cython
from cpython.object cimport PyObject
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray,
)

from tapegrad._core.op cimport Op, run_op
from tapegrad._core.public cimport CommonCall
from tapegrad._tensor.tensor cimport Tensor

import_array()

cdef enum:      # the arguments of conv1d, conv2d and conv3d
    INPUT, WEIGHT, BIAS, STRIDE, PADDING, DILATION, GROUPS, N_ARGUMENTS

cdef tuple DEFAULTS = (None, None, None, 1, 0, 1, 1)


@cython.final
cdef class ConvCall(CommonCall):
    """Of floats of one dtype, by whole numbers or tuples.

    ``find(n_dims, input_shape, weight_shape, bias_shape, stride, padding, dilation, groups)`` gives
    the geometry or raises RuntimeError.
    """

    cdef Op convolution
    cdef int n_dims
    cdef object find

    def __init__(self, Op convolution not None, int n_dims, find not None):
        self.convolution, self.n_dims, self.find = convolution, n_dims, find

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[4]
        cdef size_t k
        cdef ndarray input
        cdef object bias = None, geometry
        if n <= WEIGHT or n > N_ARGUMENTS or not is_batch(args[INPUT], self.n_dims, NULL) \
                or not is_batch(args[WEIGHT], self.n_dims, args[INPUT]):
            return None
        if n > BIAS and <object>args[BIAS] is not None:
            if not is_vector(args[BIAS], (<Tensor>args[INPUT]).array):
                return None
            bias = <object>args[BIAS]
        for k in range(STRIDE, n):
            if type(<object>args[k]) is not int and (k == GROUPS or not are_ints(args[k])):
                return None
        try:
            geometry = self.find(
                self.n_dims, shape_of(<Tensor>args[INPUT]), shape_of(<Tensor>args[WEIGHT]),
                None if bias is None else shape_of(<Tensor>bias), given(args, n, STRIDE),
                given(args, n, PADDING), given(args, n, DILATION), given(args, n, GROUPS))
        except (RuntimeError, TypeError):
            return None                     # the function finds what is wrong first
        stack[0], stack[1], stack[2] = args[INPUT], args[WEIGHT], <PyObject*>bias
        stack[3] = <PyObject*>geometry
        return run_op(self.convolution, stack, 4)


cdef inline object given(PyObject* const* args, size_t n, size_t k):
    return <object>args[k] if k < n else DEFAULTS[k]


cdef bint is_batch(PyObject* given, int n_dims, PyObject* like) noexcept:
    """Whether it is a tensor of floats of so many dimensions and two more, in the other's dtype."""
    cdef ndarray array
    if not isinstance(<object>given, Tensor):
        return False
    array = (<Tensor>given).array
    return PyArray_NDIM(array) == n_dims + 2 and PyArray_TYPE(array) in (NPY_FLOAT32, NPY_FLOAT64) \
        and (like == NULL or PyArray_TYPE(array) == PyArray_TYPE((<Tensor>like).array))


cdef bint is_vector(PyObject* given, ndarray like) noexcept:
    cdef ndarray array
    if not isinstance(<object>given, Tensor):
        return False
    array = (<Tensor>given).array
    return PyArray_NDIM(array) == 1 and PyArray_TYPE(array) == PyArray_TYPE(like)


cdef bint are_ints(PyObject* given) noexcept:
    """Whether it is a tuple of ints; what equals one, as True does, is remembered as it."""
    if type(<object>given) is not tuple:
        return False
    for one in <tuple>given:
        if type(one) is not int:
            return False
    return True


cdef tuple shape_of(Tensor tensor):
    cdef int k
    return tuple([PyArray_DIMS(tensor.array)[k] for k in range(PyArray_NDIM(tensor.array))])
