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
)
from tapegrad._core.saved cimport free_slots, unwrap_saved
from tapegrad._kernels.iteration cimport fill
from tapegrad._kernels.memory cimport allocate
from tapegrad._sweep.gradients cimport add, conform, convert, described, expected_at, has_shape
from tapegrad._sweep.hooks cimport (
    check_nan, report_trace, run_function, run_hooks, run_node_post_hooks, run_node_pre_hooks,
    run_output_hooks,
)
from tapegrad._sweep.leaves cimport accumulate
from tapegrad._sweep.products cimport OuterProduct, Products, computed, products_after
from tapegrad._tape cimport (
    IS_LEAF, IS_SPLIT_OFF, SAVED_WERE_FREED, Edge, Entry, OutputShape, connect, release,
)
from tapegrad._tensor.modes cimport (
    anomaly_checks_nan, anomaly_enabled, set_evaluated, set_grad_mode,
)
from tapegrad._tensor.nodes cimport Carry, Node, size_tuple, split
from tapegrad._tensor.tensor cimport Tensor, edge_of, requires_grad, shape_tuple, wrap

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
    """
    void* tg_running_sweep

cdef uint64_t n_sweeps = 0


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
    cdef uint64_t number       # which sweep of the process it is, from 1

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
        cdef Op op
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
        if not self.retain_graph:
            free_slots(op, entry)
        return 0

    cdef int apply_formulas(self, Op op, Entry* entry, object holder) except -1:
        """The common case: one formula an input."""
        cdef uint32_t e
        cdef object result
        for e in range(entry.n_edges):
            if entry.edges[e].entry == NULL or not self.is_wanted(&entry.edges[e]):
                continue
            if self.joins_products(op, e, entry, holder):
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
        if not leaf.flags & IS_LEAF or self.create_graph or holder is None:
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
            holder = outputs[0] if entry.n_outputs == 1 else list(outputs)
        previous = set_evaluated(entry if anomaly_enabled() else NULL)
        try:
            if op.is_function:
                results = run_function(op, entry, carry, outputs)
            elif op.is_joint:
                results = evaluate(op, 0, entry, holder, self) or (None,) * entry.n_edges
            else:
                results = tuple([
                    evaluate(op, e, entry, holder, self)
                    if entry.edges[e].entry != NULL and self.is_wanted(&entry.edges[e]) else None
                    for e in range(entry.n_edges)])
        except Exception:
            if anomaly_enabled():
                report_trace(entry, carry)
            raise
        finally:
            set_evaluated(previous)
        results = tuple([
            conform(entry, e, computed(results[e])) if entry.edges[e].entry != NULL else None
            for e in range(entry.n_edges)])
        if anomaly_checks_nan():
            check_nan(entry, carry, results)
        if carry is not None and carry.post_hooks:
            results = run_node_post_hooks(carry, results, outputs)
        for e in range(entry.n_edges):
            if entry.edges[e].entry != NULL:
                self.give(&entry.edges[e], results[e])
        return 0

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
        if gradient is None:
            return 0
        if leaf.hooks:
            return self.take(entry, leaf, run_hooks(leaf.hooks, gradient))
        return self.take(entry, leaf, gradient)

    cdef int take(self, Entry* entry, Tensor leaf, Tensor gradient) except -1:
        # Only the caller holds the gradient: a further name for it here would cost a copy.
        if self.captures is not None:
            return self.capture(entry, gradient)
        if entry.carry == NULL:
            return accumulate(leaf, gradient, self.create_graph)
        return self.accumulate_watched(entry, <Carry>entry.carry, gradient)

    cdef int accumulate_watched(self, Entry* entry, Carry carry, object gradient) except -1:
        """Accumulate into a leaf whose node has hooks."""
        cdef tuple outputs = (gradient,)
        if carry.pre_hooks:
            outputs = run_node_pre_hooks(carry, outputs)
        accumulate(<Tensor>entry.op, outputs[0], self.create_graph)
        if carry.post_hooks:
            run_node_post_hooks(carry, (), outputs)
        return 0


cdef object evaluate(Op op, int formula, Entry* entry, object holder, Sweep sweep):
    """Call a gradient formula with what its parameters name; None if no gradient arrived."""
    cdef PyObject* stack[MAX_FORMULA_ARGS]
    cdef int n = 0, k
    cdef object argument
    cdef object function = op.formulas[formula]
    if function is None:
        return formula_argument(&op.formula_args[formula][0], entry, holder, sweep)
    if isinstance(function, str):
        function = resolve_formula(op, formula)
    try:
        for k in range(op.n_formula_args[formula]):
            argument = formula_argument(&op.formula_args[formula][k], entry, holder, sweep)
            if argument is None and op.formula_args[formula][k].kind == FROM_GRADIENT \
                    or op.formula_args[formula][k].kind == FROM_GRADIENTS \
                    and all([one is None for one in argument]):
                return None
            Py_INCREF(argument)
            stack[k] = <PyObject*>argument
            n += 1
        argument = None
        return PyObject_Vectorcall(function, stack, n, NULL)
    finally:
        for k in range(n):
            Py_XDECREF(stack[k])


cdef dict named_ops = None


def register_named_ops(dict ops not None):
    """Hand in the declared ops, which formulas may name."""
    global named_ops
    named_ops = ops


cdef object resolve_formula(Op op, int formula):
    """The op that a formula names; looked up once, when all are declared."""
    cdef list formulas = list(op.formulas)
    formulas[formula] = named_ops[formulas[formula]]
    op.formulas = tuple(formulas)
    return formulas[formula]


cdef inline object formula_argument(FormulaArg* plan, Entry* entry, object holder, Sweep sweep):
    cdef Edge* edge
    if plan.kind == FROM_GRADIENT:
        return holder if entry.n_outputs == 1 else (<list>holder)[plan.index]
    if plan.kind == FROM_SLOT:
        return unwrap_saved(entry, plan.index)
    if plan.kind == FROM_SHAPE:
        edge = &entry.edges[plan.index]
        return unwrap_saved(entry, plan.fallback) if edge.entry == NULL \
            else shape_tuple(edge.entry, edge.output)
    if plan.kind == FROM_GRADIENTS:
        return (holder,) if entry.n_outputs == 1 else tuple(holder)
    return needs_of(entry, sweep)


cdef tuple needs_of(Entry* entry, Sweep sweep):
    cdef uint32_t e
    return tuple([entry.edges[e].entry != NULL and sweep.is_wanted(&entry.edges[e])
                  for e in range(entry.n_edges)])


cdef int check_not_freed(Op op, Entry* entry) except -1:
    """Raise PyTorch's error if a formula that will run reads what an earlier sweep dropped."""
    cdef uint32_t s
    for s in range(entry.n_saved):
        if entry.saved[s].value == NULL and (
                op.is_function or op.slots[s].needed_by & wanted_edges(entry)):
            unwrap_saved(entry, s)
    return 0


