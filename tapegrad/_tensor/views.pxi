# Versions, views and places on the tape: what a write changes for all who share the memory.

@cython.final
@cython.freelist(1024)
@cython.no_gc                   # it holds names alone
cdef class Version:
    pass


@cython.final
@cython.freelist(1024)
cdef class View:
    pass


cdef Version version_of(Tensor tensor):
    """The tensor's write counter, from now on watched."""
    if tensor.version is None:
        tensor.version = Version.__new__(Version)
    return tensor.version


cdef int note_write(Tensor tensor, object writer) except -1:
    """Count a write to the tensor's (<Tensor>self)."""
    cdef Version version = version_of(tensor)
    if tensor.flags & IS_INFERENCE and not inference_enabled():
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update.See "
            "https://github.com/pytorch/rfcs/pull/17 for more details.")
    version.count += 1
    version.writer = writer
    return 0


def _count_write(Tensor tensor not None, object writer):
    """Count a write that was made elsewhere."""
    note_write(tensor, writer)


cdef bint requires_grad(Tensor tensor) noexcept:
    if tensor.entry != NULL or tensor.flags & REQUIRES_GRAD:
        return True
    return tensor.view is not None and requires_grad(tensor.view.base)


cdef int edge_of(Tensor tensor, Edge* edge) except -1:
    """Fill an edge with where the tensor's gradient goes; nothing if it wants none."""
    if tensor.view is not None:
        refresh_view(tensor)
    if tensor.entry != NULL:
        connect(edge, tensor.entry, tensor.output)
    elif tensor.flags & REQUIRES_GRAD:
        if tensor.leaf != NULL:
            connect(edge, tensor.leaf, 0)
        else:
            tensor.leaf = new_leaf(tensor, &tensor.leaf)
            edge.entry, edge.output = tensor.leaf, 0
    return 0


cdef object make_view_entry = None


def register_view_maker(maker):
    """Tell how a view of a changed base is made anew: ``maker(base, view)`` gives a tensor."""
    global make_view_entry
    make_view_entry = maker


cdef dict WHY_REFUSED = {
    VIEW_OF_MULTI_OUTPUT:
        "This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation "
        "by an out-of-place one.",
    VIEW_MADE_WITHOUT_GRAD:
        "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the no_grad block "
        "(if you don't want the inplace to be tracked) or both outside (if you want the inplace to "
        "be tracked).",
    VIEW_MADE_IN_INFERENCE:
        "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the inference_mode "
        "block (if you don't want the inplace to be tracked) or both outside (if you want the "
        "inplace to be tracked).",
    VIEW_OF_CUSTOM_FUNCTION:
        "This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function.",
}


cdef int check_view(Tensor tensor, bint is_indirect) except -1:
    """Refuse a write to a view, or to its base, after which its history could not be made anew."""
    if tensor.view.kind != PLAIN_VIEW:
        refuse_view(tensor.view.kind, tensor.entry, tensor.output, is_indirect)
    return 0


cdef int refuse_view(ViewKind kind, Entry* entry, uint32_t output, bint is_indirect) except -1:
    """Raise PyTorch's text about a written view of a kind that must not be written."""
    written = "its base or another view of its base has been" if is_indirect else "is being"
    view = "A view" if entry == NULL else \
        f"Output {output} of {short_name((<object>entry.op).grad_name)}"
    if entry != NULL and kind in (VIEW_MADE_IN_INFERENCE, VIEW_MADE_WITHOUT_GRAD):
        view += " is a view of a view which"
    if kind == VIEW_MADE_IN_INFERENCE:
        what = f"was created in inference mode and {written} modified inplace in normal mode."
    elif kind == VIEW_MADE_WITHOUT_GRAD or entry == NULL:
        what = f"was created in no_grad mode and {written} modified inplace with grad mode enabled."
    else:
        what = f"is a view and {written} modified inplace."
    raise RuntimeError(f"{view} {what} {WHY_REFUSED[kind]}")


cdef int refresh_view(Tensor tensor) except -1:
    """Give a view whose base was written since a new entry, from the base as it is now."""
    cdef View view = tensor.view
    cdef Tensor fresh
    cdef bint previous
    if view.made_at == tensor.version.count or not requires_grad(view.base):
        return 0
    check_view(tensor, True)
    previous = set_grad_mode(True)
    try:
        fresh = make_view_entry(view.base, tensor)
    finally:
        set_grad_mode(previous)
    adopt(tensor, fresh.entry, fresh.output)
    view.made_at = tensor.version.count
    return 0


cdef int adopt(Tensor tensor, Entry* entry, uint32_t output) except -1:
    """Make the tensor an output of another entry, or of none."""
    cdef Entry* previous = tensor.entry
    if entry != NULL:
        entry.refcount += 1
    if previous != NULL and previous.carry != NULL:
        move_retained(tensor, previous, entry, output)
    tensor.entry, tensor.output = entry, output
    tensor.flags &= ~REQUIRES_GRAD
    if previous != NULL:
        release(previous)
    return 0


cdef int move_retained(Tensor tensor, Entry* previous, Entry* entry, uint32_t output) except -1:
    """A kept gradient is that of the tensor as it is now; hooks stay with the old values."""
    reference = (<Carry>previous.carry).retained.get(tensor.output)
    if reference is not None and reference() is tensor:
        del (<Carry>previous.carry).retained[tensor.output]
        if entry != NULL:
            carry_of(entry).retained[output] = reference
    return 0


cdef object shape_tuple(Entry* entry, int output):
    """The shape of an entry's output."""
    cdef Tensor tensor
    if entry.flags & IS_LEAF:
        tensor = <Tensor>entry.op
        return size_tuple(PyArray_NDIM(tensor.array), PyArray_DIMS(tensor.array))
    return size_tuple(entry.outputs[output].ndim, entry.outputs[output].dims)


cdef Tensor wrap(ndarray array):
    """A new tensor over an array, off the tape."""
    cdef Tensor tensor = tensor_over(array)
    if was_inferring and inference_enabled():
        tensor.flags = IS_INFERENCE
    return tensor


cdef Tensor wrap_view(Tensor source, ndarray array, ViewKind kind):
    """A new tensor over part of the source's memory, off the tape but tied to it."""
    cdef Tensor tensor = tensor_over(array)
    cdef View view
    tensor.version = version_of(source)
    tensor.flags = source.flags & IS_INFERENCE
    if tensor.flags:
        return tensor           # nothing follows what becomes of it
    view = View.__new__(View)
    view.base = source if source.view is None else source.view.base
    view.made_at = tensor.version.count
    if not grad_enabled():
        view.kind = VIEW_MADE_IN_INFERENCE if inference_enabled() else VIEW_MADE_WITHOUT_GRAD
    elif kind == PLAIN_VIEW and source.view is not None:
        view.kind = source.view.kind
    else:
        view.kind = kind
    tensor.view = view
    return tensor
