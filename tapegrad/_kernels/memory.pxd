"""Layout of allocation, views and checks for overlap."""

from cpython.object cimport PyObject
from numpy cimport PyArray_DIMS, PyArray_ITEMSIZE, PyArray_NDIM, ndarray, npy_intp

cdef void keep_buffers(list buffers, Py_ssize_t most_bytes=*) noexcept
cpdef void note_values_read() noexcept
cdef bint only_launches(Py_ssize_t n_allocations)
cdef int keep_as_constant(ndarray array) except -1
cdef ndarray allocate(int ndim, const npy_intp* dims, int type_number)
cdef ndarray allocate_ordered(int ndim, const npy_intp* dims, int* order, int type_number)
cdef ndarray allocate_like(ndarray model, int type_number)
cdef ndarray strided_view(ndarray owner, int ndim, const npy_intp* dims, const npy_intp* strides,
                          char* data)
cdef ndarray owner_of(ndarray array)
cdef int type_number_of(dtype) except -1
cdef void recycle(PyObject* array) noexcept
cdef bint memory_meets(ndarray a, ndarray b) noexcept
cdef bint same_elements(ndarray a, ndarray b) noexcept
cdef bint may_repeat(ndarray array) noexcept
cdef int check_writable(ndarray target) except -1
cdef int check_overlap(ndarray target, ndarray source, bint even_whole=*) except -1


# Here and not in the .pyx, so that other modules take it in.
cdef inline npy_intp bytes_of(ndarray array) noexcept:
    cdef npy_intp n = PyArray_ITEMSIZE(array)
    cdef int k
    for k in range(PyArray_NDIM(array)):
        n *= PyArray_DIMS(array)[k]
    return n
