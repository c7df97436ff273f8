# A node as a function of gradients: `y.grad_fn(g)`.

def _call_node(Node node not None, tuple gradients):
    """The gradients of a node's inputs, of those of its outputs; no hooks run, nothing is freed.

    They are recorded where operations are. A leaf's node accumulates.
    """
    cdef Entry* entry = node.entry
    cdef Py_ssize_t expected
    split(entry)
    expected = differentiable_outputs(entry)
    if expected != len(gradients):
        raise TypeError(f"expected {expected} arguments, got {len(gradients)} instead")
    for k, gradient in enumerate(gradients):
        if not (gradient is None or isinstance(gradient, Tensor)):
            raise TypeError(f"argument {k} is not a Variable")
    if entry.flags & IS_LEAF:
        accumulate(<Tensor>entry.op, gradients[0], grad_enabled())
        return ()
    results = results_of_call(entry, gradients + (None,) * (entry.n_outputs - expected))
    return results[0] if len(results) == 1 else results


cdef Py_ssize_t differentiable_outputs(Entry* entry) noexcept:
    """How many outputs come before those that are positions, which PyTorch does not count."""
    cdef Py_ssize_t n = entry.n_outputs
    if entry.flags & IS_LEAF or (<Op>entry.op).is_function:
        return n
    while n > 1 and not is_float(entry.outputs[n - 1].type_number):
        n -= 1
    return n


cdef tuple results_of_call(Entry* entry, tuple gradients):
    cdef Sweep sweep = Sweep()
    cdef Op op = <Op>entry.op
    cdef Carry carry = None if entry.carry == NULL else <Carry>entry.carry
    sweep.retain_graph, sweep.create_graph = True, grad_enabled()
    if entry.flags & SAVED_WERE_FREED:
        check_not_freed(op, entry)
    results = sweep.results_of(op, entry, carry, gradients)
    if op.grad_name == "CopySlices" and entry.edges[1].entry != NULL:
        return with_writer(entry.edges[1].entry, results)
    return results


cdef tuple with_writer(Entry* writer, tuple results):
    """Of a base written through a view: the op that wrote is an entry of its own, but no node."""
    cdef tuple inner = results_of_call(writer, results[1:])
    cdef object base = results[0]
    if writer.edges[0].entry != NULL and inner[0] is not None:
        base = add(base, results_of_call(writer.edges[0].entry, inner[:1])[0])
    return (base,) + inner[1:]


register_node_caller(_call_node)
