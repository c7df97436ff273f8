"""Custom Functions on the tape: their context computes the gradients."""

from libc.stdint cimport uint32_t
from numpy cimport PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array, ndarray

from tapegrad._core.inplace cimport check_inplace, record_in_base
from tapegrad._core.op cimport Op
from tapegrad._core.recording cimport note_trace
from tapegrad._core.saved cimport save_tensor, unwrap_saved
from tapegrad._tape cimport (
    FIRST_OUTPUT, NO_TENSOR, Entry, describe_output, new_entry, release, stamp,
)
from tapegrad._tensor.modes cimport anomaly_enabled, grad_enabled
from tapegrad._tensor.nodes cimport Context, carry_of
from tapegrad._tensor.tensor cimport (
    PLAIN_VIEW, VIEW_OF_CUSTOM_FUNCTION, VIEW_OF_MULTI_OUTPUT, Tensor, adopt, edge_of, note_write,
    requires_grad, wrap_view,
)

import_array()


def record_function(Context context not None, Op op not None, tuple inputs not None,
                    list outputs not None, list differentiable not None, tuple to_save not None):
    """Put a custom Function on the tape: its context computes the gradients of the outputs.

    ``outputs`` become outputs 0, 1, ... of one entry, also what is no tensor; those whose
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
                save_tensor(&entry.saved[k], <Tensor?>value, source_of(value, inputs, outputs))
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
    if any(tensor is one for one in inputs):
        if tensor.view is not None:
            return record_in_base(tensor, entry, output)
        tensor.version.maker = (<Op>entry.op).grad_name
    return adopt(tensor, entry, output)


cdef int source_of(object tensor, tuple inputs, list outputs) except *:
    """Where a saved tensor came from: an output, an input edge, or neither."""
    for k, value in enumerate(outputs):
        if value is tensor:
            return FIRST_OUTPUT - k
    for k, value in enumerate(inputs):
        if value is tensor:
            return k
    return FIRST_OUTPUT + 1


def saved_tensors_of(Context context not None):
    """The tensors that a custom Function saved, each on the edge that was recorded."""
    cdef uint32_t k
    if context.entry == NULL:
        return ()
    return tuple([unwrap_saved(context.entry, k) for k in range(context.entry.n_saved)])


def is_view_of_function(Tensor tensor not None, *, bint is_one_of_several=False):
    """Mark a view that a custom Function returned: it must not be written in place."""
    if tensor.view is not None:
        tensor.view.kind = VIEW_OF_MULTI_OUTPUT if is_one_of_several else VIEW_OF_CUSTOM_FUNCTION


def rebase_written(Tensor tensor not None, str writer):
    """Count the write to a tensor that a custom Function marked dirty, if it may be one."""
    note_write(tensor, writer)
    if grad_enabled() and tensor.entry == NULL and requires_grad(tensor):
        raise RuntimeError(
            "a leaf Variable that requires grad has been used in an in-place operation.")
    check_inplace(tensor, True)


def view_of(Tensor source not None):
    """A new tensor over the same memory that counts as a view of the source."""
    return wrap_view(source, source.array, PLAIN_VIEW)
