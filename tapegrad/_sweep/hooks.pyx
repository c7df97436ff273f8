"""What users hang on the graph: hooks, the backward of custom Functions, anomaly reports."""

from libc.stdint cimport uint32_t

from tapegrad._core.op cimport Op
from tapegrad._sweep.gradients cimport add, clone, has_nan
from tapegrad._tape cimport NO_TENSOR, Entry, OutputShape
from tapegrad._tensor.nodes cimport Carry, Context, Node, node_of
from tapegrad._tensor.tensor cimport Tensor, shape_tuple, type_name

import warnings

cdef object zeros_maker = None


def register_zeros(maker):
    """Hand in what makes a zero gradient: ``maker(shape, type_number)``."""
    global zeros_maker
    zeros_maker = maker


cdef object run_hooks(object hooks, object gradient):
    """Pass a gradient, or None where none came, through hooks; what one returns replaces it."""
    for hook in list(hooks.values()):
        replaced = hook(gradient)
        if replaced is not None:
            check_replacement(hook, gradient, replaced)
            gradient = replaced
    return gradient


cdef int check_replacement(object hook, object gradient, object replaced) except -1:
    """Refuse what a hook returned if it is no gradient like the one that it was given."""
    check_is_gradient(replaced)
    if gradient is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if replaced.dtype is not gradient.dtype:
        raise RuntimeError(f"hook '{name_of_hook(hook)}' has changed the type of value (was "
                           f"{type_name((<Tensor>gradient).array)} got "
                           f"{type_name((<Tensor>replaced).array)})")
    if replaced.shape != gradient.shape:
        raise RuntimeError(f"hook '{name_of_hook(hook)}' has changed the size of value")
    return 0


cdef int check_is_gradient(object returned) except -1:
    if not isinstance(returned, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(returned).__name__}'")
    return 0


cdef str name_of_hook(object hook):
    return getattr(hook, "__name__", "<unknown>")


cdef object run_output_hooks(Entry* entry, object holder):
    """Run the hooks of the tensors that are this entry's outputs, then keep retained gradients."""
    cdef Carry carry = <Carry>entry.carry
    cdef bint is_single = entry.n_outputs == 1
    for output, hooks in list(carry.tensor_hooks.items()):
        if is_single:
            holder = run_hooks(hooks, holder)
        else:
            holder[output] = run_hooks(hooks, holder[output])
    for output, reference in list(carry.retained.items()):
        retain_gradient(reference(), holder if is_single else holder[output])
    return holder


cdef int retain_gradient(Tensor tensor, Tensor gradient) except -1:
    if tensor is None or gradient is None:
        return 0
    tensor._grad = clone(gradient) if tensor._grad is None else add(tensor._grad, gradient)
    return 0


cdef tuple run_node_pre_hooks(Carry carry, tuple outputs):
    for hook in list(carry.pre_hooks.values()):
        replaced = hook(outputs)
        if replaced is not None:
            check_replacements(hook, outputs, replaced)
            outputs = replaced
    return outputs


cdef tuple run_node_post_hooks(Carry carry, tuple results, tuple outputs):
    for hook in list(carry.post_hooks.values()):
        replaced = hook(results, outputs)
        if replaced is not None:
            check_replacements(hook, results, replaced)
            results = replaced
    return results


cdef int check_replacements(object hook, tuple gradients, object replaced) except -1:
    """The same for the hook of a node, which returns a tuple."""
    if not isinstance(replaced, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(replaced).__name__}'")
    if len(replaced) != len(gradients):
        raise RuntimeError(f"hook '{name_of_hook(hook)}' has returned an incorrect number of "
                           f"values (got {len(replaced)}, but expected {len(gradients)})")
    for gradient, new in zip(gradients, replaced):
        if new is not None and new is not gradient:
            check_replacement(hook, gradient, new)
    return 0


cdef tuple run_function(Op op, Entry* entry, Carry carry, tuple outputs):
    """Call a custom Function's backward, and check how many gradients it returned."""
    cdef uint32_t e, n = entry.n_edges
    cdef Context context = carry.context
    if context.materialize_grads and None in outputs:
        outputs = tuple([zeros_for(entry, k) if one is None else one
                         for k, one in enumerate(outputs)])
    results = op.formulas[0](context, *outputs)
    results = results if isinstance(results, tuple) else (results,)
    if len(results) > n and all(one is None for one in results[n:]):
        results = results[:n]
    if len(results) != n:
        raise RuntimeError(f"function {op.grad_name} returned an incorrect number of gradients "
                           f"(expected {n}, got {len(results)})")
    for e in range(n):
        if results[e] is not None and entry.edges[e].entry == NULL \
                and not isinstance(results[e], Tensor):
            raise RuntimeError(f"function {op.grad_name} returned a gradient different than None "
                               f"at position {e + 1}, but the corresponding forward input was not "
                               "a Variable")
    return results


cdef object zeros_for(Entry* entry, int output):
    cdef OutputShape* shape = &entry.outputs[output]
    if shape.type_number == NO_TENSOR:
        return None
    return zeros_maker(shape_tuple(entry, output), shape.type_number)


cdef int report_trace(Entry* entry, Carry carry) except -1:
    """Warn with the Python stack that recorded the entry, and with those of what recorded that."""
    cdef Node parent
    name = type(node_of(entry)).__name__
    if carry is None or carry.trace is None:
        warnings.warn(
            f"Error detected in {name}. No forward pass information available. Enable detect "
            "anomaly during forward pass for more information.", UserWarning, stacklevel=1)
        return 0
    warnings.warn(f"Error detected in {name}. Traceback of forward call that caused the error:\n"
                  f"{carry.trace}", UserWarning, stacklevel=1)
    while carry is not None and carry.parent is not None:
        parent = carry.parent
        carry = None if parent.entry.carry == NULL else <Carry>parent.entry.carry
        warnings.warn(induced_text(type(parent).__name__, None if carry is None else carry.trace),
                      UserWarning, stacklevel=1)
    return 0


cdef str induced_text(str name, object trace):
    start = f"\n\nPrevious calculation was induced by {name}. "
    if trace is None:
        return (f"{start}No forward pass information available. Enable detect anomaly during "
                "forward pass for more information.")
    return f"{start}Traceback of forward call that induced the previous calculation:\n{trace}"


cdef int check_nan(Entry* entry, Carry carry, tuple results) except -1:
    for k, result in enumerate(results):
        if result is not None and has_nan(result):
            report_trace(entry, carry)
            raise RuntimeError(f"Function '{type(node_of(entry)).__name__}' returned nan values in "
                               f"its {k}th output.")
    return 0
