"""Recording: the entry that an operation leaves on the tape, its edges and what it saves."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint32_t
from numpy cimport PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray, npy_intp

from tapegrad._core.op cimport SAVES_OUTPUT, SAVES_SHAPE, Op, SlotPlan, run_op
from tapegrad._core.saved cimport save_tensor, saved_hooks_depth
from tapegrad._kernels.kernel cimport is_float
from tapegrad._tape cimport (
    CONSTANT, FIRST_OUTPUT, IS_LEAF, IS_SPLIT_OFF, SAVED_WERE_FREED, Edge, Entry, Saved,
    describe_output, new_entry, release, save, stamp,
)
from tapegrad._tensor.modes cimport anomaly_enabled, evaluated_entry
from tapegrad._tensor.nodes cimport Carry, carry_of, node_of, register_splitter
from tapegrad._tensor.tensor cimport Tensor, adopt, edge_of, shape_tuple, wrap

import_array()

cdef object trace_maker = None


def _register_trace_maker(maker):
    """Hand in what anomaly mode keeps of an entry, given its node and what it made.

    An in-place operation is recorded before it writes: what it makes still has the old values.
    """
    global trace_maker
    trace_maker = maker


cdef int note_trace(Entry* entry, object made) except -1:
    """Keep what the trace maker says of an entry that made a tensor, or a list of them."""
    cdef Carry carry = carry_of(entry)
    carry.trace = trace_maker(node_of(entry), made)
    carry.parent = node_of(evaluated_entry())
    return 0


cdef int record_single(Op op, PyObject** args, Py_ssize_t n, Tensor out) except -1:
    """Append an entry with one output and make the tensor that output."""
    cdef ndarray array = out.array
    cdef Entry* entry
    if op.inner is not None and saved_hooks_depth > 0:
        return record_apart(op, args, n, out, None)
    entry = new_entry(op, op.n_edges if not op.takes_sequence else <int>len(<object>args[0]),
                      op.n_slots, 1, PyArray_NDIM(array))
    out.entry, out.output = entry, 0        # which owns it from now on, also if the rest fails
    connect_edges(op, args, n, entry)
    describe_output(entry, 0, PyArray_TYPE(array), PyArray_NDIM(array), PyArray_DIMS(array))
    if op.n_slots > 0:
        save_slots(op, entry, args, out, None, None)
    if anomaly_enabled():
        note_trace(entry, out)
    return 0


cdef int record_apart(Op op, PyObject** args, Py_ssize_t n, Tensor out, list outputs) except -1:
    """Record an op that stands for two as these two, so that hooks pack what PyTorch's pack."""
    cdef PyObject* stack[32]
    cdef Py_ssize_t k
    cdef int param = op.edge_param[op.inner_edge]
    cdef object between = run_op(op.inner, args + param, 1)
    for k in range(n):
        stack[k] = args[k] if k != param else <PyObject*>between
    if outputs is None:
        return record_single(op.outer, stack, n, out)
    return record(op.outer, stack, n, outputs)


cdef int record(Op op, PyObject** args, Py_ssize_t n, list outputs) except -1:
    """Append an entry with several outputs; integer ones stay off the tape."""
    cdef Entry* entry
    cdef Tensor out
    cdef int k, total_dims = 0, n_outputs = op.n_recorded or <int>len(outputs)
    if op.inner is not None and (saved_hooks_depth > 0 or anomaly_enabled()):
        return record_apart(op, args, n, None, outputs)
    for k in range(n_outputs):
        total_dims += PyArray_NDIM((<Tensor>outputs[k]).array)
    entry = start_entry(op, args, n, n_outputs, total_dims)
    try:
        for k in range(n_outputs):
            out = outputs[k]
            describe_output(entry, k, PyArray_TYPE(out.array), PyArray_NDIM(out.array),
                            PyArray_DIMS(out.array))
        save_slots(op, entry, args, None, outputs, None)
        if anomaly_enabled():
            note_trace(entry, outputs)
        for k in range(n_outputs):
            out = outputs[k]
            if is_float(PyArray_TYPE(out.array)):
                adopt(out, entry, k)
    finally:
        release(entry)
    return 0


cdef Entry* start_entry(Op op, PyObject** args, Py_ssize_t n, int n_outputs,
                        int total_dims) except NULL:
    """An entry with its edges connected, owned once by the caller."""
    cdef int n_edges = op.n_edges if not op.takes_sequence else <int>len(<object>args[0])
    cdef Entry* entry = new_entry(op, n_edges, op.n_slots, n_outputs, total_dims)
    try:
        connect_edges(op, args, n, entry)
    except BaseException:
        release(entry)
        raise
    return entry


cdef int connect_edges(Op op, PyObject** args, Py_ssize_t n, Entry* entry) except -1:
    """Lead an entry's edges to its differentiable arguments, and put it at the end of the tape."""
    cdef int e
    cdef object arg
    if op.takes_sequence:
        for e, arg in enumerate(<object>args[0]):
            edge_of(<Tensor>arg, &entry.edges[e])
    else:
        for e in range(op.n_edges):
            if op.edge_param[e] < n and isinstance(<object>args[op.edge_param[e]], Tensor):
                edge_of(<Tensor>args[op.edge_param[e]], &entry.edges[e])
    if op.inner is not None:
        stamp(entry)            # a number is left for the entry that a split puts before this one
    stamp(entry)
    return 0