cdef uint32_t wanted_edges(Entry* entry) noexcept:
    cdef uint32_t e, wanted = 0
    if entry.n_edges > 31:
        return ~<uint32_t>0
    for e in range(entry.n_edges):
        if entry.edges[e].entry != NULL:
            wanted |= (<uint32_t>1) << e
    return wanted


@cython.final
@cython.internal
@cython.freelist(4)
cdef class _Target:
    """Where the gradient of one tensor arrives."""

    cdef Edge edge

    def __dealloc__(self):
        if self.edge.entry != NULL:
            release(self.edge.entry)


cdef _Target target_of(object tensor):
    """The end of a tensor's edge, or of one that is given as a GradientEdge."""
    cdef _Target target = _Target.__new__(_Target)
    cdef Node node
    if isinstance(tensor, Tensor):
        edge_of(<Tensor>tensor, &target.edge)
        return target
    if not isinstance(tensor.node, Node):
        raise AttributeError(
            f"'{type(tensor.node).__name__}' object has no attribute '_input_metadata'")
    node = tensor.node
    if not 0 <= tensor.output_nr < node.entry.n_outputs:
        raise IndexError("tuple index out of range")
    connect(&target.edge, node.entry, tensor.output_nr)
    return target


cdef tuple run_sweep(list starts, list gradients, bint retain_graph, bint create_graph,
                     list inputs):
    """Sweep from the edges; with inputs, only towards them, and give their gradients.

    ``gradients`` is emptied: a gradient that nobody else holds can become a leaf's as it is.
    """
    cdef Sweep sweep = Sweep.__new__(Sweep)
    cdef bint previous
    cdef Py_ssize_t k
    cdef void* outer = tg_running_sweep
    global n_sweeps, tg_running_sweep
    n_sweeps += 1
    sweep.number = n_sweeps
    sweep.starts = starts
    sweep.retain_graph, sweep.create_graph = retain_graph, create_graph
    if inputs is not None:
        find_needed(sweep, sweep.starts, [target_of(one) for one in inputs])
    previous = set_grad_mode(create_graph)
    try:
        for k in range(len(starts)):
            sweep.give(&(<_Target>starts[k]).edge, gradients[k])
        gradients.clear()
        tg_running_sweep = <void*>sweep
        sweep.run()
    finally:
        tg_running_sweep = outer
        set_grad_mode(previous)
    return None if inputs is None else tuple(sweep.captured)


cdef int find_needed(Sweep sweep, list starts, list targets) except -1:
    """Mark the reachable entries that lead to one of the targets, oldest first."""
    cdef _Target target
    cdef Entry* entry
    cdef uint32_t e
    cdef uint64_t oldest = <uint64_t>-1
    sweep.captures, sweep.needed, sweep.captured = {}, set(), [None] * len(targets)
    for position, target in enumerate(targets):
        sweep.captures.setdefault(
            (<uintptr_t>target.edge.entry, target.edge.output), []).append(position)
        if target.edge.entry.sequence < oldest:
            oldest = target.edge.entry.sequence
    found = {}
    front = [<uintptr_t>target.edge.entry for target in starts]
    while front:
        entry = <Entry*><uintptr_t>front.pop()
        if entry.sequence < oldest or <uintptr_t>entry in found:
            continue
        found[<uintptr_t>entry] = entry.sequence
        for e in range(entry.n_edges):
            if entry.edges[e].entry != NULL:
                front.append(<uintptr_t>entry.edges[e].entry)
    for address in sorted(found, key=found.__getitem__):
        entry = <Entry*><uintptr_t>address
        for e in range(entry.n_edges):
            if entry.edges[e].entry != NULL and sweep.leads_to_input(&entry.edges[e]):
                sweep.needed.add(address)
                break
    return 0


