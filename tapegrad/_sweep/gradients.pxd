"""Layout of gradients on their way to an input."""

from libc.stdint cimport uint32_t

from numpy cimport ndarray

from tapegrad._tape cimport Edge, Entry, OutputShape

# The ops that the sweep itself needs.
cdef object add
cdef object add_into
cdef object clone
cdef object copy_of
cdef object convert
cdef object has_nan

cdef OutputShape expected_at(Edge* edge) noexcept
cdef OutputShape described(ndarray array) noexcept
cdef bint has_shape(ndarray array, OutputShape* expected) noexcept
cdef object conform(Entry* entry, uint32_t e, object result)
