"""Reductions of arrays: a kernel over some dimensions, sums and means, and what is made of them."""

from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, NPY_INT64, PyArray_BYTES, PyArray_DIMS, PyArray_GETITEM,
    PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE, PyArray_STRIDES, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, Operand, operand_of, reduced_last,
)
from tapegrad._kernels.iteration cimport cast, elementwise, iterate, scalar_operand
from tapegrad._kernels.kernel cimport Kernel, Loop, Scalars, is_float, launch
from tapegrad._kernels.memory cimport allocate, strided_view

import numpy as np

from tapegrad._kernels.kernel import OURS, numpy_kernel

import_array()

cdef Kernel SUM = OURS["sum"], MIN = OURS["min"], MAX = OURS["max"]
cdef Kernel SUBTRACT = numpy_kernel(np.subtract), MULTIPLY = numpy_kernel(np.multiply)
cdef Kernel DIVIDE = numpy_kernel(np.true_divide)

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
    return PyArray_GETITEM(array, PyArray_BYTES(array))


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
    return total, mean if keepdim else strided_view(
        mean, PyArray_NDIM(total), PyArray_DIMS(total), PyArray_STRIDES(total),
        PyArray_BYTES(mean))


cdef ndarray combined(Kernel kernel, ndarray a, ndarray b, ndarray out):
    cdef Operand operands[MAX_OPERANDS]
    operands[0], operands[1] = operand_of(a), operand_of(b)
    return elementwise(kernel.loop_for(PyArray_TYPE(a)), operands, out, NULL, NULL)


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
