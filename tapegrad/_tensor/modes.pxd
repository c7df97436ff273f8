"""Layout of the modes of a thread."""

from tapegrad._tape cimport Entry

cdef bint grad_enabled() noexcept
cdef bint is_recording() noexcept
cdef bint set_grad_mode(bint enabled) noexcept
cdef bint was_inferring       # over all threads, at any time: a quick test before the thread's own
cdef bint inference_enabled() noexcept
cdef bint anomaly_enabled() noexcept
cdef bint anomaly_checks_nan() noexcept
cdef Entry* evaluated_entry() noexcept
cdef Entry* set_evaluated(Entry* entry) noexcept
cdef int default_float() noexcept
