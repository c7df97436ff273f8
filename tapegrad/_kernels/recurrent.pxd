"""Layout of launches over the rows of a step."""

from numpy cimport npy_intp

from tapegrad._kernels.kernel cimport Kernel

cdef int launch_rows(Kernel kernel, int number, npy_intp n, npy_intp k, npy_intp h,
                     char** data) except -1
cdef int launch_flat(Kernel kernel, int number, npy_intp n, char* source, char* target) except -1
