"""Walks over sequences: at each step a product with the weights and a few launches.

A walk is there and back; what a step does is a subclass for each kind of cell. All arrays are
row-major and of one floating-point type; rows of all samples of one step lie together.
"""

from libc.string cimport memset
from numpy cimport (
    PyArray_BYTES, PyArray_DIMS, PyArray_ITEMSIZE, PyArray_SIZE, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport MAX_OPERANDS
from tapegrad._kernels.iteration cimport CASTS, ITEM_SIZES
from tapegrad._kernels.kernel cimport MAX_CORE_DIMS, Kernel, launch
from tapegrad._kernels.memory cimport allocate
from tapegrad._kernels.products cimport launch_product, loop_of_product

import numpy as np

from tapegrad._kernels.kernel import OURS

import_array()

cdef Kernel ADD = Kernel.from_ufunc(np.add)
cdef Kernel RNN_TANH = OURS["rnn_tanh"]
cdef Kernel RNN_RELU = OURS["rnn_relu"]
cdef Kernel RNN_TANH_SLOPES = OURS["rnn_tanh_slopes"]
cdef Kernel RNN_RELU_SLOPES = OURS["rnn_relu_slopes"]
cdef Kernel LSTM_STEP = OURS["lstm_step"]
cdef Kernel LSTM_SLOPES = OURS["lstm_slopes"]
cdef Kernel GRU_STEP = OURS["gru_step"]
cdef Kernel GRU_SLOPES = OURS["gru_slopes"]


cdef int launch_rows(Kernel kernel, int number, npy_intp n, npy_intp k, npy_intp h,
                     bint has_biases, char** data) except -1:
    """Launch one of our loops over ``n`` packed rows of ``k`` times ``h``, or ``h``, elements."""
    cdef npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    cdef npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]
    cdef npy_intp item = ITEM_SIZES[number]
    cdef int operand, position = kernel.n_operands
    dims[0] = n
    for operand in range(kernel.n_operands):
        steps[operand] = h * item
        if kernel.core_ndim[operand] == 2:
            steps[operand] *= k
            steps[position] = h * item
            dims[1 + kernel.core_letter[operand][0]] = k
            position += 1
        steps[position] = item
        dims[1 + kernel.core_letter[operand][kernel.core_ndim[operand] - 1]] = h
        position += 1
    if has_biases:
        steps[1] = steps[2] = 0             # one for all rows
    return launch(&kernel.loops[number], data, dims, steps, NULL, NULL)


