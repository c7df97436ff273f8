"""Custom Functions on the tape: their context computes the gradients."""

from libc.stdint cimport uint32_t
from numpy cimport (
    PyArray_DIMS, PyArray_ISFLOAT, PyArray_NDIM, PyArray_TYPE, import_array, ndarray,
)

from tapegrad._core.inplace cimport check_inplace, record_in_base
from tapegrad._core.op cimport Op
from tapegrad._core.recording cimport note_trace
from tapegrad._core.saved cimport save_tensor, whole_or_unwrapped
from tapegrad._tape cimport (
    FIRST_OUTPUT, NO_TENSOR, PACKED, Entry, describe_output, new_entry, release, stamp,
)
from tapegrad._tensor.modes cimport anomaly_enabled, grad_enabled
from tapegrad._tensor.nodes cimport Context, carry_of
from tapegrad._tensor.tensor cimport (
    PLAIN_VIEW, VIEW_OF_CUSTOM_FUNCTION, VIEW_OF_MULTI_OUTPUT, Tensor, adopt, edge_of, note_write,
    requires_grad, wrap_view,
)

import_array()


def wanted_gradients(tuple inputs not None):
    """Which inputs of a custom Function want a gradient: a bool each."""
    return tuple([isinstance(one, Tensor) and requires_grad(<Tensor>one) for one in inputs])


def function_outputs(Context context not None, Op op not None, tuple inputs not None,
                     object result, bint is_recorded):
    """What the caller of a custom Function gets for what its forward returned.

    If ``is_recorded``, the Function is on the tape from here on.
    """
    cdef bint is_single = not isinstance(result, tuple)
    cdef tuple outputs = (result,) if is_single else tuple(result)
    if context.dirty_tensors:
        check_dirty(context, outputs, op.name)
    if is_recorded:
        outputs = recorded(context, op, inputs, outputs)
    else:
        outputs = tuple([unrecorded(one, inputs, context) for one in outputs])
    return outputs[0] if is_single else outputs


cdef int check_dirty(Context context, tuple outputs, str writer) except -1:
    """Count the writes of forward, and refuse those that it may not make or does not return."""
    if not all([isinstance(one, Tensor) for one in context.dirty_tensors]):
        raise RuntimeError("mark_dirty can only accept variables, but argument ")
    for written in context.dirty_tensors:
        if not holds(outputs, written):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function.")
        note_write(<Tensor>written, writer)
        if grad_enabled() and (<Tensor>written).entry == NULL and requires_grad(<Tensor>written):
            raise RuntimeError(
                "a leaf Variable that requires grad has been used in an in-place operation.")
        check_inplace(<Tensor>written, True)
    return 0


cdef int check_kept(Context context) except -1:
    """Refuse what forward marked or saved as tensors and is none."""
    for one in context.non_differentiable:
        if not isinstance(one, Tensor):
            raise RuntimeError("mark_non_differentiable only accepts variable arguments, but got ")
    for position, one in enumerate(context.to_save):
        if not (one is None or isinstance(one, Tensor)):
            raise TypeError(f"save_for_backward can only save variables, but argument {position} "
                            f"is of type {type(one).__name__}")
    return 0


cdef bint holds(tuple objects, object wanted) except -1:
    """Whether an object itself, not its equal, is among others."""
    for one in objects:
        if one is wanted:
            return True
    return False


cdef object unrecorded(object output, tuple inputs, Context context):
    """An output that has no gradient, as the caller is to get it."""
    if not isinstance(output, Tensor):
        return output
    if requires_grad(<Tensor>output) and holds(inputs, output):
        return output.detach()
    return own_tensor(<Tensor>output, inputs, context)


cdef Tensor own_tensor(Tensor output, tuple inputs, Context context):
    """The tensor to return: an input returned as it is becomes a view, unless it was written."""
    if holds(context.dirty_tensors, output):
        return output
    if holds(inputs, output):
        output = wrap_view(output, output.array, PLAIN_VIEW)
    if output.view is not None:
        output.view.kind = VIEW_OF_CUSTOM_FUNCTION   # must not be written in place
    return output


cdef tuple recorded(Context context, Op op, tuple inputs, tuple outputs):
    """Put a custom Function on the tape; gives the outputs as the caller is to get them."""
    cdef list differentiable, own = []
    check_kept(context)
    differentiable = [is_differentiable(one, context) for one in outputs]
    for output, has_gradient in zip(outputs, differentiable):
        own.append(own_tensor(<Tensor>output, inputs, context) if has_gradient
                   else unrecorded(output, inputs, context))
    if differentiable.count(True) > 1:
        for output in own:
            if isinstance(output, Tensor) and (<Tensor>output).view is not None:
                (<Tensor>output).view.kind = VIEW_OF_MULTI_OUTPUT
    record(context, op, inputs, own, differentiable, [
        saved_as(one, inputs, outputs, own) for one in context.to_save])
    return tuple(own)


cdef bint is_differentiable(object output, Context context) except -1:
    if not isinstance(output, Tensor) or holds(context.non_differentiable, output):
        return False
    return PyArray_ISFLOAT((<Tensor>output).array)


cdef object saved_as(object tensor, tuple inputs, tuple outputs, list own):
    """What to save for a tensor: an output as the caller gets it."""
    if not holds(inputs, tensor):
        for output, given in zip(outputs, own):
            if output is tensor:
                return given
    return tensor


cdef int record(Context context, Op op, tuple inputs, list outputs, list differentiable,
                list to_save) except -1:
    """Make the entry of a custom Function: its context computes the gradients of the outputs.

    ``outputs`` become outputs 0, 1, ... of the entry, also what is no tensor; those whose
    ``differentiable`` is false stay off the tape. ``to_save`` are tensors, or None, that
    ``context.saved_tensors`` gives back.
    """
    cdef Entry* entry
    cdef ndarray array
    cdef int k, total_dims = 0
    for value in outputs:
        if isinstance(value, Tensor):
            total_dims += PyArray_NDIM((<Tensor>value).array)
    entry = new_entry(op, len(inputs), len(to_save), len(outputs), total_dims)
    try:
        for k, value in enumerate(inputs):
            if isinstance(value, Tensor):
                edge_of(<Tensor>value, &entry.edges[k])
        stamp(entry)
        for k, value in enumerate(outputs):
            if isinstance(value, Tensor):
                array = (<Tensor>value).array
                describe_output(entry, k, PyArray_TYPE(array), PyArray_NDIM(array),
                                PyArray_DIMS(array))
            else:
                describe_output(entry, k, NO_TENSOR, 0, NULL)
        for k, value in enumerate(to_save):
            if value is not None:
                save_tensor(&entry.saved[k], <Tensor?>value,
                            source_of(value, inputs, outputs, differentiable))
        context.to_save = kept_whole(entry, to_save)
        carry_of(entry).context = context
        context.entry = entry
        if anomaly_enabled():
            note_trace(entry, outputs)
        for k, value in enumerate(outputs):
            if differentiable[k]:
                place_output(<Tensor>value, entry, k, inputs)
    finally:
        release(entry)


cdef int place_output(Tensor tensor, Entry* entry, uint32_t output, tuple inputs) except -1:
    """Make a tensor the Function's output; an input among them is one that forward wrote."""
    if holds(inputs, tensor):
        if tensor.view is not None:
            return record_in_base(tensor, entry, output)
        tensor.version.maker = (<Op>entry.op).grad_name
    return adopt(tensor, entry, output)


cdef int source_of(object tensor, tuple inputs, list outputs, list differentiable) except *:
    """Where a saved tensor came from: an output on the tape, an input edge, or neither."""
    for k, value in enumerate(outputs):
        if value is tensor and differentiable[k]:
            return FIRST_OUTPUT - k
    for k, value in enumerate(inputs):
        if value is tensor:
            return k
    return FIRST_OUTPUT + 1


cdef tuple kept_whole(Entry* entry, list saved):
    """The saved tensors to give back as the same objects; None for those that must not be held.

    An output holds the entry, which would hold it; what hooks packed is theirs to keep.
    """
    cdef Py_ssize_t k
    return tuple([
        None if entry.saved[k].source <= FIRST_OUTPUT or entry.saved[k].source == PACKED
        else saved[k] for k in range(len(saved))])


def saved_tensors_of(Context context not None):
    """The tensors that a custom Function saved: the same objects, its outputs on their edges."""
    cdef uint32_t k
    if context.entry == NULL:
        return context.to_save
    return tuple([
        whole_or_unwrapped(context.entry, k, context.to_save[k] if context.to_save else None)
        for k in range(context.entry.n_saved)])
