"""Reductions of arrays: a kernel over some dimensions, sums and means, and what is made of them."""

from libc.math cimport INFINITY
from libc.stdint cimport uint8_t
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_INT64, NPY_UINT8, PyArray_BYTES, PyArray_DIMS,
    PyArray_GETITEM, PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE, PyArray_STRIDES, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, operand_of, reduced_last,
)
from tapegrad._kernels.iteration cimport cast, elementwise, iterate, scalar_operand
from tapegrad._kernels.kernel cimport MAX_PARAM_BYTES, Kernel, Loop, Scalars, is_float, launch
from tapegrad._kernels.memory cimport allocate, note_values_read, strided_view

import numpy as np

from tapegrad._kernels.kernel import OURS, numpy_kernel

import_array()

cdef Kernel SUM = OURS["sum"], MIN = OURS["min"], MAX = OURS["max"]
cdef Kernel SUBTRACT = numpy_kernel(np.subtract), MULTIPLY = numpy_kernel(np.multiply)
cdef Kernel DIVIDE = numpy_kernel(np.true_divide), ADD = numpy_kernel(np.add)
cdef Kernel EXP = numpy_kernel(np.exp), LOG = numpy_kernel(np.log)
cdef Kernel NAN_TO_NUM = OURS["nan_to_num"], ALL_BETWEEN = OURS["all_between"]
cdef Kernel ANY = OURS["any"], ALL = OURS["all"], EQUAL = numpy_kernel(np.equal)

cdef enum:
    FEWEST_INNER = 64   # elements of a row that is worth to be summed by itself


cpdef object reduce(Kernel kernel, ndarray array, object dims, bint keepdim):
    """Run a kernel of signature ``(n)->()``, or with more outputs, over some dimensions at once."""
    cdef int ndim = PyArray_NDIM(array), k, n_kept = 0, n_out, n_shown = 0
    cdef bint reduced[MAX_DIMS]
    cdef npy_intp in_dims[MAX_DIMS]
    cdef npy_intp in_strides[MAX_DIMS]
    cdef npy_intp shape[MAX_DIMS]
    cdef npy_intp steps[MAX_OPERANDS][MAX_DIMS]
    cdef Operand operands[MAX_OPERANDS]
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(array))
    cdef ndarray out, source = array
    cdef list results = None
    for k in range(ndim):
        reduced[k] = dims is None
    if dims is not None:
        for k in dims:
            reduced[k] = True
    for k in range(ndim):
        if keepdim or not reduced[k]:
            shape[n_shown] = 1 if reduced[k] else PyArray_DIMS(array)[k]
            n_shown += 1
    if not reduced_last(array, reduced, in_dims, in_strides, &n_kept):
        source = contiguous(kept_first(array, reduced))
        for k in range(ndim):
            reduced[k] = k >= n_kept
        reduced_last(source, reduced, in_dims, in_strides, &n_kept)
    operands[0].data = PyArray_BYTES(source)
    operands[0].ndim, operands[0].dims, operands[0].strides = n_kept + 1, in_dims, in_strides
    if kernel.n_operands > 2:
        results = []
    for n_out in range(1, kernel.n_operands):
        out = allocate(n_shown, shape, loop.types[n_out])
        operands[n_out].data, operands[n_out].ndim = PyArray_BYTES(out), n_kept
        operands[n_out].dims, operands[n_out].strides = in_dims, steps[n_out]
        pack(n_kept, in_dims, PyArray_ITEMSIZE(out), steps[n_out])
        if results is not None:
            results.append(out)
    iterate(loop, operands, NULL)
    return out if results is None else tuple(results)


cdef int pack(int ndim, const npy_intp* dims, npy_intp step, npy_intp* steps) noexcept:
    """The strides of packed rows."""
    cdef int k
    for k in range(ndim - 1, -1, -1):
        steps[k] = step
        step *= dims[k]
    return 0


cdef ndarray kept_first(ndarray array, bint* reduced):
    """The array with the dimensions that stay before those that go."""
    cdef int k, ndim = PyArray_NDIM(array)
    return array.transpose([k for k in range(ndim) if not reduced[k]]
                           + [k for k in range(ndim) if reduced[k]])


def lies_within(ndarray array not None, low, high):
    """Whether no element is outside of two bounds; NaN is."""
    return PyArray_SIZE(array) == 0 or (
        low <= number_in(reduce(MIN, array, None, False))
        and number_in(reduce(MAX, array, None, False)) <= high)


cdef object number_in(ndarray array):
    """The number that an array without dimensions holds."""
    note_values_read()
    return PyArray_GETITEM(array, PyArray_BYTES(array))


