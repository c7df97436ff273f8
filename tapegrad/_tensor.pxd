"""Layout of tensors, their views and versions, and of the nodes that show the graph."""

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t
from numpy cimport ndarray

from tapegrad._tape cimport Edge, Entry

cdef enum TensorFlags:
    REQUIRES_GRAD = 1      # a leaf that wants a gradient
    IS_INFERENCE = 2       # made in inference mode

cdef enum ViewKind:
    PLAIN_VIEW = 0
    VIEW_OF_MULTI_OUTPUT = 1
    VIEW_MADE_WITHOUT_GRAD = 2
    VIEW_MADE_IN_INFERENCE = 3
    VIEW_OF_CUSTOM_FUNCTION = 4

cdef class Version:
    """How often the memory under a tensor and its views was written; shared by all of them."""
    cdef uint32_t count
    cdef object writer                  # the name of the op that wrote last
    cdef object maker                   # the entry that the last recorded write made, by its name


cdef class View:
    cdef Tensor base                    # never itself a view
    cdef uint32_t made_at               # the version at which the view's entry was made
    cdef ViewKind kind


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


cdef class Tensor:
    cdef object __weakref__
    cdef PyObject* attributes           # the instance's __dict__, made when first needed
    cdef ndarray array
    cdef Entry* entry                   # owned; the operation that made this tensor
    cdef Entry* leaf                    # not owned; where gradients of this leaf accumulate
    cdef Tensor _grad
    cdef Version version                # made when someone starts to watch
    cdef View view
    cdef object hooks                   # a leaf's own
    cdef object accumulate_hooks        # run after the gradient of a leaf was accumulated
    cdef uint32_t output
    cdef uint8_t flags


cdef class Node:
    cdef object __weakref__
    cdef Entry* entry


cdef bint grad_enabled() noexcept
cdef bint is_recording() noexcept
cdef bint set_grad_mode(bint enabled) noexcept
cdef bint inference_enabled() noexcept
cdef bint anomaly_enabled() noexcept
cdef bint anomaly_checks_nan() noexcept
cdef Entry* evaluated_entry() noexcept
cdef Entry* set_evaluated(Entry* entry) noexcept
cdef Tensor wrap(ndarray array)
cdef Tensor wrap_view(Tensor source, ndarray array, ViewKind kind)
cdef str short_name(str grad_name)
cdef int refresh_view(Tensor tensor) except -1
cdef int check_view(Tensor tensor, bint is_indirect) except -1
cdef int refuse_view(ViewKind kind, Entry* entry, uint32_t output, bint is_indirect) except -1
cdef bint requires_grad(Tensor tensor) noexcept
cdef int edge_of(Tensor tensor, Edge* edge) except -1
cdef Version version_of(Tensor tensor)
cdef int adopt(Tensor tensor, Entry* entry, uint32_t output) except -1
cdef Carry carry_of(Entry* entry)
cdef object node_of(Entry* entry)
cdef object shape_tuple(Entry* entry, int output)
cdef int note_write(Tensor tensor, object writer) except -1
cdef str describe(ndarray array)
cdef str type_name(ndarray array)
cdef int default_float() noexcept

ctypedef object (*apply_function)(object op, PyObject** args, Py_ssize_t n)
cdef void register_apply(apply_function function) noexcept

ctypedef int (*splitter_function)(Entry* entry) except -1
cdef void register_splitter(splitter_function function) noexcept
