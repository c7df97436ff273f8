"""Layout of gradients on their way to an input."""

from libc.stdint cimport uint32_t

from tapegrad._tape cimport Entry

# The ops that the sweep itself needs.
cdef object add
cdef object add_into
cdef object clone
cdef object convert
cdef object has_nan

cdef object conform(Entry* entry, uint32_t e, object result)
