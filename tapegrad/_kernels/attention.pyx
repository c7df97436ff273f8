"""Attention, some heads and a block of queries at a time: all weights are never there at once.

Queries, keys and values are ``(batch, heads, places, features)`` of one floating-point type; the
mask, if there is one, is a summand of ``(batch, heads, places, other places)``.
"""

cimport cython
from libc.stdint cimport int64_t
from numpy cimport (
    PyArray_BYTES, PyArray_DIMS, PyArray_ITEMSIZE, PyArray_STRIDES, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.kernel cimport Kernel, Loop, launch
from tapegrad._kernels.memory cimport allocate, allocate_like

import numpy as np

from tapegrad._kernels.iteration import fill
from tapegrad._kernels.kernel import OURS

import_array()

cdef Kernel MATMUL = Kernel.from_ufunc(np.matmul)
cdef Kernel ADD = Kernel.from_ufunc(np.add)
cdef Kernel WEIGHTS = OURS["attention_weights"]
cdef Kernel BACKWARD = OURS["attention_backward"]

cdef enum:
    # The weights that are worked on fit into the second cache, beside what they are made of.
    BLOCK_BYTES = 262144
    FEWEST_ROWS = 32        # of a block, so that products stay products of matrices
    WHOLE_VECTORS = 16      # lines of weights end with them

cdef struct Matrices:       # one for each head of a sample
    char* data
    npy_intp head, row, column

cdef struct Params:         # attention_params of _c/attention.c
    double scale
    int64_t first, has_mask


cdef inline Matrices matrices(ndarray array, npy_intp sample, npy_intp head, npy_intp row) noexcept:
    """From a head and a place on."""
    cdef npy_intp* strides = PyArray_STRIDES(array)
    return Matrices(
        PyArray_BYTES(array) + sample * strides[0] + head * strides[1] + row * strides[2],
        strides[1], strides[2], strides[3])


cdef inline Matrices turned(Matrices one) noexcept:
    return Matrices(one.data, one.head, one.column, one.row)


@cython.final
cdef class Heads:
    """Sizes, and scratch memory for the weights of one block."""

    cdef ndarray query, key, value, mask, summand
    cdef npy_intp n_samples, n_heads, n, n_keys, features, item
    cdef npy_intp at_once, rows         # heads and queries of a block
    cdef bint is_causal
    cdef double scale
    cdef int number
    cdef Loop* product_loop
    cdef Loop* weights_loop

    def __init__(self, ndarray query not None, ndarray key not None, ndarray value not None,
                 ndarray mask, double scale, bint is_causal):
        cdef npy_intp* dims = PyArray_DIMS(query)
        self.query, self.key, self.value = readable(query), readable(key), readable(value)
        self.mask, self.scale, self.is_causal = mask, scale, is_causal
        self.n_samples, self.n_heads, self.n, self.features = dims[0], dims[1], dims[2], dims[3]
        self.n_keys, self.item = PyArray_DIMS(key)[2], PyArray_ITEMSIZE(query)
        self.number = PyArray_TYPE(query)
        self.product_loop = MATMUL.loop_for(self.number)
        self.weights_loop = WEIGHTS.loop_for(self.number)
        cdef npy_intp row_bytes = self.n_keys * self.item
        self.rows = min(self.n, max(FEWEST_ROWS, BLOCK_BYTES // row_bytes))
        self.at_once = min(self.n_heads, max(1, BLOCK_BYTES // (whole(self.rows) * row_bytes)))

    cdef ndarray scratch(self):
        cdef npy_intp size = self.at_once * self.n_keys * whole(self.rows)
        return allocate(1, &size, self.number)

    cdef int product(self, npy_intp n_heads, npy_intp n, npy_intp inner, npy_intp m, Matrices a,
                     Matrices b, Matrices out) except -1:
        """``out = a @ b`` for some heads, matrices of (n, inner) and (inner, m)."""
        cdef char* args[3]
        cdef npy_intp dims[4]
        cdef npy_intp steps[9]
        args[0], args[1], args[2] = a.data, b.data, out.data
        dims[0], dims[1], dims[2], dims[3] = n_heads, n, inner, m
        steps[0], steps[1], steps[2] = a.head, b.head, out.head
        steps[3], steps[4], steps[5], steps[6] = a.row, a.column, b.row, b.column
        steps[7], steps[8] = out.row, out.column
        return launch(self.product_loop, args, dims, steps, NULL, NULL)

    cdef int add_product(self, bint is_first, npy_intp n_heads, npy_intp n, npy_intp inner,
                         npy_intp m, Matrices a, Matrices b, Matrices out) except -1:
        """``out += a @ b`` into packed memory, which the first product of all fills."""
        cdef char* args[3]
        cdef npy_intp steps[3]
        cdef npy_intp count = n * m
        if is_first:
            return self.product(n_heads, n, inner, m, a, b, out)
        if self.summand is None:    # there are further blocks only where one holds a single head
            self.summand = allocate(1, &count, self.number)
        self.product(1, n, inner, m, a, b, packed(self.summand, n, m, self.item))
        args[0], args[1], args[2] = out.data, PyArray_BYTES(self.summand), out.data
        steps[0] = steps[1] = steps[2] = self.item
        return launch(ADD.loop_for(self.number), args, &count, steps, NULL, NULL)

    cdef int by_queries(self, Loop* loop, npy_intp n_heads, npy_intp m, npy_intp n, Matrices a,
                        Matrices b, Matrices out, Params* params) except -1:
        """A kernel of two matrices of (m, n) a head, for m keys and n queries."""
        cdef char* args[3]
        cdef npy_intp dims[3]
        cdef npy_intp steps[9]
        args[0], args[1], args[2] = a.data, b.data, out.data
        dims[0], dims[1], dims[2] = n_heads, m, n
        steps[0], steps[1], steps[2] = a.head, b.head, out.head
        steps[3], steps[4], steps[5], steps[6] = a.row, a.column, b.row, b.column
        steps[7], steps[8] = out.row, out.column
        return launch(loop, args, dims, steps, params, NULL)

    cdef npy_intp seen(self, npy_intp row, npy_intp n_rows) noexcept:
        """How many keys the rows of a block may look at."""
        return min(self.n_keys, row + n_rows) if self.is_causal else self.n_keys

    cdef Matrices weights(self, ndarray scratch, npy_intp sample, npy_intp head, npy_intp n_heads,
                          npy_intp row, npy_intp n_rows) except *:
        """The weights of a block, in scratch memory: a row for each key that is looked at."""
        cdef npy_intp m = self.seen(row, n_rows)
        cdef Matrices out = block(scratch, m, n_rows, self.item), mask = out
        cdef Params params = Params(self.scale, row if self.is_causal else -1, False)
        self.product(n_heads, m, self.features, n_rows, matrices(self.key, sample, head, 0),
                     turned(matrices(self.query, sample, head, row)), out)
        if self.mask is not None:
            mask = turned(matrices(self.mask, sample, head, row))
            params.has_mask = True
        self.by_queries(self.weights_loop, n_heads, m, n_rows, out, mask, out, &params)
        return out


cdef inline npy_intp whole(npy_intp n) noexcept:
    return (n + WHOLE_VECTORS - 1) // WHOLE_VECTORS * WHOLE_VECTORS


cdef inline Matrices block(ndarray scratch, npy_intp n, npy_intp m, npy_intp item) noexcept:
    """Weights in scratch memory."""
    return packed(scratch, n, whole(m), item)


cdef inline Matrices packed(ndarray scratch, npy_intp n, npy_intp m, npy_intp item) noexcept:
    return Matrices(PyArray_BYTES(scratch), n * m * item, m * item, item)


cdef ndarray readable(ndarray array):
    """The array itself where BLAS can read its matrices, else a row-major copy."""
    cdef npy_intp* strides = PyArray_STRIDES(array)
    cdef npy_intp size = PyArray_ITEMSIZE(array)
    if strides[3] == size and strides[2] >= PyArray_DIMS(array)[3] * size:
        return array
    return contiguous(array)


def attention(query, key, value, mask, double scale, bint is_causal):
    """``softmax(query @ key.T * scale + mask) @ value``; values have the features of queries."""
    cdef Heads heads = Heads(query, key, value, mask, scale, is_causal)
    cdef npy_intp features = PyArray_DIMS(heads.value)[3]
    cdef ndarray out = allocate_like(query, heads.number), scratch = heads.scratch()
    cdef npy_intp sample, head, row, n_heads, n_rows
    cdef Matrices weights
    for sample in range(heads.n_samples):
        for head in range(0, heads.n_heads, heads.at_once):
            n_heads = min(heads.at_once, heads.n_heads - head)
            for row in range(0, heads.n, heads.rows):
                n_rows = min(heads.rows, heads.n - row)
                weights = heads.weights(scratch, sample, head, n_heads, row, n_rows)
                heads.product(n_heads, n_rows, heads.seen(row, n_rows), features, turned(weights),
                              matrices(heads.value, sample, head, 0),
                              matrices(out, sample, head, row))
    return out


def attention_backward(g, query, key, value, mask, double scale, bint is_causal):
    """The gradients of query, key and value; the weights are computed anew."""
    cdef Heads heads = Heads(query, key, value, mask, scale, is_causal)
    cdef ndarray slopes = readable(g), scratch = heads.scratch(), other = heads.scratch()
    cdef ndarray g_query = row_major(query), g_key = row_major(key), g_value = row_major(value)
    cdef npy_intp features = PyArray_DIMS(heads.value)[3]
    cdef npy_intp sample, head, row, n_heads, n_rows, m
    cdef Loop* loop = BACKWARD.loop_for(heads.number)
    cdef Params params = Params(scale, 0, False)
    cdef Matrices weights, inner, slope
    cdef bint is_first
    if heads.seen(heads.n, 0) < heads.n_keys:       # there are keys that nobody looks at
        fill(g_key, 0)
        fill(g_value, 0)
    for sample in range(heads.n_samples):
        for head in range(0, heads.n_heads, heads.at_once):
            n_heads = min(heads.at_once, heads.n_heads - head)
            is_first = True
            # From the last block on, which sees all the keys that any block does.
            for row in range((heads.n - 1) // heads.rows * heads.rows, -1, -heads.rows):
                n_rows = min(heads.rows, heads.n - row)
                m = heads.seen(row, n_rows)
                weights = heads.weights(scratch, sample, head, n_heads, row, n_rows)
                inner, slope = block(other, m, n_rows, heads.item), matrices(
                    slopes, sample, head, row)
                heads.add_product(is_first, n_heads, m, n_rows, features, weights, slope,
                                  matrices(g_value, sample, head, 0))
                heads.product(n_heads, m, features, n_rows,
                              matrices(heads.value, sample, head, 0), turned(slope), inner)
                heads.by_queries(loop, n_heads, m, n_rows, inner, weights, inner, &params)
                heads.product(n_heads, n_rows, m, heads.features, turned(inner),
                              matrices(heads.key, sample, head, 0),
                              matrices(g_query, sample, head, row))
                heads.add_product(is_first, n_heads, m, n_rows, heads.features, inner,
                                  matrices(heads.query, sample, head, row),
                                  matrices(g_key, sample, head, 0))
                is_first = False
    return g_query, g_key, g_value


cdef ndarray row_major(ndarray model):
    return allocate(4, PyArray_DIMS(model), PyArray_TYPE(model))
