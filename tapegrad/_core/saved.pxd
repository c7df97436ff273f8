"""Layout of saved values."""

from tapegrad._core.op cimport Op
from tapegrad._tape cimport Entry, Saved
from tapegrad._tensor.tensor cimport Tensor

cdef int saved_hooks_depth
cdef int save_tensor(Saved* saved, Tensor tensor, int source) except -1
cdef int announce_write(Tensor target) except -1
cdef object unwrap_saved(Entry* entry, int slot)
cdef object whole_or_unwrapped(Entry* entry, int slot, Tensor whole)
cdef void free_slots(Op op, Entry* entry) noexcept
