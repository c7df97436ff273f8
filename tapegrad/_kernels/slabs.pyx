"""Values by channel, as the kernels of batch norm and group norm read them."""

from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS,
    PyArray_ITEMSIZE, PyArray_NDIM, PyArray_STRIDES, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.iteration cimport cast, fill
from tapegrad._kernels.memory cimport allocate, allocate_like, strided_view

import_array()

cdef dict FILLERS = {}      # by number and dtype: an array of it alone


cpdef ndarray computable(ndarray array):
    """The array itself, of float16 a copy in float32."""
    return cast(array, NPY_FLOAT32) if PyArray_TYPE(array) == NPY_FLOAT16 else array


cpdef ndarray in_type_of(ndarray array, ndarray other):
    """The array itself where it has the other's dtype already, else a copy."""
    return array if PyArray_TYPE(array) == PyArray_TYPE(other) else cast(array, PyArray_TYPE(other))


cdef bint has_channels_last(ndarray array) noexcept:
    cdef npy_intp* strides = PyArray_STRIDES(array)
    return PyArray_NDIM(array) in (4, 5) and PyArray_DIMS(array)[1] > 1 \
        and strides[1] == PyArray_ITEMSIZE(array) and not PyArray_IS_C_CONTIGUOUS(array)


cpdef ndarray slabs(ndarray array, ndarray like):
    """The values as (channels, batch, places); channels lie packed if those of ``like`` do."""
    return packed_channels(array) if has_channels_last(like) else packed_places(array)


cpdef tuple new_slabs(ndarray input):
    """The input as slabs, and new memory for a result: of the input's shape, and as slabs."""
    cdef ndarray result
    if has_channels_last(input):
        result = allocate_like(input, PyArray_TYPE(input))
        return packed_channels(input), result, packed_channels(result)
    result = allocate(PyArray_NDIM(input), PyArray_DIMS(input), PyArray_TYPE(input))
    return packed_places(input), result, packed_places(result)


cdef ndarray packed_places(ndarray array):
    cdef npy_intp places = place_count(array), item = PyArray_ITEMSIZE(array)
    cdef npy_intp n_channels = PyArray_DIMS(array)[1]
    array = contiguous(array)
    return by_channel(array, places, places * item, n_channels * places * item, item)


cdef ndarray packed_channels(ndarray array):
    cdef npy_intp places = place_count(array), item = PyArray_ITEMSIZE(array)
    cdef npy_intp n_channels = PyArray_DIMS(array)[1]
    array = contiguous(array.transpose(0, *range(2, PyArray_NDIM(array)), 1))
    array = array.reshape(PyArray_DIMS(array)[0], n_channels, places)   # the memory is as it was
    return by_channel(array, places, item, n_channels * places * item, n_channels * item)


cdef npy_intp place_count(ndarray array) noexcept:
    cdef npy_intp count = 1
    cdef int k
    for k in range(2, PyArray_NDIM(array)):
        count *= PyArray_DIMS(array)[k]
    return count


cdef ndarray by_channel(ndarray array, npy_intp places, npy_intp channel_step, npy_intp batch_step,
                        npy_intp place_step):
    cdef npy_intp dims[3]
    cdef npy_intp strides[3]
    dims[0], dims[1], dims[2] = PyArray_DIMS(array)[1], PyArray_DIMS(array)[0], places
    strides[0], strides[1], strides[2] = channel_step, batch_step, place_step
    return strided_view(array, 3, dims, strides, PyArray_BYTES(array))


cpdef ndarray factors(ndarray given, double missing, ndarray slabs, npy_intp n, npy_intp k):
    """A weight or bias ``(n, k)`` in the slabs' dtype, or the number that stands for all of it."""
    cdef npy_intp dims[2]
    cdef npy_intp strides[2]
    cdef int type_number = PyArray_TYPE(slabs)
    dims[0], dims[1] = n, k
    strides[0], strides[1] = k * PyArray_ITEMSIZE(slabs), PyArray_ITEMSIZE(slabs)
    if given is None:
        given = filler(missing, type_number)
        strides[0] = strides[1] = 0
    elif PyArray_TYPE(given) != type_number:
        given = cast(given, type_number)
    given = contiguous(given)
    return strided_view(given, 2, dims, strides, PyArray_BYTES(given))


cdef ndarray filler(double number, int type_number):
    cdef npy_intp size = 1
    key = number, type_number
    if key not in FILLERS:
        FILLERS[key] = fill(allocate(1, &size, type_number), number)
    return FILLERS[key]
