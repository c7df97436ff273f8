"""Layout of hooks and reports."""

from tapegrad._core.op cimport Op
from tapegrad._tape cimport Entry
from tapegrad._tensor.nodes cimport Carry

cdef object run_hooks(object hooks, object gradient)
cdef int check_is_gradient(object returned) except -1
cdef object run_output_hooks(Entry* entry, object holder)
cdef tuple run_node_pre_hooks(Carry carry, tuple outputs)
cdef tuple run_node_post_hooks(Carry carry, tuple results, tuple outputs)
cdef tuple run_function(Op op, Entry* entry, Carry carry, tuple outputs)
cdef int report_trace(Entry* entry, Carry carry) except -1
cdef int check_nan(Entry* entry, Carry carry, tuple results) except -1
