"""Layout of cutting and joining arrays."""

from numpy cimport ndarray

cpdef list pieces(ndarray array, int dim, tuple sizes, tuple wanted=*)
cpdef ndarray join(list arrays, int dim, tuple sizes)
cpdef ndarray stack(list arrays, int dim)
