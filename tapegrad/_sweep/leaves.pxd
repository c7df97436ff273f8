"""Layout of accumulation."""

from tapegrad._tensor.tensor cimport Tensor

cdef int accumulate(Tensor leaf, Tensor gradient, bint create_graph, int shown=*) except -1
