"""Walks over sequences: at each step a product with the weights and a few loops over its rows.

A walk is there and back. All arrays are row-major and of one floating-point type; rows of all
samples of one step lie together. Samples know nothing of each other, so threads have some of them
each, from the first step to the last. While launches are recorded, or where products of a step are
shared, each loop is a launch of its own.
"""

from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, NPY_INT64, PyArray_BYTES, PyArray_DIMS, PyArray_ITEMSIZE,
    PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport MAX_OPERANDS
from tapegrad._kernels.iteration cimport CASTS, ITEM_SIZES, copy_into, fill
from tapegrad._kernels.kernel cimport (
    MAX_CORE_DIMS, Kernel, Loop, launch, launches_are_recorded, tg_loop, thread_count,
)
from tapegrad._kernels.memory cimport allocate
from tapegrad._kernels.products cimport is_small, launch_product, loop_of_product

import numpy as np

from tapegrad._kernels.kernel import OURS

import_array()

cdef enum:
    SHARED = 1048576            # products of two numbers from which on samples are shared
    FEWEST_SAMPLES = 4          # that a thread has
    FEWEST_UNITS = 16           # below, the way of a product may depend on how many rows it has
    FEWEST_STEPS = 3            # of which the weight is turned

cdef enum Mode:
    RNN, LSTM, GRU

cdef Kernel ADD = Kernel.from_ufunc(np.add)
cdef Kernel SMALL_MATMUL = OURS["small_matmul"]
cdef dict MODES = {"RNN_TANH": RNN, "RNN_RELU": RNN, "LSTM": LSTM, "GRU": GRU}
cdef dict STEPS = {
    "RNN_TANH": OURS["rnn_tanh"], "RNN_RELU": OURS["rnn_relu"], "LSTM": OURS["lstm_step"],
    "GRU": OURS["gru_step"],
}
cdef dict SLOPES = {
    "RNN_TANH": OURS["rnn_tanh_slopes"], "RNN_RELU": OURS["rnn_relu_slopes"],
    "LSTM": OURS["lstm_slopes"], "GRU": OURS["gru_slopes"],
}
cdef dict N_GATES = {RNN: 1, LSTM: 4, GRU: 3}
cdef dict N_SAVED = {RNN: 0, LSTM: 2, GRU: 1}   # rows kept a step, beside the state before


cdef struct Rows:               # a loop over packed rows, whose number is left open
    Loop* loop
    npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]


cdef Rows rows_of(Kernel kernel, int number, npy_intp k, npy_intp h, bint has_biases):
    """One of our loops over rows of ``k`` times ``h``, or ``h``, elements."""
    cdef Rows rows
    cdef npy_intp item = ITEM_SIZES[number]
    cdef int operand, position = kernel.n_operands
    rows.loop = &kernel.loops[number]
    for operand in range(kernel.n_operands):
        rows.steps[operand] = h * item
        if kernel.core_ndim[operand] == 2:
            rows.steps[operand] *= k
            rows.steps[position] = h * item
            rows.dims[1 + kernel.core_letter[operand][0]] = k
            position += 1
        rows.steps[position] = item
        rows.dims[1 + kernel.core_letter[operand][kernel.core_ndim[operand] - 1]] = h
        position += 1
    if has_biases:
        rows.steps[1] = rows.steps[2] = 0           # one for all rows
    return rows


cdef int launch_rows(Kernel kernel, int number, npy_intp n, npy_intp k, npy_intp h,
                     bint has_biases, char** data) except -1:
    """Launch one of our loops over ``n`` packed rows."""
    cdef Rows rows = rows_of(kernel, number, k, h, has_biases)
    rows.dims[0] = n
    return launch(rows.loop, data, rows.dims, rows.steps, NULL, NULL)


cdef struct Matrix:             # whose rows lie packed
    char* data
    npy_intp n, m


