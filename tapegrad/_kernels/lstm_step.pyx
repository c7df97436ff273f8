"""One step of long short-term memory there and back, for a loop in Python over the steps."""

from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_BYTES, PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.iteration cimport copy_into, fill
from tapegrad._kernels.kernel cimport Kernel
from tapegrad._kernels.memory cimport allocate
from tapegrad._kernels.products cimport product_of_matrices
from tapegrad._kernels.recurrent cimport launch_rows
from tapegrad._kernels.reductions cimport column_sums

from tapegrad._kernels.kernel import OURS

import_array()

cdef Kernel STEP = OURS["lstm_step"]
cdef Kernel SLOPES = OURS["lstm_slopes"]


class UnusualStep(Exception):
    """Operands that have no common floating-point dtype, or sizes that do not fit."""


cdef bint fits(ndarray x, ndarray hidden, ndarray cell, ndarray w_ih, ndarray w_hh, object b_ih,
               object b_hh) except -1:
    """Whether these are the operands of a step in one common floating-point dtype."""
    cdef int number = PyArray_TYPE(x)
    cdef npy_intp n, h
    if (number != NPY_FLOAT32 and number != NPY_FLOAT64) or PyArray_NDIM(w_hh) != 2 \
            or PyArray_NDIM(x) != 2:
        return False
    n, h = PyArray_DIMS(x)[0], PyArray_DIMS(w_hh)[1]
    return is_matrix(hidden, number, n, h) and is_matrix(cell, number, n, h) \
        and is_matrix(w_ih, number, 4 * h, PyArray_DIMS(x)[1]) \
        and is_matrix(w_hh, number, 4 * h, h) \
        and is_bias(b_ih, number, 4 * h) and is_bias(b_hh, number, 4 * h)


cdef bint is_matrix(ndarray array, int number, npy_intp n, npy_intp m) noexcept:
    return PyArray_NDIM(array) == 2 and PyArray_TYPE(array) == number \
        and PyArray_DIMS(array)[0] == n and PyArray_DIMS(array)[1] == m


cdef bint is_bias(object bias, int number, npy_intp n) except -1:
    return bias is None or (
        PyArray_NDIM(<ndarray?>bias) == 1 and PyArray_TYPE(<ndarray>bias) == number
        and PyArray_DIMS(<ndarray>bias)[0] == n)


def lstm_step(ndarray input not None, ndarray hidden not None, ndarray cell not None,
              ndarray w_ih not None, ndarray w_hh not None, b_ih, b_hh):
    """The new hidden state and cell; then what the way back needs: gates, tanh of the cell.

    Raises UnusualStep for what is left to others to serve or to refuse.
    """
    cdef npy_intp n, h
    cdef int number = PyArray_TYPE(cell)
    cdef ndarray gates, part
    if not fits(input, hidden, cell, w_ih, w_hh, b_ih, b_hh):
        raise UnusualStep
    n, h = PyArray_DIMS(cell)[0], PyArray_DIMS(cell)[1]
    gates = product_of_matrices(input, w_ih, False, True)
    part = product_of_matrices(hidden, w_hh, False, True)
    cdef ndarray new_cell = allocate(2, PyArray_DIMS(cell), number)
    cdef ndarray tanh_cell = allocate(2, PyArray_DIMS(cell), number)
    cdef ndarray new_hidden = allocate(2, PyArray_DIMS(cell), number)
    cdef ndarray bias_ih = bias_of(b_ih, gates), bias_hh = bias_of(b_hh, gates)
    cdef char* data[8]
    if n == 0 or h == 0:
        return new_hidden, new_cell, gates, tanh_cell
    cell = contiguous(cell)
    data[0], data[1] = PyArray_BYTES(part), PyArray_BYTES(bias_ih)
    data[2], data[3] = PyArray_BYTES(bias_hh), PyArray_BYTES(cell)
    data[4], data[5] = PyArray_BYTES(gates), PyArray_BYTES(new_cell)
    data[6], data[7] = PyArray_BYTES(tanh_cell), PyArray_BYTES(new_hidden)
    launch_rows(STEP, number, n, 4, h, True, data)
    return new_hidden, new_cell, gates, tanh_cell


def lstm_step_back(ndarray gates not None, ndarray tanh_cell not None, ndarray cell not None,
                   g_hidden, g_cell):
    """The gradients of the sums of the gates, and of the cell before.

    ``g_hidden`` and ``g_cell`` are those of the step's results, None where none came.
    """
    cdef ndarray slopes = allocate(2, PyArray_DIMS(gates), PyArray_TYPE(gates))
    cdef ndarray of_cell = allocate(2, PyArray_DIMS(cell), PyArray_TYPE(cell))
    cdef ndarray of_hidden
    cdef char* data[6]
    if PyArray_DIMS(gates)[0] == 0 or PyArray_DIMS(gates)[1] == 0:
        return slopes, of_cell
    if g_cell is None:
        fill(of_cell, 0)
    else:
        copy_into(of_cell, g_cell)
    if g_hidden is None:
        of_hidden = fill(allocate(2, PyArray_DIMS(cell), PyArray_TYPE(cell)), 0)
    else:
        of_hidden = contiguous(g_hidden)
    cell = contiguous(cell)
    data[0], data[1] = PyArray_BYTES(gates), PyArray_BYTES(tanh_cell)
    data[2], data[3] = PyArray_BYTES(cell), PyArray_BYTES(of_hidden)
    data[4], data[5] = PyArray_BYTES(of_cell), PyArray_BYTES(slopes)
    launch_rows(SLOPES, PyArray_TYPE(cell), PyArray_DIMS(cell)[0], 4, PyArray_DIMS(cell)[1],
                False, data)
    return slopes, of_cell


cdef ndarray bias_of(object bias, ndarray gates):
    """A bias without gaps, zeros where there is none."""
    if bias is None:
        return fill(allocate(1, PyArray_DIMS(gates) + 1, PyArray_TYPE(gates)), 0)
    return contiguous(bias)


def row_sums(ndarray matrix not None):
    """The sum of the rows of a matrix, as the gradient of a bias needs it."""
    return column_sums(matrix)
