"""Layout of tensors, their views and versions."""

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


cdef Tensor tensor_over(ndarray array)
cdef Tensor wrap(ndarray array)
cdef Tensor wrap_view(Tensor source, ndarray array, ViewKind kind)
cdef int refresh_view(Tensor tensor) except -1
cdef int check_view(Tensor tensor, bint is_indirect) except -1
cdef int refuse_view(ViewKind kind, Entry* entry, uint32_t output, bint is_indirect) except -1
cdef bint requires_grad(Tensor tensor) noexcept
cdef int edge_of(Tensor tensor, Edge* edge) except -1
cdef Version version_of(Tensor tensor)
cdef int adopt(Tensor tensor, Entry* entry, uint32_t output) except -1
cdef object shape_tuple(Entry* entry, int output)
cdef int note_write(Tensor tensor, object writer) except -1
cdef str describe(ndarray array)
cdef str type_name(ndarray array)

ctypedef object (*apply_function)(object op, PyObject** args, Py_ssize_t n)
cdef void register_apply(apply_function function) noexcept
cdef object plain_number(object value)
