"""Layout of batch norm of arrays."""

from numpy cimport ndarray

cpdef object move_towards(ndarray kept, ndarray given, double factor, double momentum)
