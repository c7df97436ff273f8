"""Attention of heads, and its gradients.

Queries, keys and values are ``(batch, heads, places, features)`` of one floating-point type; the
mask, if there is one, is a summand of ``(batch, heads, places, other places)``.
"""

from libc.stdint cimport int64_t
from numpy cimport (
    PyArray_DIMS, PyArray_ITEMSIZE, PyArray_STRIDES, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport Operand, operand_of
from tapegrad._kernels.iteration cimport iterate
from tapegrad._kernels.kernel cimport Kernel
from tapegrad._kernels.memory cimport allocate, allocate_like

from tapegrad._kernels.kernel import OURS, KernelRefusal

import_array()

cdef Kernel ATTENTION = OURS["attention"]
cdef Kernel SLOPES = OURS["attention_slopes"]

cdef npy_intp[4] NO_STEPS = [0, 0, 0, 0]

cdef struct Params:         # heads_params of _c/attention.c
    int64_t status
    double scale
    int64_t is_causal, has_mask


def attention(ndarray query not None, ndarray key not None, ndarray value not None, ndarray mask,
              double scale, bint is_causal):
    """``softmax(query @ key.T * scale + mask) @ value``; values have the features of queries."""
    cdef Operand operands[5]
    cdef npy_intp dims[4]
    query, key, value = readable(query), readable(key), readable(value)
    cdef ndarray out = allocate_like(query, PyArray_TYPE(query))
    operands[0], operands[1], operands[2] = operand_of(query), operand_of(key), operand_of(value)
    operands[3], operands[4] = operand_of_mask(mask, query, key, dims), operand_of(out)
    run(ATTENTION, operands, PyArray_TYPE(query), Params(0, scale, is_causal, mask is not None))
    return out


def attention_backward(ndarray g not None, ndarray query not None, ndarray key not None,
                       ndarray value not None, ndarray mask, double scale, bint is_causal):
    """The gradients of query, key and value; the weights are computed anew."""
    cdef Operand operands[8]
    cdef npy_intp dims[4]
    cdef ndarray of_query = row_major(query), of_key = row_major(key), of_value = row_major(value)
    g, query, key, value = readable(g), readable(query), readable(key), readable(value)
    operands[0], operands[1], operands[2] = operand_of(g), operand_of(query), operand_of(key)
    operands[3], operands[4] = operand_of(value), operand_of_mask(mask, query, key, dims)
    operands[5], operands[6] = operand_of(of_query), operand_of(of_key)
    operands[7] = operand_of(of_value)
    run(SLOPES, operands, PyArray_TYPE(query), Params(0, scale, is_causal, mask is not None))
    return of_query, of_key, of_value


cdef int run(Kernel kernel, Operand* operands, int number, Params params) except -1:
    try:
        iterate(kernel.loop_for(number), operands, &params)
    except KernelRefusal:
        raise MemoryError("attention: no memory for a block of weights") from None
    return 0


cdef ndarray readable(ndarray array):
    """The array itself where rows of its matrices lie packed, else a row-major copy."""
    cdef npy_intp* strides = PyArray_STRIDES(array)
    cdef npy_intp size = PyArray_ITEMSIZE(array)
    if strides[3] == size and strides[2] >= PyArray_DIMS(array)[3] * size:
        return array
    return contiguous(array)


cdef Operand operand_of_mask(ndarray mask, ndarray query, ndarray key, npy_intp[4] dims):
    """The mask; where there is none, something of its shape that nobody reads."""
    if mask is not None:
        return operand_of(mask)
    cdef Operand none = operand_of(query)
    dims[0], dims[1], dims[2] = none.dims[0], none.dims[1], none.dims[2]
    dims[3] = PyArray_DIMS(key)[2]
    none.dims, none.strides = dims, NO_STEPS
    return none


cdef ndarray row_major(ndarray model):
    return allocate(4, PyArray_DIMS(model), PyArray_TYPE(model))
