"""Saved values: kept with the version that they had, given back on the edge that was recorded."""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from numpy cimport import_array, ndarray

from tapegrad._core.op cimport SAVES_OUTPUT, SAVES_SHAPE, Op, SlotPlan
from tapegrad._tape cimport (
    CONSTANT, FIRST_OUTPUT, IS_LEAF, PACKED, SAVED_WERE_FREED, Edge, Entry, Saved, free_saved, save,
)
from tapegrad._tensor.modes cimport anomaly_enabled, set_grad_mode
from tapegrad._tensor.nodes cimport Context, Node, carry_of, node_of, short_name, split
from tapegrad._tensor.tensor cimport (
    IS_INFERENCE, VIEW_OF_MULTI_OUTPUT, Tensor, Version, describe, refuse_view, requires_grad,
    tensor_over, version_of, wrap,
)

from tapegrad._tensor import register_saved_reader

import_array()

cdef extern from "Python.h":
    ctypedef struct _TypeName "PyTypeObject":
        const char* tp_name

cdef int saved_hooks_depth = 0       # over all threads: a quick test before the thread's own stack
cdef object saved_hooks = None


def _register_saved_hooks(stack):
    """Hand in the thread-local holder of saved-tensor hooks: ``stack.pairs`` is a list."""
    global saved_hooks
    saved_hooks = stack


def _count_saved_hooks(int change):
    global saved_hooks_depth
    saved_hooks_depth += change


cpdef int check_savable(Tensor tensor) except -1:
    """Refuse to save a tensor that was made in inference mode: its writes are not counted."""
    if tensor.flags & IS_INFERENCE:
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
            "inference mode in computation tracked by autograd. To work around this, you can make "
            "a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` "
            "instead of `torch.inference_mode()`.")
    return 0


cdef int save_tensor(Saved* saved, Tensor tensor, int source) except -1:
    """Save a tensor's array with the version it has now, or what a saved-tensor hook packs."""
    cdef Version version
    check_savable(tensor)
    if saved_hooks_depth > 0 and pack_saved(saved, tensor, source):
        return 0
    version = version_of(tensor)
    save(saved, tensor.array, version, version.count, source)
    return 0


cdef bint pack_saved(Saved* saved, Tensor tensor, int source) except -1:
    """Let the innermost saved-tensor hook of this thread pack the tensor, if there is one."""
    cdef object pairs = getattr(saved_hooks, "pairs", None)
    cdef Tensor plain
    if not pairs:
        return False
    pack, unpack = pairs[-1]
    if isinstance(pack, str):
        raise RuntimeError(pack)
    plain = tensor
    # An output would hold its entry, and that what is kept of the output: a cycle.
    if requires_grad(tensor) or source <= FIRST_OUTPUT:
        plain = wrap(tensor.array)
    plain.version = version_of(tensor)
    save(saved, (unpack, packed_by(pack, plain), source), None, 0, PACKED)
    return True


cdef object packed_by(pack, Tensor plain):
    """What a hook packs of a tensor that is off the tape, and that it may not write."""
    cdef uint32_t count = plain.version.count
    cdef bint previous = set_grad_mode(False)
    try:
        packed = pack(plain)
    finally:
        set_grad_mode(previous)
    if plain.version.count != count:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to pack hook cannot be modified by in-place operations as this can lead to unexpected "
            "side-effects. Please open an issue if you need to perform in-place operations on the "
            "input to a pack hook.")
    return packed


cdef int announce_write(Tensor target) except -1:
    """Tell the block that lets saved tensors be written, if this thread is in one, of a write."""
    cdef object block
    if saved_hooks_depth > 0:
        block = getattr(saved_hooks, "mutation", None)
        if block is not None:
            block.keep_before_write(target)
    return 0