cdef struct Walk:               # one layer in one direction
    Mode mode
    int number                  # NumPy's, of the dtype
    npy_intp item
    npy_intp k, h, p            # gates, elements of each, elements of a hidden state
    npy_intp n_rows, n_samples, n_steps
    npy_intp* sizes             # samples of each step
    npy_intp part               # samples that a thread has
    bint is_reversed, is_back
    bint is_turned              # the weight is (p, k·h), else (k·h, p)
    bint launches               # each loop by itself
    bint wants_hidden           # back: the gradient of the first hidden state
    tg_loop small_product
    Loop* add
    Loop* copy
    Rows rows
    Matrix weight
    Matrix projection           # (p, h), or NULL
    char* gates
    char* saved
    char* scratch
    char* hidden                # the state, or on the way back its gradient
    char* cell
    char* output                # there: what comes out; back: its gradient, or NULL
    char* bias_ih
    char* bias_hh
    char* slopes
    char* state_slopes
    char* output_slopes         # (n_rows, p): gradients of the hidden states, if projected


cdef inline char* kept(const Walk* w, int section, npy_intp row) noexcept nogil:
    """A row of one of the sections that follow the states before each step."""
    return w.saved + (w.n_rows * (w.p + section * w.h) + row * w.h) * w.item


cdef inline char* before(const Walk* w, npy_intp row) noexcept nogil:
    """A row of the hidden states before each step."""
    return w.saved + row * w.p * w.item


cdef int product(const Walk* w, npy_intp n, char* rows, Matrix matrix, bint turned,
                 char* target) except -1 nogil:
    """``target = rows @ matrix``, or with its transpose."""
    cdef npy_intp dims[4]
    cdef npy_intp steps[9]
    cdef char* data[3]
    cdef npy_intp inner = matrix.m if turned else matrix.n
    cdef npy_intp m = matrix.n if turned else matrix.m
    data[0], data[1], data[2] = rows, matrix.data, target
    dims[0], dims[1], dims[2], dims[3] = 1, n, inner, m
    steps[0] = steps[1] = steps[2] = 0
    steps[3], steps[4] = inner * w.item, w.item
    steps[5], steps[6] = matrix.m * w.item, w.item
    if turned:
        steps[5], steps[6] = steps[6], steps[5]
    steps[7], steps[8] = m * w.item, w.item
    if w.launches:
        with gil:
            return launch_product(loop_of_product(w.number, n, inner, m, w.item, steps + 3), data,
                                  dims, steps)
    w.small_product(data, dims, steps, NULL)
    return 0


cdef inline int run(const Walk* w, Loop* loop, char** data, const npy_intp* dims,
                    const npy_intp* steps) except -1 nogil:
    """A loop, as a launch if it is to be one."""
    if w.launches:
        with gil:
            return launch(loop, data, dims, steps, NULL, NULL)
    loop.function(data, dims, steps, loop.data)
    return 0


cdef inline int run_rows(const Walk* w, npy_intp n, char** data) except -1 nogil:
    """The loop over some rows."""
    cdef npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    memcpy(dims, w.rows.dims, sizeof(dims))
    dims[0] = n
    return run(w, w.rows.loop, data, dims, w.rows.steps)


cdef inline int add(const Walk* w, npy_intp n, char* source, char* target) except -1 nogil:
    """Add elements that lie together to others."""
    cdef char* data[3]
    cdef npy_intp steps[3]
    data[0], data[1], data[2] = target, source, target
    steps[0] = steps[1] = steps[2] = w.item
    return run(w, w.add, data, &n, steps)


cdef inline int copy(const Walk* w, npy_intp n, char* source, char* target) except -1 nogil:
    """Copy elements that lie together."""
    cdef char* data[2]
    cdef npy_intp steps[2]
    if not w.launches:
        memcpy(target, source, n * w.item)
        return 0
    data[0], data[1] = source, target
    steps[0] = steps[1] = w.item
    return run(w, w.copy, data, &n, steps)


