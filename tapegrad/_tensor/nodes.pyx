"""Entries of the tape as Python sees them: nodes of the graph, hooks, a custom Function's context.

Nodes are views made on demand. What Python objects an entry has hang on its :class:`Carry`.
"""

cimport cython
from cpython.object cimport PyObject, PyTypeObject, visitproc
from cpython.ref cimport Py_INCREF, Py_REFCNT
from libc.stdint cimport uint32_t, uintptr_t
from numpy cimport npy_intp

from tapegrad._tape cimport IS_LEAF, Entry, move_saved, release, set_carry, visit_owned

import weakref
from collections import OrderedDict

from tapegrad._types import Size

cdef extern from "Python.h":
    ctypedef struct _SizeSlots "PyTypeObject":
        object (*tp_alloc)(PyTypeObject*, Py_ssize_t)
    void PyTuple_SET_ITEM(object, Py_ssize_t, object)
    ctypedef int (*traverse_function "traverseproc")(PyObject*, visitproc, void*) noexcept
    ctypedef struct _GarbageSlots "PyTypeObject":
        traverse_function tp_traverse

cdef dict node_types = {}
cdef object live_nodes = weakref.WeakValueDictionary()   # by entry, which a node keeps alive
cdef frozenset _PLAIN_NODES = frozenset({
    "AccumulateGrad", "CopySlices", "CopyBackwards", "Error", "NotImplemented"})


@cython.final
@cython.no_gc_clear   # the context is told in __dealloc__; cycles break in the dictionaries
cdef class Carry:
    def __cinit__(self):
        self.tensor_hooks, self.retained = {}, {}

    def __dealloc__(self):
        if self.context is not None:
            outlive(<Context>self.context)


cdef class Context:
    """What a custom Function's forward and backward share; ``autograd.Function`` builds on it."""

    def __cinit__(self):
        self.to_save = self.non_differentiable = self.dirty_tensors = self.needs_input_grad = ()
        self.materialize_grads = True

    def __dealloc__(self):
        if self.owns_entry:
            release(self.entry)


cdef int outlive(Context context) except -1:
    """Let a context that somebody still holds keep what its entry, which goes, had saved."""
    cdef Entry* entry = context.entry
    context.entry = NULL
    if entry != NULL and entry.n_saved > 0 and Py_REFCNT(context) > 2:   # the carry and this call
        context.entry, context.owns_entry = move_saved(entry), True
    return 0


cdef Carry carry_of(Entry* entry):
    """The entry's Python objects, made when first asked for."""
    if entry.carry == NULL:
        set_carry(entry, Carry.__new__(Carry))
    return <Carry>entry.carry


cdef object size_tuple(int ndim, const npy_intp* dims):
    """A Size made without the detour of a list; its memory is laid out as a tuple's."""
    cdef object size = (<_SizeSlots*>Size).tp_alloc(<PyTypeObject*>Size, ndim)
    cdef object number
    cdef int k
    for k in range(ndim):
        number = dims[k]
        Py_INCREF(number)
        PyTuple_SET_ITEM(size, k, number)
    return size


cdef str short_name(str grad_name):
    """A node's name as PyTorch's errors have it: ``Mul`` for MulBackward0."""
    if grad_name in _PLAIN_NODES:
        return f"torch::autograd::{grad_name}"
    name, _, number = grad_name.rpartition("Backward")
    return name if number in ("", "0") else name + number


def node_type(str name not None):
    """The class of the nodes of this name, made when first asked for."""
    if name not in node_types:
        node_types[name] = type(name, (Node,), {"__slots__": (), "__module__": "builtins"})
    return node_types[name]


cdef object node_of(Entry* entry):
    """The Python object that shows an entry; equal for the same entry, made on demand."""
    cdef Node node
    if entry == NULL:
        return None
    known = live_nodes.get(<uintptr_t>entry)
    if known is not None:
        return known
    kind = node_type("AccumulateGrad" if entry.flags & IS_LEAF else (<object>entry.op).grad_name)
    node = kind.__new__(kind)
    node.entry = entry
    entry.refcount += 1
    live_nodes[<uintptr_t>entry] = node
    return node


cdef splitter_function split_entry = NULL


cdef void register_splitter(splitter_function function) noexcept:
    """Hand in what makes two entries of one that stands for two of PyTorch's nodes."""
    global split_entry
    split_entry = function


cdef int split(Entry* entry) except -1:
    """Make two entries of one that stands for two of PyTorch's nodes; others stay as they are."""
    return split_entry(entry)


cdef object read_saved = None


def register_saved_reader(reader):
    """Hand in what reads a saved value: ``reader(node, name, is_raw)``, or an AttributeError."""
    global read_saved
    read_saved = reader


cdef object call_node = None


def register_node_caller(caller):
    """Hand in what a node does with gradients: ``caller(node, gradients)``."""
    global call_node
    call_node = caller


