"""Layout of the checks of arguments."""

from numpy cimport ndarray

from tapegrad._tensor.tensor cimport Tensor

cpdef int check_device(value) except -1
cpdef object dtype_or(value, str function, otherwise=*)
cpdef ndarray new_memory(str function, tuple args, keyword, kind, where)
cpdef Tensor finished(ndarray array, requires_grad)