cdef int save_slots(Op op, Entry* entry, PyObject** args, Tensor out, list outputs,
                    ndarray overwritten) except -1:
    """Save what the formulas of the edges that want a gradient will read, and nothing else.

    ``overwritten`` replaces the first argument's array where an in-place op is about to change it.
    """
    cdef int s
    cdef uint32_t wanted = wanted_edges(op, entry)
    cdef SlotPlan* plan
    for s in range(op.n_slots):
        plan = &op.slots[s]
        if not plan.needed_by & wanted:
            continue
        if plan.kind == SAVES_OUTPUT:
            if out is None and outputs is None:
                continue                # an in-place op's: saved after the write
            save_tensor(&entry.saved[s], out if outputs is None else outputs[plan.index],
                        FIRST_OUTPUT - plan.index if plan.index < entry.n_outputs
                        else FIRST_OUTPUT + 1)
        elif plan.kind == SAVES_SHAPE:
            if entry.edges[plan.index].entry == NULL:
                save(&entry.saved[s], (<object>args[op.edge_param[plan.index]]).shape, None, 0,
                     CONSTANT)
        elif plan.index == 0 and overwritten is not None:
            if saved_hooks_depth > 0:
                save_tensor(&entry.saved[s], wrap(overwritten), 0)
            else:
                save(&entry.saved[s], overwritten, None, 0, 0)
        else:
            save_argument(&entry.saved[s], <object>args[plan.index], plan.source)
    return 0


cdef uint32_t wanted_edges(Op op, Entry* entry) noexcept:
    """The edges that want a gradient, as bits; all of them for an op on a list of tensors."""
    cdef int e
    cdef uint32_t wanted = 0
    if op.takes_sequence:
        return ~<uint32_t>0
    for e in range(op.n_edges):
        if entry.edges[e].entry != NULL:
            wanted |= (<uint32_t>1) << e
    return wanted


cdef inline int save_argument(Saved* saved, object value, int source) except -1:
    if isinstance(value, Tensor):
        return save_tensor(saved, <Tensor>value, source)
    save(saved, value, None, 0, CONSTANT)
    return 0


cdef int split_in_two(Entry* entry) except -1:
    """Make the two entries of PyTorch's graph out of one that stands for both.

    Training never asks; what shows the graph, hooks on it, and texts that name its nodes do. The
    entry becomes the outer op, whose formulas read the same slots, and gets the inner one as input.
    """
    cdef Op op = <Op>entry.op
    cdef Edge* edge
    cdef Entry* inner
    cdef Saved* saved
    cdef int s
    cdef ndarray array
    if entry.flags & IS_LEAF or op.inner is None:
        return 0
    edge = &entry.edges[op.inner_edge]
    if edge.entry != NULL:
        inner = new_entry(op.inner, 1, op.inner.n_slots, 1, 2)
        inner.sequence = entry.sequence - 1
        inner.flags = IS_SPLIT_OFF | entry.flags & SAVED_WERE_FREED
        inner.edges[0] = edge[0]
        edge.entry, edge.output = inner, 0
        describe_inner(inner)
        if op.keeps_between:
            hand_on_between(entry, inner)
    for s in range(op.outer.n_slots):
        saved = &entry.saved[s]
        if op.slots[s].index == op.edge_param[op.inner_edge] and saved.value != NULL:
            array = op.inner.forward(<object>saved.value)
            Py_INCREF(array)
            Py_DECREF(<object>saved.value)
            saved.value = <PyObject*>array
    Py_INCREF(op.outer)
    entry.op = <PyObject*>op.outer
    Py_DECREF(op)
    return 0


cdef int hand_on_between(Entry* entry, Entry* inner) except -1:
    """Let the inner entry have saved its result, which one entry for both kept in its last slot."""
    cdef Op op = <Op>inner.op
    cdef Saved* kept = &entry.saved[entry.n_saved - 1]
    cdef int s
    for s in range(op.n_slots):
        if op.slots[s].kind == SAVES_OUTPUT:
            inner.saved[s] = kept[0]
            inner.saved[s].source = FIRST_OUTPUT
        else:
            save(&inner.saved[s], op.defaults[op.slots[s].index - 1], None, 0, CONSTANT)
    kept.value = kept.version = NULL
    return 0


cdef int describe_inner(Entry* inner) except -1:
    """Note the shape of an inner entry's output: its input's, or turned where it is a transpose."""
    cdef npy_intp dims[2]
    cdef Edge* edge = &inner.edges[0]
    rows, columns = shape_tuple(edge.entry, edge.output)
    dims[0], dims[1] = (columns, rows) if (<Op>inner.op).is_view else (rows, columns)
    describe_output(inner, 0, type_number_at(edge), 2, dims)
    return 0


cdef int type_number_at(Edge* edge) noexcept:
    if edge.entry.flags & IS_LEAF:
        return PyArray_TYPE((<Tensor>edge.entry.op).array)
    return edge.entry.outputs[edge.output].type_number


register_splitter(split_in_two)
