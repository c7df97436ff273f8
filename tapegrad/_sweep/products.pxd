"""Layout of products that wait for each other."""

from numpy cimport ndarray, npy_intp

from tapegrad._tensor.tensor cimport Tensor


cdef class OuterProduct:
    cdef readonly Tensor left, right
    cdef Tensor computed(self)


cdef object computed(object result)


cdef class Products:
    cdef Tensor sum                     # of what has been computed; None if nothing has
    cdef ndarray left, right            # rows of the factors that wait
    cdef npy_intp n_rows

    cdef bint join(self, ndarray leaf, object a, object b) except -1
    cdef int take(self, Tensor gradient) except -1
    cdef int compute(self) except -1
    cdef Tensor total(self)


cdef Products products_after(Tensor first)
