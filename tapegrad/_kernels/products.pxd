"""Layout of products of matrices."""

from numpy cimport ndarray

cdef ndarray product_of_matrices(ndarray a, ndarray b, int turn_a, int turn_b)
