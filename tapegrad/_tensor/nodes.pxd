"""Layout of what Python sees of entries."""

from numpy cimport npy_intp

from tapegrad._tape cimport Entry

cdef class Carry:
    """The Python objects that belong to one entry."""
    cdef dict tensor_hooks              # output number -> {id: hook}
    cdef dict retained                  # output number -> weak reference to the tensor
    cdef object pre_hooks               # {id: hook} or None
    cdef object post_hooks
    cdef object metadata
    cdef object trace                   # where the op was recorded, in anomaly mode
    cdef object parent                  # the node whose backward recorded it, in anomaly mode
    cdef object context                 # of a custom Function


cdef class Context:
    cdef object __weakref__
    cdef dict __dict__
    cdef Entry* entry                   # not owned: the entry owns the context
    cdef bint owns_entry                # but what is left of one that has gone
    cdef public tuple to_save           # tensors; on the tape None for its own outputs
    cdef public tuple non_differentiable
    cdef public tuple dirty_tensors
    cdef public object needs_input_grad
    cdef public bint materialize_grads


cdef class Node:
    cdef object __weakref__
    cdef object unused                  # an object field makes Cython show nodes to the collector
    cdef Entry* entry


ctypedef int (*splitter_function)(Entry* entry) except -1
cdef void register_splitter(splitter_function function) noexcept

cdef Carry carry_of(Entry* entry)
cdef object node_of(Entry* entry)
cdef int split(Entry* entry) except -1
cdef str short_name(str grad_name)
cdef object size_tuple(int ndim, const npy_intp* dims)
cdef object add_hook(hooks, hook)
