"""One array in another geometry: the views that operations make, without entering Python."""

from numpy cimport (
    PyArray_BYTES, PyArray_DIMS, PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE, PyArray_STRIDES,
    import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport (
    MAX_DIMS, Operand, broadcast_strides, check_ndim, operand_of, view_strides,
)
from tapegrad._kernels.memory cimport owner_of, strided_view

import operator

import_array()

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) except? -1


cdef object MOST_ELEMENTS = 2**58   # so that their bytes have 64 bits


cpdef int normal_dim(object dim, int ndim) except -1:
    """A dimension counted from the front. Raises IndexError for one that is not there."""
    cdef int limit = ndim if ndim > 0 else 1, overflow = 0
    cdef long long found
    if type(dim) is not int:
        dim = whole_number(dim)
    found = PyLong_AsLongLongAndOverflow(dim, &overflow)
    if overflow != 0:
        raise ValueError("Overflow when unpacking long long")
    if not -limit <= found < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], "
            f"but got {dim})")
    return <int>(found + limit if found < 0 else found)


cdef object whole_number(object dim):
    """The dimension that a number of NumPy's stands for, or a tensor without dimensions."""
    if isinstance(dim, (bool, ndarray)) or getattr(dim, "ndim", 0) \
            or str(getattr(dim, "dtype", "")).endswith("bool"):
        raise TypeError(f"a dimension is a whole number, not {dim}")
    return operator.index(dim)


cdef int read_sizes(object shape, npy_intp* dims) except -1:
    """Put sizes where C reads them, and give how many there are. Raises where they are too many."""
    cdef Py_ssize_t k = 0
    check_ndim(len(shape))
    for size in shape:          # by index a Size would enter Python
        dims[k] = size
        k += 1
    return <int>k


def can_view(ndarray array not None, shape):
    """Whether the elements can be seen in another shape without a copy."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    return view_strides(array, read_sizes(shape, dims), dims, strides)


cpdef ndarray reshaped_view(ndarray array, shape):
    """The same memory in another shape of as many elements. Raises if strides do not allow it."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = read_sizes(shape, dims)
    if not view_strides(array, ndim, dims, strides):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead.")
    return strided_view(array, ndim, dims, strides, PyArray_BYTES(array))


def expanded(ndarray array not None, shape):
    """Dimensions of size 1 repeated to a larger shape, without copying."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef Operand operand = operand_of(array)
    cdef int ndim = read_sizes(shape, dims)
    broadcast_strides(&operand, 0, ndim, dims, strides)
    try:
        return strided_view(array, ndim, dims, strides, PyArray_BYTES(array))
    except ValueError:      # NumPy's, of more elements than an int64 counts
        raise RuntimeError("numel: integer multiplication overflow") from None


def broadcast_array(ndarray array not None, shape):
    """The array expanded to a shape; leading dimensions of size 1 too many are dropped."""
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim = read_sizes(shape, dims), missing, k
    cdef bint fits
    while PyArray_NDIM(array) > ndim and PyArray_DIMS(array)[0] == 1:
        array = array[0]
    missing = ndim - PyArray_NDIM(array)
    fits = missing >= 0
    for k in range(PyArray_NDIM(array) if fits else 0):
        fits = fits and PyArray_DIMS(array)[k] in (1, dims[k + missing])
    if not fits:
        raise ValueError(f"{(<object>array).shape} cannot be broadcast to {tuple(shape)}")
    return expanded(array, shape)


def strided_over(ndarray array not None, tuple size not None, tuple stride not None, offset):
    """A view by sizes and steps, in elements, of all memory in which an array lies.

    None for a geometry that is none, or that would leave that memory.
    """
    cdef ndarray owner = owner_of(array)
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef npy_intp item_size = PyArray_ITEMSIZE(array), start, room, n_bytes = 0, step
    cdef int ndim = <int>len(size), k
    cdef bint is_empty = False
    if len(size) != len(stride) or len(size) > MAX_DIMS or not 0 <= offset < MOST_ELEMENTS:
        return None
    if PyArray_SIZE(owner) > 0:
        n_bytes = PyArray_ITEMSIZE(owner)
        for k in range(PyArray_NDIM(owner)):
            n_bytes += (PyArray_DIMS(owner)[k] - 1) * PyArray_STRIDES(owner)[k]
    start = offset
    room = n_bytes // item_size - start - 1     # elements behind the first
    for k in range(ndim):
        if not (0 <= size[k] < MOST_ELEMENTS and 0 <= stride[k] < MOST_ELEMENTS):
            return None
        dims[k], step = size[k], stride[k]
        strides[k] = step * item_size
        is_empty = is_empty or dims[k] == 0
        if dims[k] > 1 and step > 0 and room >= 0:
            room = room - (dims[k] - 1) * step if dims[k] - 1 <= room // step else -1
    if room < 0 and not is_empty:
        return None
    return strided_view(array, ndim, dims, strides, PyArray_BYTES(owner) + start * item_size)


cdef ndarray in_order(ndarray array, const int* order):
    """The dimensions in another order."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k
    for k in range(ndim):
        dims[k] = PyArray_DIMS(array)[order[k]]
        strides[k] = PyArray_STRIDES(array)[order[k]]
    return strided_view(array, ndim, dims, strides, PyArray_BYTES(array))