cdef object unwrap_saved(Entry* entry, int slot):
    """A saved value as a formula reads it: tensors come back on the edge that was recorded."""
    cdef Saved* saved = &entry.saved[slot]
    cdef Tensor tensor
    cdef int source = saved.source
    if saved.value == NULL:
        if entry.flags & SAVED_WERE_FREED:
            raise_freed()
        return None
    if source == CONSTANT:
        return <object>saved.value
    if source == PACKED:
        unpack, packed, source = <tuple>saved.value
        unpacked = unpack(packed)
        if not isinstance(unpacked, Tensor):
            raise TypeError("Output of saved tensor unpack_hook expected to be a Tensor but got "
                            f"result of type {type(unpacked).__name__}")
        if not requires_grad(<Tensor>unpacked) and (
                entry.edges[source].entry == NULL if source >= 0 else source > FIRST_OUTPUT):
            return unpacked
        tensor = wrap((<Tensor>unpacked).array)
    else:
        check_unchanged(entry, saved)
        if source >= 0 and entry.edges[source].entry != NULL \
                and entry.edges[source].entry.flags & IS_LEAF:
            tensor = <Tensor>entry.edges[source].entry.op
            if <PyObject*>tensor.array == saved.value:
                return tensor
        tensor = tensor_over(<ndarray>saved.value)
        if saved.version != NULL:
            tensor.version = <Version>saved.version
    if source >= 0:
        attach(tensor, entry.edges[source].entry, entry.edges[source].output)
    elif source <= FIRST_OUTPUT:
        attach(tensor, entry, FIRST_OUTPUT - source)
    return tensor


cdef inline int check_unchanged(Entry* entry, Saved* saved) except -1:
    """Refuse what was written since it was saved."""
    if saved.version != NULL and (<Version>saved.version).count != saved.expected:
        raise_modified(entry, saved, <Version>saved.version)
    return 0


cdef object whole_or_unwrapped(Entry* entry, int slot, Tensor whole):
    """The tensor itself that a custom Function saved, where it is kept whole; else unwrapped.

    One that was detached in place since has lost the edge that was recorded.
    """
    cdef int source = entry.saved[slot].source
    if whole is None or source == PACKED or entry.saved[slot].value == NULL or (
            whole.entry == NULL and source >= 0 and entry.edges[source].entry != NULL
            and not entry.edges[source].entry.flags & IS_LEAF):
        return unwrap_saved(entry, slot)
    check_unchanged(entry, &entry.saved[slot])
    return whole


cdef inline void attach(Tensor tensor, Entry* entry, uint32_t output) noexcept:
    if entry != NULL:
        entry.refcount += 1
        tensor.entry, tensor.output = entry, output


def saved_value(Node node not None, str name, bint is_raw=False):
    """What a node saved, by PyTorch's names: ``self``, ``result``, or another argument's.

    If ``is_raw``, the place where it is kept.
    """
    cdef Op op
    cdef int s
    if not node.entry.flags & IS_LEAF:
        split(node.entry)
        op = <Op>node.entry.op
        for s in range(op.n_slots):
            if op.slots[s].kind != SAVES_SHAPE and saved_name(op, &op.slots[s]) == name:
                return raw_saved(node, s) if is_raw else unwrap_saved(node.entry, s)
    raise AttributeError(f"'{type(node).__name__}' object has no attribute "
                         f"'_{'raw_' if is_raw else ''}saved_{name}'")


cdef str saved_name(Op op, SlotPlan* plan):
    if plan.kind == SAVES_OUTPUT:
        return "result" if plan.index == 0 else f"result{plan.index}"
    name = op.params[plan.index]
    return "self" if name == "input" else name


register_saved_reader(saved_value)


@cython.final
cdef class SavedTensor:
    """The place where a node keeps a tensor; hooks of its own may pack and unpack that one.

    Nodes make it, as ``node._raw_saved_self``; it cannot be created.
    Source: https://docs.pytorch.org/docs/2.13/notes/autograd.html#hooks-for-saved-tensors
    """

    cdef Node node                      # whose entry has the slot
    cdef int slot

    def __init__(self):
        raise RuntimeError("Trying to create a SavedTensor object from Python is forbidden.")

    def register_hooks(self, *args, **kwargs):
        """Keep ``pack(tensor)`` instead of the tensor; ``unpack`` gives it back when it is read.

        RuntimeError where there are hooks already, no tensor, or none any more.
        """
        if kwargs or len(args) != 2 or not callable(args[0]) or not callable(args[1]):
            refuse_arguments((self, *args), kwargs)
        pack_place(self.node.entry, self.slot, args[0], args[1])


(<_TypeName*>SavedTensor).tp_name = "torch._C._autograd.SavedTensor"


cdef SavedTensor raw_saved(Node node, int slot):
    cdef SavedTensor place = SavedTensor.__new__(SavedTensor)
    place.node, place.slot = node, slot
    return place


