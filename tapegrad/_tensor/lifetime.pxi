# What Cython cannot express about the life of a Tensor: its slots for the garbage collector and
# the end of its life, and where its __dict__ is.

cdef traverse_function plain_traverse = NULL
cdef destructor plain_dealloc = NULL


cdef int traverse_with_tape(PyObject* self, visitproc visit, void* arg) noexcept:
    """Let the garbage collector see what hangs on the entries that only this tensor keeps alive."""
    cdef int status = plain_traverse(self, visit, arg)
    if status == 0 and (<Tensor>self).attributes != NULL:
        status = visit((<Tensor>self).attributes, arg)
    if status == 0 and (<Tensor>self).entry != NULL:
        status = visit_owned((<Tensor>self).entry, visit, arg)
    return status


cdef int clear_links(PyObject* self) noexcept:
    """Break cycles through a tensor; its array stays, so that late users find a whole tensor."""
    cdef Tensor tensor = <Tensor>self
    cdef PyObject* attributes = tensor.attributes
    tensor._grad = None
    if tensor.hooks is not None or tensor.accumulate_hooks is not None:
        watch_python(-1)
        tensor.hooks = tensor.accumulate_hooks = None
    tensor.attributes = NULL
    Py_XDECREF(attributes)
    return 0


cdef void dealloc(PyObject* self) noexcept:
    """Give up the tensor's place on the tape, then free it as any object."""
    cdef Entry* entry = (<Tensor>self).entry
    cdef PyObject* attributes = (<Tensor>self).attributes
    PyObject_GC_UnTrack(self)
    if (<Tensor>self).hooks is not None or (<Tensor>self).accumulate_hooks is not None:
        watch_python(-1)
    if entry != NULL:
        (<Tensor>self).entry = NULL
        release(entry)
    if attributes != NULL:
        (<Tensor>self).attributes = NULL
        Py_XDECREF(attributes)
    recycle(<PyObject*>(<Tensor>self).array)
    plain_dealloc(self)


cdef int patch_type() except -1:
    """Replace what Cython cannot express: the slots above, and a __dict__ made only on demand."""
    global plain_traverse, plain_dealloc
    cdef _TypeSlots* slots = <_TypeSlots*>Tensor
    cdef Tensor probe = Tensor.__new__(Tensor)
    plain_traverse, plain_dealloc = slots.tp_traverse, slots.tp_dealloc
    slots.tp_traverse, slots.tp_clear, slots.tp_dealloc = traverse_with_tape, clear_links, dealloc
    slots.tp_dictoffset = <Py_ssize_t>&probe.attributes - <Py_ssize_t><PyObject*>probe
    attach_method("__dict__", property(_attributes_of, _set_attributes, _clear_attributes))
    slots.tp_name = "TensorBase"         # what is asked for once is kept: messages about arguments
    for value in Tensor.__dict__.values():
        getattr(value, "__qualname__", None)
    slots.tp_name = "Tensor"             # what all other messages of the interpreter show
    attach_method("__module__", "torch")
    Py_SET_TYPE(Tensor, <PyTypeObject*>_TensorMeta)
    return 0


class _TensorMeta(type):
    """The type of Tensor, which names it with its module: without this Python prints tp_name."""

    __slots__ = ()
    __module__ = "torch._C"

    def __repr__(cls):
        return "<class 'torch.Tensor'>" if cls is Tensor else type.__repr__(cls)


patch_type()
