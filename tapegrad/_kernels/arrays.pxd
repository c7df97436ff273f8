"""Layout of what forward functions do with arrays."""

from numpy cimport ndarray

from tapegrad._kernels.kernel cimport Kernel

cpdef ndarray contiguous(ndarray array)
cpdef ndarray flat(ndarray array)
cpdef object reduce(Kernel kernel, ndarray array, object dims, bint keepdim)
cdef ndarray column_sums(ndarray matrix)