def all_between(ndarray array not None, low, high, bint has_low, bint has_high, bint is_whole):
    """Whether all elements lie between two numbers, and, if asked for, are whole ones.

    None stands for no bound; ``has_low`` and ``has_high`` say whether the bounds lie inside. NaN
    never does. The result is None, too, where comparing elements with such bounds means more.
    """
    cdef int number = PyArray_TYPE(array)
    cdef Loop* loop = &ALL_BETWEEN.loops[number if number < N_TYPES else 0]
    cdef char block[MAX_PARAM_BYTES]
    cdef char* args[2]
    cdef npy_intp dims[2]
    cdef npy_intp[3] steps = [0, 0, 0]
    cdef uint8_t result = 0
    if loop.function == NULL or not is_plain_bound(number, low) or not is_plain_bound(number, high):
        return None
    ALL_BETWEEN.pack((-INFINITY if low is None else low, INFINITY if high is None else high,
                      has_low or low is None, has_high or high is None, is_whole), block)
    array = contiguous(array)
    args[0], args[1] = PyArray_BYTES(array), <char*>&result
    dims[0], dims[1], steps[2] = 1, PyArray_SIZE(array), PyArray_ITEMSIZE(array)
    launch(loop, args, dims, steps, block, NULL)
    return bool(result)


cdef bint is_plain_bound(int number, bound):
    """Whether a bound is none, or a number that is exact beside elements of a dtype."""
    if bound is None:
        return True
    if type(bound) is int:
        return -2**53 <= bound <= 2**53
    return type(bound) is float and number != NPY_INT64


def are_weights(ndarray array not None):
    """Whether all elements are finite and none negative, and one of each row is above zero."""
    cdef ndarray largest = reduce(MAX, array, (PyArray_NDIM(array) - 1,), False)
    cdef object top = number_in(reduce(MAX, largest, None, False))
    return 0 <= number_in(reduce(MIN, array, None, False)) and top < INFINITY \
        and 0 < number_in(reduce(MIN, largest, None, False))


def any_true(ndarray input not None, dims, bint keepdim):
    """Whether any element is not zero, over dimensions, None for all."""
    return truth_of(ANY, input, dims, keepdim)


def all_true(ndarray input not None, dims, bint keepdim):
    """Whether no element is zero, over dimensions, None for all."""
    return truth_of(ALL, input, dims, keepdim)


def all_equal(ndarray a not None, ndarray b not None):
    """Whether two arrays of one shape and dtype have the same elements."""
    cdef ndarray truths = combined(EQUAL, a, b, None)
    return bool(number_in(reduce(ALL, truths, None, False)))


cdef ndarray truth_of(Kernel kernel, ndarray input, dims, bint keepdim):
    """Reduce truth values; PyTorch keeps uint8, the bool of its early days."""
    cdef ndarray truths = input if PyArray_TYPE(input) == NPY_BOOL else cast(input, NPY_BOOL)
    cdef ndarray result = reduce(kernel, truths, dims, keepdim)
    return cast(result, NPY_UINT8) if PyArray_TYPE(input) == NPY_UINT8 else result


# ------------------------------------------------------------------------- sums


cpdef ndarray sums(ndarray input, dims, bint keepdim):
    """The sums of an array over dimensions, None for all; integers add up in int64.

    Those of float16 are added in float32 and rounded once. Dimensions with one between them that
    stays are summed one group after the other: together they would have to be brought by a copy.
    """
    cdef tuple group
    if PyArray_TYPE(input) == NPY_FLOAT16:
        return cast(sums(cast(input, NPY_FLOAT32), dims, keepdim), NPY_FLOAT16)
    if not is_float(PyArray_TYPE(input)) and PyArray_TYPE(input) != NPY_INT64:
        input = cast(input, NPY_INT64)
    group = None if dims is None or len(dims) < 2 else group_apart(input, dims)
    while group is not None:
        input = reduce(SUM, input, group, True)
        group = group_apart(input, dims)
    return reduce(SUM, input, dims, keepdim)


cdef tuple group_apart(ndarray input, dims):
    """Neighbouring dimensions to sum before those of others: the last ones, where they are worth
    it, else the first ones; None where there are no others.
    """
    cdef int ndim = PyArray_NDIM(input), k, n_groups = 0
    cdef npy_intp size = 1
    cdef bint follows = False
    cdef list first = [], last = []
    for k in range(ndim):
        if PyArray_DIMS(input)[k] == 1:
            continue
        if k not in dims:
            follows = False
            continue
        if not follows:
            n_groups += 1
            last, size, follows = [], 1, True
        if n_groups == 1:
            first.append(k)
        last.append(k)
        size *= PyArray_DIMS(input)[k]
    if n_groups < 2:
        return None
    return tuple(last if follows and size >= FEWEST_INNER else first)