cdef int step(const Walk* w, npy_intp row, npy_intp sample, npy_intp n) except -1 nogil:
    """One step there, of n samples from one on, whose rows begin at ``row``."""
    cdef char* data[8]
    cdef char* hidden = w.hidden + sample * w.p * w.item
    cdef char* output = w.output + row * w.p * w.item
    cdef char* state = w.scratch + sample * w.k * w.h * w.item
    copy(w, n * w.p, hidden, before(w, row))
    product(w, n, before(w, row), w.weight, not w.is_turned, state)
    data[0], data[1], data[2] = state, w.bias_ih, w.bias_hh
    data[3] = w.gates + row * w.k * w.h * w.item
    if w.mode == RNN:
        run_rows(w, n, data)
        copy(w, n * w.h, data[3], output)
    elif w.mode == GRU:
        data[4], data[5], data[6] = kept(w, 0, row), hidden, output
        return run_rows(w, n, data)
    else:
        data[4], data[3] = data[3], kept(w, 0, row)
        data[5], data[6] = w.cell + sample * w.h * w.item, kept(w, 1, row)
        data[7] = output if w.projection.data == NULL else kept(w, 2, row)
        copy(w, n * w.h, data[5], data[3])
        run_rows(w, n, data)
        if w.projection.data != NULL:
            product(w, n, data[7], w.projection, True, output)
    return copy(w, n * w.p, output, hidden)


cdef int step_back(const Walk* w, npy_intp row, npy_intp sample, npy_intp n,
                   bint wants_hidden) except -1 nogil:
    """One step back: from the gradient of the state to that of the state before, if wanted."""
    cdef char* data[6]
    cdef char* hidden = w.hidden + sample * w.p * w.item
    cdef char* scratch = w.scratch + sample * max(w.h, w.p) * w.item
    cdef char* slopes = w.slopes + row * w.k * w.h * w.item
    cdef char* state_slopes = w.state_slopes + row * w.k * w.h * w.item
    if w.output != NULL:
        add(w, n * w.p, w.output + row * w.p * w.item, hidden)
    data[0] = w.gates + row * w.k * w.h * w.item
    if w.mode == RNN:
        data[1], data[2] = hidden, slopes
        run_rows(w, n, data)
    elif w.mode == GRU:
        data[1], data[2], data[3] = kept(w, 0, row), before(w, row), hidden
        data[4], data[5] = slopes, state_slopes
        run_rows(w, n, data)
        if wants_hidden:
            product(w, n, state_slopes, w.weight, False, scratch)
            add(w, n * w.p, scratch, hidden)
        return 0
    else:
        data[1], data[2], data[3] = kept(w, 1, row), kept(w, 0, row), hidden
        data[4], data[5] = w.cell + sample * w.h * w.item, slopes
        if w.projection.data != NULL:
            copy(w, n * w.p, hidden, w.output_slopes + row * w.p * w.item)
            product(w, n, hidden, w.projection, False, scratch)
            data[3] = scratch
        run_rows(w, n, data)
    return product(w, n, slopes, w.weight, False, hidden) if wants_hidden else 0


cdef int go(const Walk* w, npy_intp first, npy_intp end) except -1 nogil:
    """The whole way of some samples."""
    cdef bint goes_down = w.is_reversed != w.is_back
    cdef npy_intp i, size, n, row = w.n_rows if goes_down else 0
    for i in range(w.n_steps):
        size = w.sizes[w.n_steps - 1 - i if goes_down else i]
        row -= size if goes_down else 0
        n = min(size, end) - first
        if n > 0 and w.is_back:
            step_back(w, row + first, first, n, w.wants_hidden or i + 1 < w.n_steps)
        elif n > 0:
            step(w, row + first, first, n)
        row += 0 if goes_down else size
    return 0


cdef void go_in_parts(char** args, const npy_intp* dims, const npy_intp* steps,
                      void* params) noexcept nogil:
    """Outer iterations are parts of the samples, whose states are the last operand."""
    cdef const Walk* w = <const Walk*>params
    cdef npy_intp i, first
    for i in range(dims[0]):
        first = (args[1] + i * steps[1] - w.hidden) // (w.p * w.item)
        go(w, first, min(first + w.part, w.n_samples))