cdef int pack_place(Entry* entry, int slot, pack, unpack) except -1:
    """Let hooks of its own pack what was saved in a slot."""
    cdef Saved* saved = &entry.saved[slot]
    cdef int source = saved.source
    cdef Tensor plain
    if saved.value == NULL or source == CONSTANT:
        if entry.flags & SAVED_WERE_FREED:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved "
                "intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the "
                "graph a second time or if you need to access saved variables after calling "
                "backward.")
        raise RuntimeError("Calling register_hooks on a saved tensor with value None is forbidden")
    if source == PACKED:
        raise RuntimeError(
            "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: "
            "only one pair of hooks is allowed at a time.")
    plain = wrap(<ndarray>saved.value)
    if saved.version != NULL:
        plain.version = <Version>saved.version
    version_of(plain)
    packed = packed_by(pack, plain)
    if saved.source == source and saved.value != NULL:     # else the hook has freed or packed it
        free_saved(saved)
        save(saved, (unpack, packed, source), None, 0, PACKED)
        if (<Op>entry.op).is_function:
            forget_whole(<Context?>carry_of(entry).context, slot)
    return 0


cdef int forget_whole(Context context, int slot) except -1:
    cdef int k
    context.to_save = tuple([None if k == slot else context.to_save[k]
                             for k in range(len(context.to_save))])
    return 0


cdef int refuse_arguments(tuple args, dict named) except -1:
    """PyTorch's text, of its binding to C++."""
    given = ", ".join([repr(one) for one in args])
    if named:
        given += "; kwargs: " + ", ".join([f"{name}={value!r}" for name, value in named.items()])
    raise TypeError(
        "register_hooks(): incompatible function arguments. The following argument types are "
        "supported:\n    1. (self: torch._C._autograd.SavedTensor, arg0: "
        "collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\n"
        f"Invoked with: {given}")


def raw_saved_tensors_of(Context context not None):
    """The places of the tensors that a custom Function saved."""
    cdef uint32_t k
    if context.entry == NULL:
        return ()
    if context.entry.flags & SAVED_WERE_FREED:
        raise_freed()
    return tuple([raw_saved(node_of(context.entry), k) for k in range(context.entry.n_saved)])


cdef void free_slots(Op op, Entry* entry) noexcept:
    """Drop what a sweep will not read again: tensors and the numbers in their places.

    Attributes stay, as in PyTorch: a second sweep through ``sum(dim)`` still knows its ``dim``.
    """
    cdef uint32_t s
    cdef Saved* saved
    for s in range(entry.n_saved):
        saved = &entry.saved[s]
        if saved.value != NULL and (saved.source != CONSTANT or op.dropped_slots >> s & 1):
            free_saved(saved)
            entry.flags |= SAVED_WERE_FREED
    if op.is_function:
        (<Context>carry_of(entry).context).to_save = ()


cdef int raise_freed() except -1:
    raise RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.")


cdef int raise_modified(Entry* entry, Saved* saved, Version version) except -1:
    """PyTorch's report of a changed buffer, then who saved and who wrote."""
    split(entry)
    hint = ("the backtrace further above shows the operation that failed to compute its gradient. "
            "The variable in question was changed in there or anywhere later. Good luck!"
            if anomaly_enabled() else
            "enable anomaly detection to find the operation that failed to compute its gradient, "
            "with torch.autograd.set_detect_anomaly(True, check_nan=False).")
    raise RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {describe(<ndarray>saved.value)}{origin_of(entry, saved, version)} is at "
        f"version {version.count}; expected version {saved.expected} instead. Hint: {hint} The "
        f"tensor was saved by {type(node_of(entry)).__name__} and last written by "
        f"{version.writer}.")


cdef str origin_of(Entry* entry, Saved* saved, Version version):
    """Which output of which node a changed tensor is now; an entry's own output stays its own."""
    cdef Edge edge
    if saved.source <= FIRST_OUTPUT:
        return named_output(FIRST_OUTPUT - saved.source, (<Op>entry.op).grad_name)
    if saved.source < 0:
        return ""
    edge = entry.edges[saved.source]
    if edge.entry == NULL:
        # Without an entry when it was saved; a recorded write has made one since.
        name = version.maker
        if name is not None and not (<object>saved.value).flags.owndata:
            name = "AsStridedBackward0"
        return "" if name is None else named_output(0, name)
    if edge.entry.flags & IS_LEAF:
        return ""
    if (<Op>edge.entry.op).is_view:
        if (<Op>edge.entry.op).has_many_outputs:
            refuse_view(VIEW_OF_MULTI_OUTPUT, edge.entry, edge.output, True)
        return named_output(0, "AsStridedBackward0")
    return named_output(edge.output, version.maker or (<Op>edge.entry.op).grad_name)


cdef str named_output(uint32_t output, str grad_name):
    return f", which is output {output} of {short_name(grad_name)},"
