# Where a sweep begins and ends: edges of roots and targets, and what Python calls to run one.

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
                     list inputs, bint runs_inputs=False):
    """Sweep from the edges; with inputs, only towards them, and give their gradients.

    ``runs_inputs`` lets the entries that made the inputs run too, for their hooks.

    ``gradients`` is emptied: a gradient that nobody else holds can become a leaf's as it is.
    """
    cdef Sweep sweep
    cdef bint previous
    cdef Py_ssize_t k
    cdef void* outer = tg_running_sweep
    global n_sweeps, tg_running_sweep, tg_sweep_depth
    if tg_sweep_depth == MOST_NESTED:
        return _in_another_thread(starts, gradients, retain_graph, create_graph, inputs,
                                  runs_inputs)
    sweep = Sweep.__new__(Sweep)
    n_sweeps += 1
    sweep.number = n_sweeps
    sweep.starts = starts
    sweep.retain_graph, sweep.create_graph = retain_graph, create_graph
    if inputs is not None:
        find_needed(sweep, sweep.starts, [target_of(one) for one in inputs], runs_inputs)
    previous = set_grad_mode(create_graph)
    tg_sweep_depth += 1
    try:
        for k in range(len(starts)):
            sweep.give(&(<_Target>starts[k]).edge, gradients[k])
        gradients.clear()
        tg_running_sweep = <void*>sweep
        sweep.run()
        if sweep.callbacks is not None:
            for callback in sweep.callbacks:    # which may add further ones
                callback()
    finally:
        tg_sweep_depth -= 1
        tg_running_sweep = outer
        set_grad_mode(previous)
    return None if inputs is None else tuple(sweep.captured)


def _in_another_thread(list starts, list gradients, bint retain_graph, bint create_graph,
                       list inputs, bint runs_inputs):
    """Run a sweep in a thread of its own, which has room for as many nested ones again."""
    outcome = []

    def run():
        try:
            outcome.append(run_sweep(starts, gradients, retain_graph, create_graph, inputs,
                                     runs_inputs))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, name="nested backward")
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def queue_callback(callback):
    """Call something when the sweep that runs in this thread has ended without an error."""
    if tg_running_sweep == NULL:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    if (<Sweep>tg_running_sweep).callbacks is None:
        (<Sweep>tg_running_sweep).callbacks = []
    (<Sweep>tg_running_sweep).callbacks.append(callback)


cdef int find_needed(Sweep sweep, list starts, list targets, bint runs_targets) except -1:
    """Mark the reachable entries that lead to one of the targets, oldest first."""
    cdef _Target target
    cdef Entry* entry
    cdef uint32_t e
    cdef uint64_t oldest = <uint64_t>-1
    sweep.captures, sweep.needed, sweep.captured = {}, set(), [None] * len(targets)
    for position, target in enumerate(targets):
        sweep.captures.setdefault(
            (<uintptr_t>target.edge.entry, target.edge.output), []).append(position)
        if runs_targets and not target.edge.entry.flags & IS_LEAF:
            sweep.needed.add(<uintptr_t>target.edge.entry)
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


cdef set entries_below(list targets):
    """The addresses of all entries that are reached from some, these among them."""
    cdef _Target target
    cdef Entry* entry
    cdef uint32_t e
    cdef set found = set()
    cdef list front = [<uintptr_t>target.edge.entry for target in targets
                       if target.edge.entry != NULL]
    while front:
        address = front.pop()
        if address in found:
            continue
        found.add(address)
        entry = <Entry*><uintptr_t>address
        for e in range(entry.n_edges):
            if entry.edges[e].entry != NULL:
                front.append(<uintptr_t>entry.edges[e].entry)
    return found


def reached(list tensors not None):
    """Which of the tensors get a gradient in the sweep that runs in this thread."""
    cdef Sweep sweep = <Sweep>tg_running_sweep
    cdef _Target target
    targets = [target_of(one) for one in tensors]
    if sweep.needed is not None:
        return [target.edge.entry != NULL and sweep.leads_to_input(&target.edge)
                for target in targets]
    found = entries_below(sweep.starts)
    return [<uintptr_t>target.edge.entry in found for target in targets]


def depends_on_others(list tensors not None, set leaves not None):
    """Whether one of the tensors depends on a leaf whose ``id`` is not in ``leaves``."""
    cdef Entry* entry
    cdef list targets = [target_of(one) for one in tensors]     # holds what is walked through
    for address in entries_below(targets):
        entry = <Entry*><uintptr_t>address
        if entry.flags & IS_LEAF and <uintptr_t>entry.op not in leaves:
            return True
    return False


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
    if gradient is None and isinstance(root, Tensor) and not requires_grad(<Tensor>root):
        return None                                 # refused as a root
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
                    list inputs=None, bint runs_inputs=False):
    """Run backward from several roots; gives gradients of ``inputs`` or accumulates in leaves.

    A root is a tensor or a GradientEdge. ``gradients`` has one entry a root: a tensor, or None for
    the one of a scalar.
    """
    starts = [target_of(root) for root in roots]
    first = [initial_gradient(root, start, gradient, position) for position, (root, start, gradient)
             in enumerate(zip(roots, starts, gradients, strict=True))]
    check_roots(roots)
    if runs_inputs:
        for tensor in inputs:
            if isinstance(tensor, Tensor):
                tensor.retain_grad()
    if inputs is not None:
        for tensor in inputs:
            if isinstance(tensor, Tensor) and not requires_grad(<Tensor>tensor):
                raise RuntimeError("One of the differentiated Tensors does not require grad")
    return run_sweep(starts, first, create_graph if retain_graph is None else retain_graph,
                     create_graph, inputs, runs_inputs)


def sweep_into(list roots not None, list gradients not None, retain_graph, create_graph,
               list inputs not None):
    """As above, but what ``inputs`` get is kept in their ``.grad``: leaves add, others retain."""
    cdef _Target target
    results = sweep_gradients(roots, gradients, retain_graph, create_graph, inputs, True)
    found = {}
    for tensor, gradient in zip(inputs, results):
        target = target_of(tensor)
        found[<uintptr_t>target.edge.entry, target.edge.output] = target, gradient
    del results
    for target, gradient in found.values():         # an input that is named twice counts once
        if gradient is not None:
            accumulate_target(target, gradient, create_graph)


cdef int accumulate_target(_Target target, Tensor gradient, bint create_graph) except -1:
    """Accumulate into a chosen input that is a leaf, and run the hooks of its node."""
    cdef Entry* entry = target.edge.entry
    if not entry.flags & IS_LEAF:
        return 0
    if entry.carry != NULL:
        return accumulate_watched(entry, <Carry>entry.carry, gradient, create_graph)
    return accumulate(<Tensor>entry.op, gradient, create_graph)


def backward_from(Tensor tensor not None):
    """``tensor.backward()`` without arguments, the common case."""
    cdef _Target start
    if not requires_grad(tensor):
        check_roots([tensor])
    start = target_of(tensor)
    run_sweep([start], [initial_gradient(tensor, start, None, 0)], False, False, None)