cpdef ndarray permuted(ndarray array, tuple order):
    """The dimensions in another order, of which each is there once."""
    cdef int wanted[MAX_DIMS]
    cdef int k
    for k in range(PyArray_NDIM(array)):
        wanted[k] = order[k]
    return in_order(array, wanted)


def moved(ndarray array not None, int source, int target):
    """One dimension moved to another place, both counted from the front; the others keep theirs."""
    cdef int order[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k, taken = 0
    for k in range(ndim):
        if k == target:
            order[k] = source
        else:
            taken += taken == source
            order[k] = taken
            taken += 1
    return in_order(array, order)


def rows_along(ndarray array not None, int dim):
    """A view whose rows lie along a dimension; a number is one row of one element."""
    cdef int ndim = PyArray_NDIM(array)
    return unsqueezed(array, 0) if ndim == 0 else moved(array, dim, ndim - 1)


def swapped(ndarray array not None, dim0, dim1):
    """Two dimensions swapped, counted from either end. Raises IndexError if one is not there."""
    cdef int wanted[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k
    cdef int first = normal_dim(dim0, ndim), second = normal_dim(dim1, ndim)
    for k in range(ndim):
        wanted[k] = second if k == first else first if k == second else k
    return in_order(array, wanted)


def transposed(ndarray array not None):
    """A matrix with its dimensions swapped; a vector or number as it is."""
    cdef int[2] order = [1, 0]
    if PyArray_NDIM(array) < 2:
        order[0] = 0
    return in_order(array, order)


def diagonal(ndarray array not None, npy_intp offset, int dim1, int dim2):
    """The elements where the positions in two dimensions differ by an offset, as the last one."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef npy_intp n_rows = PyArray_DIMS(array)[dim1], n_columns = PyArray_DIMS(array)[dim2]
    cdef npy_intp down = PyArray_STRIDES(array)[dim1], across = PyArray_STRIDES(array)[dim2]
    cdef npy_intp row = min(max(-max(offset, -n_rows), 0), n_rows)
    cdef npy_intp column = min(max(offset, 0), n_columns)
    cdef npy_intp size = min(n_rows - row, n_columns - column)
    cdef int k, position = 0
    for k in range(PyArray_NDIM(array)):
        if k != dim1 and k != dim2:
            dims[position], strides[position] = PyArray_DIMS(array)[k], PyArray_STRIDES(array)[k]
            position += 1
    dims[position], strides[position] = size, down + across
    return strided_view(array, position + 1, dims, strides,
                        PyArray_BYTES(array) + (row * down + column * across if size else 0))


def backwards(ndarray array not None, tuple which not None):
    """With some dimensions in reverse order."""
    cdef npy_intp strides[MAX_DIMS]
    cdef char* start = PyArray_BYTES(array)
    cdef int k
    for k in range(PyArray_NDIM(array)):
        strides[k] = PyArray_STRIDES(array)[k]
    for k in which if PyArray_SIZE(array) else ():
        start += (PyArray_DIMS(array)[k] - 1) * strides[k]
        strides[k] = -strides[k]
    return strided_view(array, PyArray_NDIM(array), PyArray_DIMS(array), strides, start)


def windows(ndarray array not None, int dim, npy_intp size, npy_intp step):
    """Windows that slide along a dimension, as a new last one; of a number one of one element."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k
    check_ndim(ndim + 1)
    for k in range(ndim):
        dims[k], strides[k] = PyArray_DIMS(array)[k], PyArray_STRIDES(array)[k]
    dims[ndim], strides[ndim] = size, strides[dim] if ndim else array.itemsize
    if ndim:
        dims[dim], strides[dim] = (dims[dim] - size) // step + 1, strides[dim] * step
    return strided_view(array, ndim + 1, dims, strides, PyArray_BYTES(array))


cpdef ndarray unsqueezed(ndarray array, int dim):
    """With a dimension of size 1 more."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k
    check_ndim(ndim + 1)
    for k in range(ndim + 1):
        dims[k] = 1 if k == dim else PyArray_DIMS(array)[k - (k > dim)]
        # As PyTorch counts: one step of size 1 would pass over all that lies inside.
        if k == dim:
            strides[k] = PyArray_DIMS(array)[k] * PyArray_STRIDES(array)[k] if k < ndim \
                else array.itemsize
        else:
            strides[k] = PyArray_STRIDES(array)[k - (k > dim)]
    return strided_view(array, ndim + 1, dims, strides, PyArray_BYTES(array))


def squeezed(ndarray array not None, tuple gone=None):
    """Without some dimensions of size 1; None are all of them."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = 0, k
    for k in range(PyArray_NDIM(array)):
        if PyArray_DIMS(array)[k] != 1 if gone is None else k not in gone:
            dims[ndim], strides[ndim] = PyArray_DIMS(array)[k], PyArray_STRIDES(array)[k]
            ndim += 1
    return strided_view(array, ndim, dims, strides, PyArray_BYTES(array))


cpdef ndarray selected(ndarray array, int dim, npy_intp index):
    """One position along a dimension, which goes. Raises IndexError if it is not there."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array) - 1, k
    if not 0 <= index < PyArray_DIMS(array)[dim]:
        raise IndexError(f"position {index} of {PyArray_DIMS(array)[dim]}")
    for k in range(ndim):
        dims[k] = PyArray_DIMS(array)[k + (k >= dim)]
        strides[k] = PyArray_STRIDES(array)[k + (k >= dim)]
    return strided_view(array, ndim, dims, strides,
                        PyArray_BYTES(array) + index * PyArray_STRIDES(array)[dim])


def cut_to(ndarray array not None, tuple shape not None, int dim=-1):
    """The part that an index of a shape reaches: its sizes, but along ``dim`` all."""
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k
    cdef bint is_whole = True
    if ndim != len(shape):
        return array
    for k in range(ndim):
        dims[k] = PyArray_DIMS(array)[k]
        if k != dim and shape[k] < dims[k]:
            dims[k], is_whole = shape[k], False
    if is_whole:
        return array
    return strided_view(array, ndim, dims, PyArray_STRIDES(array), PyArray_BYTES(array))


def sliced(ndarray array not None, int dim, npy_intp start, npy_intp stop, npy_intp step):
    """Every ``step``-th position from ``start`` to before ``stop``, as far as they are there."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(array), k
    for k in range(ndim):
        dims[k], strides[k] = PyArray_DIMS(array)[k], PyArray_STRIDES(array)[k]
    stop = max(0, min(stop, dims[dim]))
    start = max(0, min(start, dims[dim]))
    dims[dim] = (stop - start - 1) // step + 1 if start < stop else 0
    strides[dim] *= step
    return strided_view(array, ndim, dims, strides,
                        PyArray_BYTES(array) + start * PyArray_STRIDES(array)[dim])