cdef class Node:
    """One operation of the graph, as ``grad_fn`` and ``next_functions`` show it."""

    def __call__(self, *gradients):
        """The gradients of its inputs, of those of its outputs."""
        return call_node(self, gradients)

    def __dealloc__(self):
        if self.entry != NULL:
            release(self.entry)

    def __eq__(self, other):
        return isinstance(other, Node) and self.entry == (<Node>other).entry

    def __hash__(self):
        return <Py_ssize_t>(<uintptr_t>self.entry >> 4)

    def __repr__(self):
        return f"<{type(self).__name__} object at {<uintptr_t>self.entry:#x}>"

    def name(self):
        """The name of the operation's backward."""
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in _PLAIN_NODES else name

    @property
    def next_functions(self):
        """The (node, output number) that each input's gradient goes to; (None, 0) for none."""
        cdef _EdgeView edge
        pairs = []
        for edge in self._edges():
            pairs.append((node_of(edge.entry), edge.output))
        return tuple(pairs)

    def _edges(self):
        cdef Entry* inner
        cdef uint32_t k
        found = []
        if self.entry == NULL or self.entry.flags & IS_LEAF:
            return found
        split(self.entry)
        found = [_EdgeView(<uintptr_t>self.entry.edges[k].entry, self.entry.edges[k].output)
                 for k in range(self.entry.n_edges)]
        if (<object>self.entry.op).grad_name == "CopySlices" and self.entry.n_edges == 2:
            # PyTorch shows the op that wrote through a view inside this node: its own inputs follow
            # the base. Here that op has an entry of its own, whose first input is the view.
            inner = self.entry.edges[1].entry
            if inner == NULL:
                return [found[0], _EdgeView(0, 0)]
            found[1:] = [_EdgeView(<uintptr_t>inner.edges[k].entry, inner.edges[k].output)
                         for k in range(1, inner.n_edges)]
        return found

    @property
    def variable(self):
        """The leaf tensor that an AccumulateGrad node accumulates into."""
        if self.entry == NULL or not self.entry.flags & IS_LEAF:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute 'variable'")
        return <object>self.entry.op

    @property
    def metadata(self):
        """A dictionary for the user's own notes."""
        carry = carry_of(self.entry)
        if carry.metadata is None:
            carry.metadata = {}
        return carry.metadata

    def register_hook(self, hook):
        """Call ``hook(grad_inputs, grad_outputs)`` after each backward of this node."""
        carry = carry_of(self.entry)
        if carry.post_hooks is None:
            carry.post_hooks = OrderedDict()
        return add_hook(carry.post_hooks, hook)

    def register_prehook(self, hook):
        """Call ``hook(grad_outputs)`` before each backward of this node."""
        carry = carry_of(self.entry)
        if carry.pre_hooks is None:
            carry.pre_hooks = OrderedDict()
        return add_hook(carry.pre_hooks, hook)

    def _sequence_nr(self):
        return self.entry.sequence

    def __getattr__(self, name):
        if self.entry != NULL and self.entry.carry != NULL:
            context = (<Carry>self.entry.carry).context
            if context is not None:
                return getattr(context, name)
        if self.entry != NULL and name.startswith("_saved_"):
            return read_saved(self, name.removeprefix("_saved_"))
        if self.entry != NULL and name.startswith("_raw_saved_"):
            return read_saved(self, name.removeprefix("_raw_saved_"), True)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


cdef int traverse_node(PyObject* self, visitproc visit, void* arg) noexcept:
    """Let the garbage collector see what hangs on the entries that only this node keeps alive."""
    cdef Entry* entry = (<Node>self).entry
    return 0 if entry == NULL else visit_owned(entry, visit, arg)


(<_GarbageSlots*>Node).tp_traverse = traverse_node


@cython.final
@cython.internal
cdef class _EdgeView:
    cdef Entry* entry
    cdef uint32_t output

    def __init__(self, uintptr_t entry, uint32_t output):
        self.entry, self.output = <Entry*>entry, output


class RemovableHandle:
    """Takes a hook away again: by ``remove()`` or at the end of a ``with`` block."""

    next_id = 0

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        self.extra_dict_ref = ()
        if isinstance(extra_dict, dict):
            self.extra_dict_ref = (weakref.ref(extra_dict),)
        elif isinstance(extra_dict, list):
            self.extra_dict_ref = tuple(weakref.ref(one) for one in extra_dict)

    def remove(self):
        """Take the hook away; a second call does nothing."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self):
        if self.extra_dict_ref:
            return self.hooks_dict_ref(), self.id, tuple(one() for one in self.extra_dict_ref)
        return self.hooks_dict_ref(), self.id

    def __setstate__(self, state):
        self.hooks_dict_ref = weakref.ref(OrderedDict() if state[0] is None else state[0])
        self.id = state[1]
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)
        self.extra_dict_ref = tuple(
            weakref.ref(OrderedDict() if one is None else one) for one in
            (state[2] if len(state) > 2 else ()))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()


cdef object add_hook(hooks, hook):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle
