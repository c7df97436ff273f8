"""Layout of reductions."""

from numpy cimport ndarray

from tapegrad._kernels.kernel cimport Kernel

cpdef object reduce(Kernel kernel, ndarray array, object dims, bint keepdim)
cpdef ndarray sums(ndarray input, dims, bint keepdim)
cpdef ndarray means(ndarray input, dims, bint keepdim)
cdef ndarray column_sums(ndarray matrix)
