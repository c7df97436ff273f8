"""Attention of heads without a mask or dropout, which is one op, without entering Python."""

cimport cython
from cpython.object cimport PyObject
from libc.math cimport sqrt
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray,
    npy_intp,
)

from tapegrad._core.op cimport Op, run_op
from tapegrad._core.public cimport CommonCall
from tapegrad._tensor.tensor cimport Tensor

import_array()

cdef enum:                 # the arguments of scaled_dot_product_attention
    QUERY, KEY, VALUE, MASK, DROPOUT, IS_CAUSAL, SCALE, ENABLE_GQA


@cython.final
cdef class HeadsCall(CommonCall):
    """Of floats of one dtype ``(batch, heads, places, features)``, with as many features each."""

    cdef Op attention

    def __init__(self, Op attention not None):
        self.attention = attention

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[6]
        cdef ndarray query
        cdef object is_causal = False, scale
        if n <= VALUE or not are_heads(args) or not are_usual(args, n):
            return None
        query = (<Tensor>args[QUERY]).array
        if n > IS_CAUSAL:
            is_causal = <object>args[IS_CAUSAL]
        if n > SCALE and <object>args[SCALE] is not None:
            scale = <object>args[SCALE]
        else:
            scale = 1 / sqrt(<double>PyArray_DIMS(query)[3])
        stack[0], stack[1], stack[2] = args[QUERY], args[KEY], args[VALUE]
        stack[3], stack[4], stack[5] = <PyObject*>None, <PyObject*>scale, <PyObject*>is_causal
        return run_op(self.attention, stack, 6)


cdef bint are_usual(PyObject* const* args, size_t n) noexcept:
    """Whether what follows the heads is left out, as it is by default, or of the declared type."""
    return (n <= MASK or <object>args[MASK] is None) \
        and (n <= DROPOUT or is_zero(args[DROPOUT])) \
        and (n <= IS_CAUSAL or type(<object>args[IS_CAUSAL]) is bool) \
        and (n <= SCALE or <object>args[SCALE] is None or type(<object>args[SCALE]) is float) \
        and (n <= ENABLE_GQA or <object>args[ENABLE_GQA] is False and n == ENABLE_GQA + 1)


cdef bint is_zero(PyObject* given) noexcept:
    return type(<object>given) is float and <double><object>given == 0


cdef bint are_heads(PyObject* const* args) noexcept:
    """Whether query, key and value have the dtype and the sizes that the kernel reads."""
    cdef npy_intp* sizes[3]
    cdef int k, d, type_number
    for k in range(3):
        if not isinstance(<object>args[k], Tensor) or PyArray_NDIM((<Tensor>args[k]).array) != 4:
            return False
        sizes[k] = PyArray_DIMS((<Tensor>args[k]).array)
    type_number = PyArray_TYPE((<Tensor>args[QUERY]).array)
    for k in range(3):
        if PyArray_TYPE((<Tensor>args[k]).array) != type_number:
            return False
        for d in range(4):
            if sizes[k][d] == 0 or d != 2 and sizes[k][d] != sizes[QUERY][d]:
                return False
    return sizes[VALUE][2] == sizes[KEY][2] and type_number in (NPY_FLOAT32, NPY_FLOAT64)
