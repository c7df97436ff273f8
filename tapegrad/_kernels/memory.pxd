"""Layout of allocation, views and checks for overlap."""

from cpython.object cimport PyObject
from numpy cimport ndarray, npy_intp

cdef void keep_buffers(list buffers) noexcept
cdef ndarray allocate(int ndim, const npy_intp* dims, int type_number)
cdef ndarray allocate_ordered(int ndim, const npy_intp* dims, int* order, int type_number)
cdef ndarray allocate_like(ndarray model, int type_number)
cdef ndarray strided_view(ndarray owner, int ndim, const npy_intp* dims, const npy_intp* strides,
                          char* data)
cdef ndarray owner_of(ndarray array)
cdef void recycle(PyObject* array) noexcept
cdef bint memory_meets(ndarray a, ndarray b) noexcept
cdef bint same_elements(ndarray a, ndarray b) noexcept
cdef int check_writable(ndarray target) except -1
cdef int check_overlap(ndarray target, ndarray source) except -1