# Products of all steps and gates, as far as a launch wants to know how much there is to do.
cdef Kernel WALK = Kernel("recurrent_walk", "(r,q)->(r)")
WALK.is_shared = True
WALK.loops[<int>NPY_FLOAT32].function = WALK.loops[<int>NPY_FLOAT64].function = go_in_parts
WALK._describe(&WALK.loops[<int>NPY_FLOAT32], "ff")
WALK._describe(&WALK.loops[<int>NPY_FLOAT64], "dd")


cdef int take(Walk* w, tuple sizes) except -1:
    """Go, threads with some samples each if that is worth it and no bit depends on it."""
    cdef char* args[2]
    cdef npy_intp dims[3]
    cdef npy_intp steps[5]
    cdef npy_intp n_parts = 1, k
    cdef bint shares_products
    cdef ndarray counts
    w.n_steps = len(sizes)
    counts = allocate(1, &w.n_steps, NPY_INT64)
    w.sizes = <npy_intp*>PyArray_BYTES(counts)
    for k in range(w.n_steps):
        w.sizes[k] = sizes[k]
    if w.projection.data == NULL and w.n_steps >= FEWEST_STEPS and w.h >= FEWEST_UNITS \
            and w.n_rows * w.k * w.h * w.p > SHARED:
        n_parts = max(min(<npy_intp>thread_count(), w.n_samples // FEWEST_SAMPLES), 1)
    w.part = (w.n_samples + n_parts - 1) // n_parts
    shares_products = thread_count() > 1 and n_parts == 1 \
        and w.n_samples * w.k * w.h * w.p > SHARED
    w.launches = launches_are_recorded() or shares_products or w.projection.data != NULL \
        or not is_small(w.number, w.part, w.p, w.k * w.h)
    if w.launches or w.n_samples * w.p == 0:
        return go(w, 0, w.n_samples)
    args[0], args[1] = w.gates, w.hidden
    dims[0], dims[1], dims[2] = (w.n_samples + w.part - 1) // w.part, w.n_rows, w.k * w.h * w.p
    steps[0], steps[1] = 0, w.part * w.p * w.item
    steps[2] = steps[3] = steps[4] = 0
    return launch(&WALK.loops[w.number], args, dims, steps, w, NULL)


cdef Walk begun(str mode, ndarray gates, ndarray w_hh, ndarray w_hr, bint is_reversed):
    """Sizes of a walk, and what it reads."""
    cdef Walk w
    memset(&w, 0, sizeof(w))
    w.mode, w.number, w.item = MODES[mode], PyArray_TYPE(gates), PyArray_ITEMSIZE(gates)
    w.k = N_GATES[w.mode]
    w.h, w.p = PyArray_DIMS(w_hh)[0] // w.k, PyArray_DIMS(w_hh)[1]
    w.n_rows, w.is_reversed = PyArray_DIMS(gates)[0], is_reversed
    w.gates = PyArray_BYTES(gates)
    w.weight = Matrix(PyArray_BYTES(w_hh), PyArray_DIMS(w_hh)[0], PyArray_DIMS(w_hh)[1])
    if w_hr is not None:
        w.projection = Matrix(PyArray_BYTES(w_hr), PyArray_DIMS(w_hr)[0], PyArray_DIMS(w_hr)[1])
    w.small_product = SMALL_MATMUL.loops[w.number].function
    w.add = &ADD.loops[w.number]
    w.copy = &(<Kernel>CASTS[w.number]).loops[w.number]
    return w


cdef ndarray new(const Walk* w, npy_intp n, npy_intp width):
    cdef npy_intp dims[2]
    dims[0], dims[1] = n, width
    return allocate(2, dims, w.number)


cdef ndarray zeros(const Walk* w, npy_intp n, npy_intp width):
    return fill(new(w, n, width), 0)


cdef ndarray copied(const Walk* w, ndarray given):
    """A matrix of our own with the same elements."""
    cdef ndarray made = new(w, PyArray_DIMS(given)[0], PyArray_DIMS(given)[1])
    copy_into(made, given)
    return made


cdef ndarray bias(const Walk* w, ndarray given):
    return zeros(w, 1, w.k * w.h) if given is None else contiguous(given)


cdef ndarray matrix(ndarray given):
    return None if given is None else contiguous(given)


def walk(str mode not None, ndarray gates not None, ndarray hidden not None, ndarray cell,
         ndarray w_hh not None, ndarray b_ih, ndarray b_hh, ndarray w_hr, tuple sizes not None,
         bint is_reversed):
    """Go over a sequence whose input products are in ``gates``; these become the gates.

    ``hidden`` and ``cell`` are the first state; a bias or the cell may be None. Gives the outputs,
    what the way back needs, and the last state.
    """
    cdef ndarray saved, output, scratch, weight = contiguous(w_hh)
    w_hr = matrix(w_hr)
    cdef Walk w = begun(mode, gates, weight, w_hr, is_reversed)
    w.n_samples = PyArray_DIMS(hidden)[0]
    hidden, b_ih, b_hh = copied(&w, hidden), bias(&w, b_ih), bias(&w, b_hh)
    w.hidden, w.bias_ih, w.bias_hh = PyArray_BYTES(hidden), PyArray_BYTES(b_ih), PyArray_BYTES(b_hh)
    if cell is not None:
        cell = copied(&w, cell)
        w.cell = PyArray_BYTES(cell)
    # Products read a factor's rows as they lie: one turned here need not be turned at every step.
    w.is_turned = len(sizes) >= FEWEST_STEPS
    if w.is_turned:
        weight = contiguous(weight.T)
        w.weight = Matrix(PyArray_BYTES(weight), w.weight.m, w.weight.n)
    w.rows = rows_of(STEPS[mode], w.number, w.k, w.h, True)
    scratch, output = new(&w, w.n_samples, w.k * w.h), new(&w, w.n_rows, w.p)
    saved = new(&w, w.p + (N_SAVED[w.mode] + (w_hr is not None)) * w.h, w.n_rows)
    w.scratch, w.output, w.saved = (
        PyArray_BYTES(scratch), PyArray_BYTES(output), PyArray_BYTES(saved))
    take(&w, sizes)
    return output, saved, hidden, cell


def walk_back(str mode not None, ndarray gates not None, ndarray saved not None,
              ndarray w_hh not None, ndarray w_hr, tuple sizes not None, bint is_reversed,
              ndarray g_output, ndarray g_hidden, ndarray g_cell, bint wants_hidden):
    """Go back over a sequence from the gradients of outputs and last state, or None for zeros.

    Gives the gradients of the sums' parts from the input and from the state, of the states before
    their projection, and of the first state; that of the hidden one means nothing unless wanted.
    """
    w_hh, w_hr = contiguous(w_hh), matrix(w_hr)
    cdef Walk w = begun(mode, gates, w_hh, w_hr, is_reversed)
    cdef npy_intp n = sizes[0]
    cdef ndarray hidden, cell = None, scratch, slopes, state_slopes, output_slopes = None
    w.is_back, w.wants_hidden = True, wants_hidden
    w.n_samples, w.saved = n, PyArray_BYTES(saved)
    if g_output is not None:
        w.output = PyArray_BYTES(g_output)
    hidden = zeros(&w, n, w.p) if g_hidden is None else copied(&w, g_hidden)
    w.hidden = PyArray_BYTES(hidden)
    if w.mode == LSTM:
        cell = zeros(&w, n, w.h) if g_cell is None else copied(&w, g_cell)
        w.cell = PyArray_BYTES(cell)
    w.rows = rows_of(SLOPES[mode], w.number, w.k, w.h, False)
    scratch = new(&w, n, max(w.h, w.p))
    slopes = state_slopes = new(&w, w.n_rows, w.k * w.h)
    if w.mode == GRU:
        state_slopes = new(&w, w.n_rows, w.k * w.h)
    w.scratch, w.slopes, w.state_slopes = (
        PyArray_BYTES(scratch), PyArray_BYTES(slopes), PyArray_BYTES(state_slopes))
    if w_hr is not None:
        output_slopes = new(&w, w.n_rows, w.p)
        w.output_slopes = PyArray_BYTES(output_slopes)
    take(&w, sizes)
    return slopes, state_slopes, output_slopes, hidden, cell