def running_sweep():
    """The number of the sweep that runs in this thread; 0 if none does."""
    return 0 if tg_running_sweep == NULL else (<Sweep>tg_running_sweep).number


def sweep_has_inputs():
    """Whether the sweep that runs in this thread computes the gradients of chosen inputs alone."""
    return tg_running_sweep != NULL and (<Sweep>tg_running_sweep).captures is not None


def reached(list tensors not None):
    """Which of the tensors get a gradient in the sweep that runs in this thread."""
    cdef Sweep sweep = <Sweep>tg_running_sweep
    cdef _Target target
    cdef Entry* entry
    cdef uint32_t e
    targets = [target_of(one) for one in tensors]
    if sweep.needed is not None:
        return [target.edge.entry != NULL and sweep.leads_to_input(&target.edge)
                for target in targets]
    found = set()
    front = [<uintptr_t>target.edge.entry for target in sweep.starts]
    while front:
        entry = <Entry*><uintptr_t>front.pop()
        if <uintptr_t>entry in found:
            continue
        found.add(<uintptr_t>entry)
        for e in range(entry.n_edges):
            if entry.edges[e].entry != NULL:
                front.append(<uintptr_t>entry.edges[e].entry)
    return [<uintptr_t>target.edge.entry in found for target in targets]


cdef OutputShape expected_of(object root, _Target start):
    """What the gradient of a root has to look like: a tensor, or a GradientEdge."""
    return described((<Tensor>root).array) if isinstance(root, Tensor) else expected_at(&start.edge)


def root_shape(root):
    """The shape that the gradient of a root has to have."""
    cdef _Target start = target_of(root)
    cdef OutputShape expected = expected_of(root, start)
    return size_tuple(expected.ndim, expected.dims)


cdef Tensor initial_gradient(object root, _Target start, object gradient, int position):
    """The gradient that a sweep starts from, checked; ones for a scalar root without one."""
    cdef OutputShape expected = expected_of(root, start)
    cdef int k
    if gradient is None:
        for k in range(expected.ndim):
            if expected.dims[k] != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return wrap(fill(allocate(expected.ndim, expected.dims, expected.type_number), 1.0))
    if not isinstance(gradient, Tensor):
        raise TypeError("gradients can be either Tensors or None, but got "
                        f"{type(gradient).__name__}")
    if not has_shape((<Tensor>gradient).array, &expected):
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {gradient.shape} and "
            f"output[{position}] has a shape of {size_tuple(expected.ndim, expected.dims)}.")
    if PyArray_TYPE((<Tensor>gradient).array) != expected.type_number:
        return convert(gradient, expected.type_number)
    return gradient


cdef int check_roots(list roots) except -1:
    for position, root in enumerate(roots):
        if isinstance(root, Tensor) and not requires_grad(<Tensor>root):
            raise RuntimeError(f"element {position} of tensors does not require grad and does not "
                               "have a grad_fn")
    return 0


def sweep_gradients(list roots not None, list gradients not None, retain_graph, create_graph,
                    list inputs=None):
    """Run backward from several roots; gives gradients of ``inputs`` or accumulates in leaves.

    A root is a tensor or a GradientEdge. ``gradients`` has one entry a root: a tensor, or None for
    the one of a scalar.
    """
    check_roots(roots)
    starts = [target_of(root) for root in roots]
    first = [initial_gradient(root, start, gradient, position) for position, (root, start, gradient)
             in enumerate(zip(roots, starts, gradients, strict=True))]
    if inputs is not None:
        for tensor in inputs:
            if isinstance(tensor, Tensor) and not requires_grad(<Tensor>tensor):
                raise RuntimeError("One of the differentiated Tensors does not require grad")
    return run_sweep(starts, first, create_graph if retain_graph is None else retain_graph,
                     create_graph, inputs)


def sweep_into(list roots not None, list gradients not None, retain_graph, create_graph,
               list inputs not None):
    """As above, but what ``inputs`` get is accumulated in their ``.grad``, also in non-leaves."""
    results = sweep_gradients(roots, gradients, retain_graph, create_graph, inputs)
    for tensor, gradient in zip(inputs, results):
        if not isinstance(tensor, Tensor):
            tensor = getattr(tensor.node, "variable", None)     # the inner edges keep none
        if gradient is not None and tensor is not None:
            accumulate(tensor, gradient, create_graph)


def backward_from(Tensor tensor not None):
    """``tensor.backward()`` without arguments, the common case."""
    cdef _Target start
    if not requires_grad(tensor):
        check_roots([tensor])
    start = target_of(tensor)
    run_sweep([start], [initial_gradient(tensor, start, None, 0)], False, False, None)