cdef class Walk:
    """Sizes and memory of one layer in one direction."""

    n_gates = 1
    n_saved = 0                     # rows of `size` elements kept a step, beside the state before

    cdef int number                 # NumPy's, of the dtype
    cdef npy_intp item
    cdef npy_intp k, h, p           # gates, elements of each, elements of a hidden state
    cdef npy_intp n_rows
    cdef ndarray weight             # (k·h, p), or for the way there its transpose (p, k·h)
    cdef bint is_turned
    cdef ndarray projection         # (p, h), or None
    cdef ndarray gates, saved, scratch
    cdef ndarray hidden, cell       # the state, or on the way back its gradient
    cdef ndarray output             # there: what comes out; back: its gradient, or None
    cdef ndarray bias_ih, bias_hh
    cdef ndarray slopes, state_slopes
    cdef ndarray output_slopes      # (n_rows, p): gradients of the hidden states, if projected

    def __init__(self, ndarray gates, ndarray w_hh, w_hr):
        self.number, self.item = PyArray_TYPE(gates), PyArray_ITEMSIZE(gates)
        self.k = self.n_gates
        self.h, self.p = PyArray_DIMS(w_hh)[0] // self.k, PyArray_DIMS(w_hh)[1]
        self.n_rows = PyArray_DIMS(gates)[0]
        self.gates, self.weight, self.projection = gates, w_hh, w_hr

    cdef ndarray new(self, npy_intp n, npy_intp width):
        cdef npy_intp dims[2]
        dims[0], dims[1] = n, width
        return allocate(2, dims, self.number)

    cdef ndarray copied(self, ndarray given):
        """A matrix of our own with the same elements."""
        given = contiguous(given)
        cdef ndarray made = self.new(PyArray_DIMS(given)[0], PyArray_DIMS(given)[1])
        self.copy(PyArray_SIZE(made), PyArray_BYTES(given), PyArray_BYTES(made))
        return made

    cdef ndarray zeros(self, npy_intp n, npy_intp width):
        cdef ndarray made = self.new(n, width)
        memset(PyArray_BYTES(made), 0, n * width * self.item)
        return made

    cdef ndarray bias(self, given):
        return self.zeros(1, self.k * self.h) if given is None else contiguous(given)

    cdef inline char* row(self, ndarray matrix, npy_intp n) noexcept:
        return PyArray_BYTES(matrix) + n * PyArray_DIMS(matrix)[1] * self.item

    cdef inline char* kept(self, int section, npy_intp n) noexcept:
        """A row of one of the sections that follow the states before."""
        cdef npy_intp start = self.n_rows * (self.p + section * self.h)
        return PyArray_BYTES(self.saved) + (start + n * self.h) * self.item

    cdef inline char* before(self, npy_intp n) noexcept:
        """A row of the hidden states before each step."""
        return PyArray_BYTES(self.saved) + n * self.p * self.item

    cdef int forth(self, Kernel kernel, npy_intp start, npy_intp n, char** data) except -1:
        """What follows the product with the state; ``data`` holds what else there is."""
        self.copy(n * self.p, PyArray_BYTES(self.hidden), self.before(start))
        self.product(n, self.before(start), self.weight, not self.is_turned,
                     PyArray_BYTES(self.scratch))
        data[0] = PyArray_BYTES(self.scratch)
        data[1], data[2] = PyArray_BYTES(self.bias_ih), PyArray_BYTES(self.bias_hh)
        return launch_rows(kernel, self.number, n, self.k, self.h, True, data)

    cdef int run(self, Kernel kernel, npy_intp n, char** data) except -1:
        """Launch one of our loops over packed rows."""
        return launch_rows(kernel, self.number, n, self.k, self.h, False, data)

    cdef int copy(self, npy_intp n, char* source, char* target) except -1:
        cdef char* data[2]
        cdef npy_intp steps[2]
        data[0], data[1] = source, target
        steps[0] = steps[1] = self.item
        return launch(&(<Kernel>CASTS[self.number]).loops[self.number], data, &n, steps, NULL, NULL)

    cdef int add(self, npy_intp n, char* source, char* target) except -1:
        """Add elements that lie together to others."""
        cdef char* data[3]
        cdef npy_intp steps[3]
        data[0] = data[2] = target
        data[1] = source
        steps[0] = steps[1] = steps[2] = self.item
        return launch(&ADD.loops[self.number], data, &n, steps, NULL, NULL)

    cdef int product(self, npy_intp n, char* rows, ndarray matrix, bint turned,
                     char* target) except -1:
        """``target = rows @ matrix``, or with its transpose."""
        cdef npy_intp dims[4]
        cdef npy_intp steps[9]
        cdef char* data[3]
        cdef npy_intp inner = PyArray_DIMS(matrix)[turned], m = PyArray_DIMS(matrix)[1 - turned]
        cdef npy_intp row = PyArray_DIMS(matrix)[1] * self.item
        data[0], data[1], data[2] = rows, PyArray_BYTES(matrix), target
        dims[0], dims[1], dims[2], dims[3] = 1, n, inner, m
        steps[0] = steps[1] = steps[2] = 0
        steps[3], steps[4] = inner * self.item, self.item
        steps[5], steps[6] = (self.item, row) if turned else (row, self.item)
        steps[7], steps[8] = m * self.item, self.item
        return launch_product(
            loop_of_product(self.number, n, inner, m, self.item, steps + 3), data, dims, steps)

    cdef int step(self, npy_intp start, npy_intp n) except -1:
        """One step there, of the n samples whose rows begin at ``start``."""
        raise NotImplementedError

    cdef int step_back(self, npy_intp start, npy_intp n) except -1:
        """One step back: from the gradient of the state to that of the state before."""
        raise NotImplementedError

    cdef int there(self, tuple sizes, bint is_reversed) except -1:
        cdef npy_intp start = self.n_rows if is_reversed else 0, n
        for n in (reversed(sizes) if is_reversed else sizes):
            start -= n if is_reversed else 0
            if n > 0:
                self.step(start, n)
            start += 0 if is_reversed else n
        return 0

    cdef int back(self, tuple sizes, bint is_reversed) except -1:
        cdef npy_intp start = 0 if is_reversed else self.n_rows, n
        for n in (sizes if is_reversed else reversed(sizes)):
            start -= 0 if is_reversed else n
            if n > 0:
                if self.output is not None:
                    self.add(n * self.p, self.row(self.output, start), PyArray_BYTES(self.hidden))
                self.step_back(start, n)
            start += n if is_reversed else 0
        return 0


