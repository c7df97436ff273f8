"""Layout of what forward functions do with arrays."""

from numpy cimport ndarray, npy_intp

from tapegrad._kernels.geometry cimport Operand
from tapegrad._kernels.kernel cimport Kernel

cpdef ndarray contiguous(ndarray array)
cpdef ndarray flat(ndarray array)
cdef ndarray join_last_dimensions(ndarray array, int n_kept)
cdef int output_dims(Kernel kernel, Operand* operands, int k, npy_intp* dims) except -1
cpdef bint draw(Kernel kernel, ndarray array, ndarray state, lock, tuple params) except -1
cpdef ndarray row_of(Kernel kernel, npy_intp n, int type_number, tuple params)
