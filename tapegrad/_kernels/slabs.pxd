"""Layout of values by channel."""

from numpy cimport ndarray, npy_intp

cpdef ndarray computable(ndarray array)
cpdef ndarray in_type_of(ndarray array, ndarray other)
cpdef ndarray slabs(ndarray array, ndarray like)
cpdef tuple new_slabs(ndarray input)
cpdef ndarray factors(ndarray given, double missing, ndarray slabs, npy_intp n, npy_intp k)
