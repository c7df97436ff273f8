"""Layout of in-place operations."""

from libc.stdint cimport uint32_t

from tapegrad._tape cimport Entry
from tapegrad._tensor.tensor cimport Tensor

cdef int check_inplace(Tensor target, bint recording) except -1
cdef int record_in_base(Tensor target, Entry* written, uint32_t output) except -1