cdef class RnnTanh(Walk):
    """Sums and their hyperbolic tangents."""

    cdef int step(self, npy_intp start, npy_intp n) except -1:
        return self.activated(RNN_TANH, start, n)

    cdef int activated(self, Kernel kernel, npy_intp start, npy_intp n) except -1:
        cdef char* data[4]
        data[3] = self.row(self.gates, start)
        self.forth(kernel, start, n, data)
        self.copy(n * self.h, data[3], self.row(self.output, start))
        return self.copy(n * self.h, data[3], PyArray_BYTES(self.hidden))

    cdef int step_back(self, npy_intp start, npy_intp n) except -1:
        return self.through(RNN_TANH_SLOPES, start, n)

    cdef int through(self, Kernel kernel, npy_intp start, npy_intp n) except -1:
        cdef char* data[3]
        data[0], data[1] = self.row(self.gates, start), PyArray_BYTES(self.hidden)
        data[2] = self.row(self.slopes, start)
        self.run(kernel, n, data)
        return self.product(n, data[2], self.weight, False, PyArray_BYTES(self.hidden))


cdef class RnnRelu(RnnTanh):
    """Sums, and zero where they are negative."""

    cdef int step(self, npy_intp start, npy_intp n) except -1:
        return self.activated(RNN_RELU, start, n)

    cdef int step_back(self, npy_intp start, npy_intp n) except -1:
        return self.through(RNN_RELU_SLOPES, start, n)


cdef class Lstm(Walk):
    """Keeps the cell before each step, the hyperbolic tangent of that after it, and, if it is
    projected, the output before that.
    """

    n_gates = 4
    n_saved = 2

    cdef int step(self, npy_intp start, npy_intp n) except -1:
        cdef char* data[8]
        cdef char* output = self.row(self.output, start)
        cdef bint is_projected = self.projection is not None
        data[3], data[4] = self.kept(0, start), self.row(self.gates, start)
        data[5], data[6] = PyArray_BYTES(self.cell), self.kept(1, start)
        data[7] = self.kept(2, start) if is_projected else output
        self.copy(n * self.h, PyArray_BYTES(self.cell), data[3])
        self.forth(LSTM_STEP, start, n, data)
        if is_projected:
            self.product(n, data[7], self.projection, True, output)
        return self.copy(n * self.p, output, PyArray_BYTES(self.hidden))

    cdef int step_back(self, npy_intp start, npy_intp n) except -1:
        cdef char* data[6]
        data[0], data[1] = self.row(self.gates, start), self.kept(1, start)
        data[2], data[3] = self.kept(0, start), PyArray_BYTES(self.hidden)
        data[4], data[5] = PyArray_BYTES(self.cell), self.row(self.slopes, start)
        if self.projection is not None:
            self.copy(n * self.p, data[3], self.row(self.output_slopes, start))
            self.product(n, data[3], self.projection, False, PyArray_BYTES(self.scratch))
            data[3] = PyArray_BYTES(self.scratch)
        self.run(LSTM_SLOPES, n, data)
        return self.product(n, data[5], self.weight, False, PyArray_BYTES(self.hidden))


