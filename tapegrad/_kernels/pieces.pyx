"""One array as several views of it, and several arrays as one."""

from numpy cimport (
    PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM,
    PyArray_STRIDES, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport MAX_DIMS, Operand, check_ndim, operand_of
from tapegrad._kernels.iteration cimport CASTS, fill, iterate
from tapegrad._kernels.kernel cimport Kernel, Loop, launch
from tapegrad._kernels.memory cimport allocate, strided_view
from tapegrad._kernels.views cimport selected

import_array()


def equal_sizes(npy_intp total, npy_intp size):
    """The sizes of ranges of one size that fill a dimension; the last one may be smaller."""
    cdef npy_intp left = total
    cdef list sizes = []
    if size <= 0 or total <= 0:
        return (total,)
    while left > 0:
        sizes.append(min(size, left))
        left -= min(size, left)
    return tuple(sizes)


cpdef list pieces(ndarray array, int dim, tuple sizes, tuple wanted=None):
    """Consecutive ranges of the given sizes along a dimension, as views; None for one unwanted."""
    cdef npy_intp dims[MAX_DIMS]
    cdef char* data = PyArray_BYTES(array)
    cdef int ndim = PyArray_NDIM(array), k
    cdef Py_ssize_t piece
    cdef list found = [None] * len(sizes)
    for k in range(ndim):
        dims[k] = PyArray_DIMS(array)[k]
    for piece in range(len(found)):
        dims[dim] = sizes[piece]
        if wanted is None or wanted[piece]:
            found[piece] = strided_view(array, ndim, dims, PyArray_STRIDES(array), data)
        data += dims[dim] * PyArray_STRIDES(array)[dim]
    return found


def slices(ndarray array not None, int dim):
    """All slices along a dimension, which goes, as views."""
    cdef npy_intp row
    return [selected(array, dim, row) for row in range(PyArray_DIMS(array)[dim])]


cpdef ndarray join(list arrays, int dim, tuple sizes):
    """Arrays of one dtype one behind the other along a dimension, which they fill by the sizes.

    None stands for zeros.
    """
    cdef npy_intp dims[MAX_DIMS]
    cdef ndarray first = first_of(arrays), target
    cdef int ndim = PyArray_NDIM(first), k
    cdef npy_intp size
    cdef char* data
    for k in range(ndim):
        dims[k] = PyArray_DIMS(first)[k]
    dims[dim] = 0
    for size in sizes:
        dims[dim] += size
    target = allocate(ndim, dims, PyArray_TYPE(first))
    data = PyArray_BYTES(target)
    for k in range(len(arrays)):
        dims[dim] = sizes[k]
        write(arrays[k], target, ndim, dims, PyArray_STRIDES(target), data)
        data += dims[dim] * PyArray_STRIDES(target)[dim]
    return target


cpdef ndarray stack(list arrays, int dim):
    """Arrays of one dtype and shape joined along a new dimension; None stands for zeros."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef ndarray first = first_of(arrays), target
    cdef int ndim = PyArray_NDIM(first), k
    check_ndim(ndim + 1)
    for k in range(ndim):
        dims[k + (k >= dim)] = PyArray_DIMS(first)[k]
    dims[dim] = len(arrays)
    target = allocate(ndim + 1, dims, PyArray_TYPE(first))
    for k in range(ndim):
        strides[k] = PyArray_STRIDES(target)[k + (k >= dim)]
    for k in range(len(arrays)):
        write(arrays[k], target, ndim, PyArray_DIMS(first), strides,
              PyArray_BYTES(target) + k * PyArray_STRIDES(target)[dim])
    return target


def block_diagonal(list arrays not None):
    """Matrices of one dtype one below and right of the other, and zeros; a vector is one row."""
    cdef npy_intp[2] total = [0, 0]
    cdef npy_intp[2] dims
    cdef ndarray array, target
    cdef int skipped
    cdef char* data
    for array in arrays:
        block_sizes(array, dims)
        total[0] += dims[0]
        total[1] += dims[1]
    target = allocate(2, total, PyArray_TYPE(<ndarray>arrays[0]))
    fill(target, 0)
    data = PyArray_BYTES(target)
    for array in arrays:
        skipped = 2 - PyArray_NDIM(array)
        block_sizes(array, dims)
        write(array, target, PyArray_NDIM(array), &dims[0] + skipped,
              PyArray_STRIDES(target) + skipped, data)
        data += dims[0] * PyArray_STRIDES(target)[0] + dims[1] * PyArray_STRIDES(target)[1]
    return target


cdef int block_sizes(ndarray array, npy_intp* dims) noexcept:
    """The rows and columns of a block of at most two dimensions."""
    cdef int ndim = PyArray_NDIM(array)
    dims[0] = PyArray_DIMS(array)[0] if ndim == 2 else 1
    dims[1] = PyArray_DIMS(array)[ndim - 1] if ndim else 1
    return 0


cdef ndarray first_of(list arrays):
    """The first that is not None."""
    cdef object one
    for one in arrays:
        if one is not None:
            return one
    raise ValueError("expected at least one array")


cdef int write(object source, ndarray target, int ndim, const npy_intp* dims,
               const npy_intp* strides, char* data) except -1:
    """Copy an array into part of the target's memory, or write zeros there."""
    cdef Operand operands[2]
    cdef Loop* loop
    if source is None:
        fill(strided_view(target, ndim, dims, strides, data), 0)
        return 0
    loop = (<Kernel>CASTS[PyArray_TYPE(target)]).loop_for(PyArray_TYPE(<ndarray?>source))
    if ndim == 1 and PyArray_IS_C_CONTIGUOUS(<ndarray>source) \
            and strides[0] == PyArray_ITEMSIZE(target):
        return write_row(loop, <ndarray>source, dims[0], data)
    operands[0] = operand_of(<ndarray>source)
    operands[1].data, operands[1].ndim = data, ndim
    operands[1].dims, operands[1].strides = dims, strides
    return iterate(loop, operands, NULL)


cdef int write_row(Loop* loop, ndarray source, npy_intp n, char* data) except -1:
    cdef char* args[2]
    cdef npy_intp steps[2]
    if n == 0:
        return 0
    args[0], args[1] = PyArray_BYTES(source), data
    steps[0] = steps[1] = PyArray_ITEMSIZE(source)
    return launch(loop, args, &n, steps, NULL, NULL)
