# What Cython cannot express about the life of a Tensor: how it begins and ends, its slots for the
# garbage collector, and where its __dict__ is.

cdef extern from "Python.h":
    object PyObject_Init(PyObject*, PyTypeObject*)
    void PyObject_GC_Track(void*)
    void PyObject_GC_UnTrack(void*)
    void Py_SET_TYPE(object, PyTypeObject*)
    unsigned long Py_TPFLAGS_IMMUTABLETYPE

# Plain tensors whose life has ended wait here for another: as new ones, without an array of theirs.
cdef enum:
    MOST_SPARE = 256

cdef PyObject* spare_tensors[MOST_SPARE]
cdef int n_spare_tensors = 0

cdef traverse_function plain_traverse = NULL
cdef destructor plain_dealloc = NULL


cdef Tensor tensor_over(ndarray array):
    """A new tensor over an array; one that waits needs nothing filled in."""
    global n_spare_tensors
    cdef Tensor tensor
    if n_spare_tensors == 0:
        tensor = Tensor.__new__(Tensor)
    else:
        n_spare_tensors -= 1
        tensor = <Tensor>PyObject_Init(spare_tensors[n_spare_tensors], <PyTypeObject*>Tensor)
        PyObject_GC_Track(<PyObject*>tensor)
    tensor.array = array
    return tensor


cdef bint keep_spare(PyObject* self) noexcept:
    """Let a tensor that is off the tape wait for another life; False for one with rarer things."""
    global n_spare_tensors
    if self.ob_type != <PyTypeObject*>Tensor or n_spare_tensors == MOST_SPARE \
            or (<Tensor>self).hooks is not None or (<Tensor>self).accumulate_hooks is not None \
            or has_weak_references(self):
        return False
    if (<Tensor>self)._grad is not None:
        (<Tensor>self)._grad = None
    if (<Tensor>self).version is not None:
        (<Tensor>self).version = None
    if (<Tensor>self).view is not None:
        (<Tensor>self).view = None
    (<Tensor>self).array = NO_ELEMENTS
    (<Tensor>self).output = (<Tensor>self).flags = 0
    if n_spare_tensors == MOST_SPARE:       # what has just been freed may have joined them
        return False
    spare_tensors[n_spare_tensors] = self
    n_spare_tensors += 1
    return True


cdef inline bint has_weak_references(PyObject* self) noexcept:
    return (<PyObject**>(<char*>self + (<_TypeSlots*>Tensor).tp_weaklistoffset))[0] != NULL


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
    if not keep_spare(self):
        plain_dealloc(self)


cdef int patch_type() except -1:
    """Replace what Cython cannot express: the slots above, a __dict__ made only on demand, and a
    type to which users may add methods of theirs, as to PyTorch's."""
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
    slots.tp_flags &= ~Py_TPFLAGS_IMMUTABLETYPE
    PyType_Modified(<PyTypeObject*>Tensor)
    return 0


class _TensorMeta(type):
    """The type of Tensor, which names it with its module: without this Python prints tp_name."""

    __slots__ = ()
    __module__ = "torch._C"

    def __repr__(cls):
        return "<class 'torch.Tensor'>" if cls is Tensor else type.__repr__(cls)


patch_type()