cdef class Gru(Walk):
    """Keeps what the candidate gets from the state before its gate."""

    n_gates = 3
    n_saved = 1

    cdef int step(self, npy_intp start, npy_intp n) except -1:
        cdef char* data[7]
        data[3], data[4] = self.row(self.gates, start), self.kept(0, start)
        data[5], data[6] = PyArray_BYTES(self.hidden), self.row(self.output, start)
        return self.forth(GRU_STEP, start, n, data)

    cdef int step_back(self, npy_intp start, npy_intp n) except -1:
        cdef char* data[6]
        data[0], data[1] = self.row(self.gates, start), self.kept(0, start)
        data[2], data[3] = self.before(start), PyArray_BYTES(self.hidden)
        data[4], data[5] = self.row(self.slopes, start), self.row(self.state_slopes, start)
        self.run(GRU_SLOPES, n, data)
        self.product(n, data[5], self.weight, False, PyArray_BYTES(self.scratch))
        return self.add(n * self.p, PyArray_BYTES(self.scratch), data[3])


cdef dict WALKS = {"RNN_TANH": RnnTanh, "RNN_RELU": RnnRelu, "LSTM": Lstm, "GRU": Gru}


cdef Walk begun(str mode, ndarray gates, ndarray w_hh, w_hr):
    return WALKS[mode](gates, contiguous(w_hh), None if w_hr is None else contiguous(w_hr))


def walk(str mode not None, ndarray gates not None, ndarray hidden not None, cell,
         ndarray w_hh not None, b_ih, b_hh, w_hr, tuple sizes not None, bint is_reversed):
    """Go over a sequence whose input products are in ``gates``; these become the gates.

    ``hidden`` and ``cell`` are the first state; a bias or the cell may be None. Gives the outputs,
    what the way back needs, and the last state.
    """
    cdef Walk w = begun(mode, gates, w_hh, w_hr)
    cdef npy_intp n = PyArray_DIMS(hidden)[0], n_saved
    w.hidden, w.cell = w.copied(hidden), None if cell is None else w.copied(cell)
    w.bias_ih, w.bias_hh = w.bias(b_ih), w.bias(b_hh)
    # Products read a factor's rows as they lie: one turned here need not be turned at every step.
    w.is_turned = len(sizes) > 2
    if w.is_turned:
        w.weight = contiguous(w.weight.T)
    w.scratch = w.new(n, w.k * w.h)
    w.output = w.new(w.n_rows, w.p)
    n_saved = w.n_saved + (w_hr is not None)
    w.saved = w.new(w.p + n_saved * w.h, w.n_rows)
    w.there(sizes, is_reversed)
    return w.output, w.saved, w.hidden, w.cell


def walk_back(str mode not None, ndarray gates not None, ndarray saved not None,
              ndarray w_hh not None, w_hr, tuple sizes not None, bint is_reversed, g_output,
              g_hidden, g_cell):
    """Go back over a sequence from the gradients of outputs and last state, or None for zeros.

    Gives the gradients of the sums' parts from the input and from the state, of the states before
    their projection, and of the first state.
    """
    cdef Walk w = begun(mode, gates, w_hh, w_hr)
    cdef npy_intp n = sizes[0]
    w.saved, w.output = saved, g_output
    w.hidden = w.zeros(n, w.p) if g_hidden is None else w.copied(g_hidden)
    if mode == "LSTM":
        w.cell = w.zeros(n, w.h) if g_cell is None else w.copied(g_cell)
    w.scratch = w.new(n, max(w.h, w.p))
    w.slopes = w.state_slopes = w.new(w.n_rows, w.k * w.h)
    if mode == "GRU":
        w.state_slopes = w.new(w.n_rows, w.k * w.h)
    if w_hr is not None:
        w.output_slopes = w.new(w.n_rows, w.p)
    w.back(sizes, is_reversed)
    return w.slopes, w.state_slopes, w.output_slopes, w.hidden, w.cell