cdef ndarray column_sums(ndarray matrix):
    """The sums over the rows of a matrix, as the gradient of a bias needs them."""
    cdef Loop* loop = SUM.loop_for(PyArray_TYPE(matrix))
    cdef ndarray sums = allocate(1, PyArray_DIMS(matrix) + 1, PyArray_TYPE(matrix))
    cdef npy_intp dims[2]
    cdef npy_intp steps[3]
    cdef char* args[2]
    args[0], args[1] = PyArray_BYTES(matrix), PyArray_BYTES(sums)
    dims[0], dims[1] = PyArray_DIMS(matrix)[1], PyArray_DIMS(matrix)[0]
    steps[0], steps[1], steps[2] = (
        PyArray_STRIDES(matrix)[1], PyArray_STRIDES(sums)[0], PyArray_STRIDES(matrix)[0])
    if dims[0] > 0:
        launch(loop, args, dims, steps, NULL, NULL)
    return sums


# ------------------------------------------------------------------------- sums of exponentials


def logsumexp(ndarray input not None, dims, bint keepdim):
    """Logarithms of sums of exponentials over dimensions, shifted by the largest so that none is
    too large.
    """
    cdef ndarray top, rest, total
    if PyArray_SIZE(input) == 0:
        total = sums(input, dims, keepdim)
        return mapped(LOG, total, total)
    top = finite(reduce(MAX, input, dims, True))
    rest = combined(SUBTRACT, input, top, None)
    total = sums(mapped(EXP, rest, rest), dims, keepdim)
    return combined(ADD, mapped(LOG, total, total), like(top, total), None)


cdef ndarray finite(ndarray array):
    """An array whose elements that are no finite number have been made zero."""
    cdef Operand operands[MAX_OPERANDS]
    cdef char block[MAX_PARAM_BYTES]
    operands[0] = operand_of(array)
    NAN_TO_NUM.pack((0.0, 0.0, 0.0), block)
    return elementwise(NAN_TO_NUM.loop_for(PyArray_TYPE(array)), operands, array, NULL, block)


cdef ndarray like(ndarray array, ndarray model):
    """A packed array in the shape of another packed one."""
    return strided_view(array, PyArray_NDIM(model), PyArray_DIMS(model), PyArray_STRIDES(model),
                        PyArray_BYTES(array))


# ------------------------------------------------------------------------- means and variances


cpdef ndarray means(ndarray input, dims, bint keepdim):
    """The means of an array over dimensions; in float16 a sum may be too large where no mean is."""
    if PyArray_TYPE(input) == NPY_FLOAT16:
        return cast(means(cast(input, NPY_FLOAT32), dims, keepdim), NPY_FLOAT16)
    return divided(sums(input, dims, keepdim), n_reduced(input, dims))


def variances(ndarray input not None, dims, bint keepdim, correction):
    """The variances of an array over dimensions, and its means: squares of what is left of each."""
    cdef ndarray mean, rest, total
    if PyArray_TYPE(input) == NPY_FLOAT16:
        return tuple([cast(one, NPY_FLOAT16) for one in
                      variances(cast(input, NPY_FLOAT32), dims, keepdim, correction)])
    mean = means(input, dims, True)
    rest = combined(SUBTRACT, input, mean, None)
    total = sums(combined(MULTIPLY, rest, rest, rest), dims, keepdim)
    divided(total, max(0, n_reduced(input, dims) - correction))
    return total, mean if keepdim else like(mean, total)


cdef ndarray combined(Kernel kernel, ndarray a, ndarray b, ndarray out):
    cdef Operand operands[MAX_OPERANDS]
    operands[0], operands[1] = operand_of(a), operand_of(b)
    return elementwise(kernel.loop_for(PyArray_TYPE(a)), operands, out, NULL, NULL)


cdef ndarray mapped(Kernel kernel, ndarray array, ndarray out):
    cdef Operand operands[MAX_OPERANDS]
    operands[0] = operand_of(array)
    return elementwise(kernel.loop_for(PyArray_TYPE(array)), operands, out, NULL, NULL)


cdef ndarray divided(ndarray array, object by):
    """An array, each of whose elements has been divided by a number."""
    cdef Operand operands[MAX_OPERANDS]
    cdef Scalars scalars
    cdef Loop* loop = DIVIDE.loop_for(PyArray_TYPE(array))
    operands[0] = operand_of(array)
    scalar_operand(&operands[1], &scalars.slot[1], loop.types[1], by)
    return elementwise(loop, operands, array, &scalars, NULL)


cdef npy_intp n_reduced(ndarray array, dims) except -1:
    """How many elements one result is made of."""
    cdef npy_intp n = 1
    cdef int k
    if dims is None:
        return PyArray_SIZE(array)
    for k in dims:
        n *= PyArray_DIMS(array)[k]
    return n
