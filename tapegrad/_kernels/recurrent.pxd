"""Layout of launches over the rows of a step."""

from numpy cimport npy_intp

from tapegrad._kernels.kernel cimport Kernel

cdef int launch_rows(Kernel kernel, int number, npy_intp n, npy_intp k, npy_intp h,
                     bint has_biases, char** data) except -1
