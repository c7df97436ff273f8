"""Layout of views."""

from numpy cimport ndarray, npy_intp

cpdef int normal_dim(object dim, int ndim) except -1
cdef int read_sizes(object shape, npy_intp* dims) except -1
cpdef ndarray reshaped_view(ndarray array, shape)
cpdef ndarray permuted(ndarray array, tuple order)
cpdef ndarray unsqueezed(ndarray array, int dim)
cpdef ndarray selected(ndarray array, int dim, npy_intp index)
