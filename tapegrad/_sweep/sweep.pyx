"""The reverse sweep: from roots down to the leaves, through what is reachable and nothing else.

What waits in a sweep belongs to the sweep, never to the entries: sweeps can nest (``backward``
inside a hook or a Function) and overlap (threads). Sequence numbers are a topological order, so the
entry with the highest number among those that wait has all its gradient.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from numpy cimport PyArray_TYPE, import_array

from tapegrad._core.op cimport (
    FROM_GRADIENT, FROM_GRADIENTS, FROM_SHAPE, FROM_SLOT, MAX_FORMULA_ARGS, FormulaArg, Op,
    ParamKind, run_op,
)
from tapegrad._core.saved cimport free_slots, unwrap_saved
from tapegrad._kernels.iteration cimport fill
from tapegrad._kernels.kernel cimport is_float
from tapegrad._kernels.memory cimport allocate
from tapegrad._sweep.gradients cimport add, conform, convert, described, expected_at, has_shape
from tapegrad._sweep.hooks cimport (
    check_nan, report_trace, run_function, run_hooks, run_node_post_hooks, run_node_pre_hooks,
    run_output_hooks,
)
from tapegrad._sweep.leaves cimport accumulate
from tapegrad._sweep.products cimport OuterProduct, Products, computed, products_after
from tapegrad._tape cimport (
    IS_LEAF, IS_SPLIT_OFF, PACKED, SAVED_WERE_FREED, Edge, Entry, OutputShape, connect, release,
)
from tapegrad._tensor.modes cimport (
    anomaly_checks_nan, anomaly_enabled, grad_enabled, set_evaluated, set_grad_mode,
)
from tapegrad._tensor.nodes cimport Carry, Node, size_tuple, split
from tapegrad._tensor.tensor cimport Tensor, edge_of, requires_grad, shape_tuple, wrap

from tapegrad._tensor import register_node_caller

import threading

import_array()

cdef extern from "pending.h":
    ctypedef struct tg_pending_item:
        uint64_t sequence
        void* entry
        void* value
    ctypedef struct tg_pending:
        tg_pending_item top
    void tg_pending_free(tg_pending*) noexcept
    void** tg_pending_find(tg_pending*, const void*) noexcept
    int tg_pending_push(tg_pending*, void*, uint64_t, void*) noexcept
    tg_pending_item tg_pending_pop(tg_pending*) noexcept

cdef extern from "Python.h":
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)

cdef extern from *:
    """
    static _Thread_local void *tg_running_sweep;
    static _Thread_local int tg_sweep_depth;
    """
    void* tg_running_sweep
    int tg_sweep_depth

cdef uint64_t n_sweeps = 0
cdef enum:
    MOST_NESTED = 60    # sweeps in a thread, as in PyTorch: each takes frames of the interpreter


@cython.final
@cython.internal
@cython.freelist(4)
cdef class Sweep:
    """One run of backward: which entries wait, with which gradients, and what to do with them."""

    # What waits for an entry is owned: a tensor or None, a list of them for several outputs.
    cdef tg_pending pending
    cdef bint retain_graph
    cdef bint create_graph
    cdef dict captures         # (entry address, output) -> positions among the inputs, or None
    cdef set needed            # addresses of the entries that lead to an input, or None
    cdef list captured
    cdef list starts           # where it began
    cdef dict unpacked         # by slot, what hooks gave for the entry at hand, or None
    cdef uint64_t number       # which sweep of the process it is, from 1
    cdef list callbacks        # what to call at its end, or None

    def __dealloc__(self):
        cdef tg_pending_item item = tg_pending_pop(&self.pending)
        while item.entry != NULL:
            Py_XDECREF(<PyObject*>item.value)
            release(<Entry*>item.entry)
            item = tg_pending_pop(&self.pending)
        tg_pending_free(&self.pending)

    cdef int give(self, Edge* edge, object gradient) except -1:
        """Add a gradient to what waits at an edge's end; None counts as arrived but is no value."""
        cdef Entry* entry = edge.entry
        cdef void** place
        cdef object waiting
        if self.needed is not None and not self.leads_to_input(edge):
            return 0
        place = tg_pending_find(&self.pending, entry)
        if entry.n_outputs == 1:
            if place == NULL:
                return self.wait(entry, gradient)
            if gradient is None:
                return 0
            waiting = <object>place[0]
            # Out of the table while they are added: then the sum may be all that is left of it.
            Py_DECREF(waiting)
            Py_INCREF(None)
            place[0] = <PyObject*>None
            if type(waiting) is Products:
                (<Products>waiting).take(gradient)
            else:
                waiting = gradient if waiting is None else self.total(waiting, gradient)
            place = tg_pending_find(&self.pending, entry)
            Py_INCREF(waiting)
            place[0] = <PyObject*>waiting
            return 0
        if place == NULL:
            self.wait(entry, [None] * entry.n_outputs)
            place = tg_pending_find(&self.pending, entry)
        if gradient is not None:
            holder = <list>place[0]
            holder[edge.output] = gradient if holder[edge.output] is None else \
                self.total(holder[edge.output], gradient)
        return 0

    cdef int wait(self, Entry* entry, object gradient) except -1:
        """Let an entry wait that does not yet."""
        if tg_pending_push(&self.pending, entry, entry.sequence, <PyObject*>gradient) < 0:
            raise MemoryError("backward could not get memory for the gradients that wait")
        Py_INCREF(gradient)
        entry.refcount += 1
        return 0

    cdef object total(self, object waiting, Tensor gradient):
        """The sum of two gradients of a tensor."""
        return add(waiting, gradient)

    cdef bint leads_to_input(self, Edge* edge) except -1:
        return self.is_needed(edge.entry) or \
            (<uintptr_t>edge.entry, edge.output) in self.captures

    cdef bint is_needed(self, Entry* entry) except -1:
        return <uintptr_t>entry in self.needed or (
            entry.flags & IS_SPLIT_OFF and self.leads_to_input(&entry.edges[0]))

    cdef int run(self) except -1:
        """Work off what waits, newest entry first."""
        cdef tg_pending_item item = tg_pending_pop(&self.pending)
        cdef Entry* entry
        cdef object gradient
        while item.entry != NULL:
            entry = <Entry*>item.entry
            gradient = <object>item.value
            Py_DECREF(gradient)
            try:
                if entry.flags & IS_LEAF:
                    if type(gradient) is Products:
                        gradient = (<Products>gradient).total()
                    self.finish_leaf(entry, gradient)
                else:
                    self.pass_entry(entry, gradient)
            finally:
                gradient = None
                release(entry)
            item = tg_pending_pop(&self.pending)
        return 0

    cdef int pass_entry(self, Entry* entry, object holder) except -1:
        """Turn the gradients of an entry's outputs into those of its inputs."""
        cdef Op op = <Op>entry.op
        if op.keeps_between and (self.create_graph or anomaly_enabled()):
            split(entry)                # or what is between could not be differentiated, or named
        if entry.carry != NULL:
            split(entry)                # hooks see PyTorch's graph
            holder = run_output_hooks(entry, holder)
        if self.captures is not None:
            self.capture(entry, holder)
            if not self.is_needed(entry):
                return 0
        op = <Op>entry.op
        if entry.flags & SAVED_WERE_FREED:
            check_not_freed(op, entry)
        if entry.carry == NULL and not op.is_function and not anomaly_enabled():
            if op.is_joint:
                self.apply_joint(op, entry, holder)
            else:
                self.apply_formulas(op, entry, holder)
        else:
            self.apply_watched(op, entry, holder)
        self.unpacked = None
        if not self.retain_graph:
            free_slots(op, entry)
        return 0

    cdef object unpack(self, Entry* entry, int slot):
        """What a saved-tensor hook gives for a slot: asked once, however many formulas read it."""
        if self.unpacked is None:
            self.unpacked = {}
        if slot not in self.unpacked:
            self.unpacked[slot] = unwrap_saved(entry, slot)
        return self.unpacked[slot]

    cdef int apply_formulas(self, Op op, Entry* entry, object holder) except -1:
        """The common case: one formula an input."""
        cdef uint32_t e
        cdef object result
        for e in range(entry.n_edges):
            if entry.edges[e].entry == NULL or not self.is_wanted(&entry.edges[e]):
                continue
            if entry.edges[e].entry.flags & IS_LEAF and self.joins_products(op, e, entry, holder):
                continue
            result = evaluate(op, e, entry, holder, self)
            self.route(entry, e, result)
        return 0

    cdef bint joins_products(self, Op op, uint32_t e, Entry* entry, object holder) except -1:
        """Put a product off that a leaf gets beside others, to compute them all as one."""
        cdef Entry* leaf = entry.edges[e].entry
        cdef void** place
        cdef object formula = op.formulas[e]
        cdef FormulaArg* plan = &op.formula_args[e][0]
        if self.create_graph or holder is None:
            return False
        if type(formula) is str:            # the first use must go the way of all others
            formula = resolve_formula(op, e)
        if type(formula) is not Op or not (<Op>formula).is_outer:
            return False
        place = tg_pending_find(&self.pending, leaf)
        if place == NULL or <PyObject*>place[0] == <PyObject*>None:
            return False
        return self.put_off(leaf, formula_argument(&plan[0], entry, holder, self),
                            formula_argument(&plan[1], entry, holder, self))

    cdef bint put_off(self, Entry* leaf, object a, object b) except -1:
        """Let the product ``a.T @ b`` wait at a leaf for others like it, if that pays."""
        cdef void** place = tg_pending_find(&self.pending, leaf)
        cdef object waiting = None if place == NULL else <object>place[0]
        cdef Products products
        if type(waiting) is Products:
            return (<Products>waiting).join((<Tensor>leaf.op).array, a, b)
        products = products_after(waiting)
        if not products.join((<Tensor>leaf.op).array, a, b):
            return False
        if place == NULL:
            self.wait(leaf, products)
            return True
        Py_INCREF(products)
        Py_DECREF(waiting)
        place[0] = <PyObject*>products
        return True

    cdef int apply_joint(self, Op op, Entry* entry, object holder) except -1:
        """One formula that gives the gradients of all inputs."""
        cdef uint32_t e
        cdef object result, results = evaluate(op, 0, entry, holder, self)
        if results is None:
            results = (None,) * entry.n_edges
        for e in range(entry.n_edges):
            if entry.edges[e].entry == NULL:
                continue
            result = results[e]
            if type(result) is OuterProduct:
                if entry.edges[e].entry.flags & IS_LEAF and self.put_off(
                        entry.edges[e].entry, (<OuterProduct>result).left,
                        (<OuterProduct>result).right):
                    continue
                result = computed(result)
            self.route(entry, e, result)
        return 0

    cdef int apply_watched(self, Op op, Entry* entry, object holder) except -1:
        """As above for entries with hooks, for custom Functions and in anomaly mode."""
        cdef uint32_t e
        cdef Carry carry = None if entry.carry == NULL else <Carry>entry.carry
        cdef tuple outputs = (holder,) if entry.n_outputs == 1 else tuple(holder)
        cdef object results
        cdef Entry* previous
        if carry is not None and carry.pre_hooks:
            outputs = run_node_pre_hooks(carry, outputs)
        previous = set_evaluated(entry if anomaly_enabled() else NULL)
        try:
            results = self.results_of(op, entry, carry, outputs)
        except Exception:
            if anomaly_enabled():
                report_trace(entry, carry)
            raise
        finally:
            set_evaluated(previous)
        if anomaly_checks_nan():
            check_nan(entry, carry, results)
        if carry is not None and carry.post_hooks:
            results = run_node_post_hooks(carry, results, outputs)
        for e in range(entry.n_edges):
            if entry.edges[e].entry != NULL:
                self.give(&entry.edges[e], results[e])
        return 0

    cdef tuple results_of(self, Op op, Entry* entry, Carry carry, tuple outputs):
        """The gradients of an entry's inputs, of those of its outputs."""
        cdef uint32_t e
        cdef object results, holder = outputs[0] if entry.n_outputs == 1 else list(outputs)
        if op.is_function:
            results = run_function(op, entry, carry, outputs)
        elif op.is_joint:
            results = evaluate(op, 0, entry, holder, self) or (None,) * entry.n_edges
        else:
            results = tuple([
                evaluate(op, e, entry, holder, self)
                if entry.edges[e].entry != NULL and self.is_wanted(&entry.edges[e]) else None
                for e in range(entry.n_edges)])
        return tuple([
            conform(entry, e, computed(results[e])) if entry.edges[e].entry != NULL else None
            for e in range(entry.n_edges)])

    cdef bint is_wanted(self, Edge* edge) except -1:
        return self.needed is None or self.leads_to_input(edge)

    cdef int route(self, Entry* entry, uint32_t e, object result) except -1:
        """Hand a formula's result to its edge, in the shape and dtype expected there."""
        if result is not None:
            result = conform(entry, e, result)
        return self.give(&entry.edges[e], result)

    cdef int capture(self, Entry* entry, object holder) except -1:
        """Keep the gradients that were asked for."""
        cdef uint32_t output
        for output in range(entry.n_outputs):
            positions = self.captures.get((<uintptr_t>entry, output))
            if positions is not None:
                for position in positions:
                    self.captured[position] = holder if entry.n_outputs == 1 else holder[output]
        return 0

    cdef int finish_leaf(self, Entry* entry, object gradient) except -1:
        """Run a leaf's hooks and accumulate, or capture, its gradient."""
        cdef Tensor leaf = <Tensor>entry.op
        if leaf.hooks:
            return self.take(entry, leaf, run_hooks(leaf.hooks, gradient))
        return self.take(entry, leaf, gradient)

    cdef int take(self, Entry* entry, Tensor leaf, Tensor gradient) except -1:
        # Only the caller holds the gradient: a further name for it here would cost a copy.
        if self.captures is not None:
            return self.capture(entry, gradient)
        if entry.carry == NULL:
            return accumulate(leaf, gradient, self.create_graph)
        return accumulate_watched(entry, <Carry>entry.carry, gradient, self.create_graph)


cdef int accumulate_watched(Entry* entry, Carry carry, object gradient,
                            bint create_graph) except -1:
    """Accumulate into a leaf whose node has hooks."""
    cdef tuple outputs = (gradient,)
    if carry.pre_hooks:
        outputs = run_node_pre_hooks(carry, outputs)
    # The tuple holds it, and the caller if it is still the same; both show it to none but hooks.
    accumulate(<Tensor>entry.op, outputs[0], create_graph, 1 + (outputs[0] is gradient))
    if carry.post_hooks:
        run_node_post_hooks(carry, (), outputs)
    return 0


include "formulas.pxi"
include "node_calls.pxi"
include "roots.pxi"
