"""Whether tensors are what a walk over a sequence trusts them to be."""

from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray,
    npy_intp,
)

from tapegrad._tensor.tensor cimport Tensor

import_array()

cdef enum:
    ROWS = 2        # dimensions of all but the biases


def fits(Tensor input not None, Tensor hidden not None, Tensor cell, tuple weights not None,
         int n_gates, tuple sizes not None):
    """Whether all are floats of one dtype and sizes agree; else the checks in Python find why."""
    cdef ndarray array = input.array
    cdef int number = PyArray_TYPE(array), ndim = PyArray_NDIM(array)
    cdef npy_intp n_samples, n_hidden, n_units, n_inputs
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    if number != NPY_FLOAT32 and number != NPY_FLOAT64 or ndim < ROWS \
            or PyArray_NDIM(hidden.array) != ROWS or not isinstance(w_hh, Tensor) \
            or PyArray_NDIM((<Tensor>w_hh).array) != ROWS:
        return False
    n_inputs = PyArray_DIMS(array)[ndim - 1]
    n_samples, n_hidden = PyArray_DIMS(hidden.array)[0], PyArray_DIMS(hidden.array)[1]
    n_units = PyArray_DIMS((<Tensor>w_hh).array)[0] // n_gates
    return n_inputs > 0 and are_steps_of(array, sizes, n_samples) \
        and is_matrix(hidden, number, n_samples, n_hidden) \
        and (cell is None or is_matrix(cell, number, n_samples, n_units)) \
        and is_matrix(w_ih, number, n_gates * n_units, n_inputs) \
        and is_matrix(w_hh, number, n_gates * n_units, n_hidden) \
        and (b_ih is None or is_vector(b_ih, number, n_gates * n_units)) \
        and (b_hh is None or is_vector(b_hh, number, n_gates * n_units)) \
        and (n_hidden == n_units if w_hr is None
             else is_matrix(w_hr, number, n_hidden, n_units))


cdef bint is_matrix(object given, int number, npy_intp n, npy_intp m) noexcept:
    cdef ndarray array
    if not isinstance(given, Tensor):
        return False
    array = (<Tensor>given).array
    return PyArray_TYPE(array) == number and PyArray_NDIM(array) == ROWS \
        and PyArray_DIMS(array)[0] == n and PyArray_DIMS(array)[1] == m


cdef bint is_vector(object given, int number, npy_intp n) noexcept:
    cdef ndarray array
    if not isinstance(given, Tensor):
        return False
    array = (<Tensor>given).array
    return PyArray_TYPE(array) == number and PyArray_NDIM(array) == 1 \
        and PyArray_DIMS(array)[0] == n


cdef bint are_steps_of(ndarray input, tuple sizes, npy_intp n_samples) except -1:
    """Whether the rows of an input are those of steps, each of no more samples than the last."""
    cdef npy_intp total = 0, rows = 1, before = n_samples, size
    cdef int k
    if not sizes or sizes[0] != n_samples:
        return False
    for one in sizes:
        size = one
        if not 0 <= size <= before:
            return False
        total, before = total + size, size
    for k in range(PyArray_NDIM(input) - 1):
        rows *= PyArray_DIMS(input)[k]
    return total == rows
