"""In-place operations: refusals, the write, and what becomes of a view and its base."""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from numpy cimport (
    PyArray_DIMS, PyArray_ISWRITEABLE, PyArray_NDIM, PyArray_TYPE, import_array, ndarray,
)

from tapegrad._core.forward cimport (
    any_requires_grad, check_operands, check_result_cast, check_same_shape, compute, run_forward,
    runs_kernel,
)
from tapegrad._core.op cimport SAVES_ARGUMENT, SAVES_OUTPUT, Op, register_execution
from tapegrad._core.recording cimport note_trace, save_slots, start_entry, wanted_edges
from tapegrad._core.saved cimport announce_write, save_tensor
from tapegrad._kernels.iteration cimport cast, copy_into
from tapegrad._kernels.kernel cimport is_float
from tapegrad._kernels.memory cimport check_overlap, check_writable, may_repeat
from tapegrad._tape cimport (
    CONSTANT, FIRST_OUTPUT, Edge, Entry, connect, describe_output, new_entry, release, save, stamp,
)
from tapegrad._tensor.modes cimport anomaly_enabled, grad_enabled, inference_enabled, is_recording
from tapegrad._tensor.tensor cimport (
    IS_INFERENCE, Tensor, View, adopt, check_view, edge_of, note_write, refresh_view,
    requires_grad,
)

from tapegrad._types import kind_of

import_array()

cdef Op copy_slices = None
cdef object view_before_write = None


def register_copy_slices(Op op, before_write):
    """Hand in what records that part of a base was written through a view.

    ``before_write(base, view)`` is what the base showed there, in the eyes of the op that wrote.
    """
    global copy_slices, view_before_write
    copy_slices, view_before_write = op, before_write


cdef object apply_inplace(Op op, PyObject** args, Py_ssize_t n):
    """Run an op into its first argument, and put the written tensor at its place on the tape."""
    cdef Tensor target
    cdef Py_ssize_t k, n_params = len(op.params)
    cdef PyObject* all_args[32]
    cdef Entry* entry = NULL
    cdef bint recording, by_kernel
    if n < 1:
        raise TypeError(f"{op.name}_() missing 1 required positional arguments: \"input\"")
    if not isinstance(<object>args[0], Tensor):
        raise TypeError(f"{op.name}_(): argument 'input' (position 1) must be Tensor, not "
                        f"{kind_of(<object>args[0])}")
    target = <Tensor>args[0]
    by_kernel = runs_kernel(op, args, n)
    if by_kernel:
        n_params = op.kernel.n_in
        if n != n_params:
            raise TypeError(f"{op.name}_() takes {n_params - 1} positional arguments but "
                            f"{n - 1} were given")
        check_operands(op, args, n)
    for k in range(n_params):
        all_args[k] = args[k] if k < n else \
            <PyObject*>(<object>op.defaults[k - n_params + len(op.defaults)])
    recording = is_recording() and (
        requires_grad(target) or any_requires_grad(op, all_args, n_params))
    check_inplace(target, recording)
    if not PyArray_ISWRITEABLE(target.array) or not gives_one_value(op, args, n):
        check_writable(target.array)
    if recording and is_float(PyArray_TYPE(target.array)):
        entry = start_write(op, all_args, n_params, target)
    try:
        write_into(op, args, n, target, by_kernel)
        if entry != NULL:
            finish_write(op, entry, target)
    finally:
        if entry != NULL:
            release(entry)
    return target


cdef bint gives_one_value(Op op, PyObject** args, Py_ssize_t n):
    """Whether all elements get the same value, so that they may share memory, as in PyTorch."""
    if not op.overwrites or n > 2:
        return False
    return n == 1 or isinstance(<object>args[1], (int, float)) or (
        isinstance(<object>args[1], Tensor) and PyArray_NDIM((<Tensor>args[1]).array) == 0)


cdef int write_into(Op op, PyObject** args, Py_ssize_t n, Tensor target,
                    bint by_kernel) except -1:
    """Compute an in-place op, and count the write."""
    cdef Py_ssize_t k
    announce_write(target)
    if by_kernel:
        compute(op, args, target)
    else:
        for k in range(1, n):
            # One number may come from the memory that it is written to.
            if isinstance(<object>args[k], Tensor) and PyArray_NDIM((<Tensor>args[k]).array) > 0:
                check_overlap(target.array, (<Tensor>args[k]).array)
        if op.writes:
            run_forward(op, args, n)
        else:
            write_result(op, args, n, target)
    return note_write(target, op.name if op.name.endswith("_") else f"{op.name}_")


cdef int write_result(Op op, PyObject** args, Py_ssize_t n, Tensor target) except -1:
    cdef ndarray result = run_forward(op, args, n)
    check_same_shape(target.array, result)
    check_result_cast(PyArray_TYPE(result), PyArray_TYPE(target.array))
    copy_into(target.array, result)
    return 0


cdef bint overwritten_is_read(Op op, Tensor target, PyObject** args, Py_ssize_t n):
    """Whether a wanted formula reads the value that the op is about to overwrite."""
    cdef int s, e
    cdef uint32_t wanted = 0
    cdef object arg
    for e in range(op.n_edges):
        if op.edge_param[e] < n:
            arg = <object>args[op.edge_param[e]]
            if isinstance(arg, Tensor) and requires_grad(<Tensor>arg):
                wanted |= (<uint32_t>1) << e
    for s in range(op.n_slots):
        if op.slots[s].kind == SAVES_ARGUMENT and op.slots[s].index == 0 \
                and op.slots[s].needed_by & wanted:
            return True
    return False


cdef int check_inplace(Tensor target, bint recording) except -1:
    """Refuse writes that autograd could not follow, with PyTorch's texts."""
    cdef View view = target.view
    if target.flags & IS_INFERENCE and not inference_enabled():
        note_write(target, None)
    if not grad_enabled():
        return 0
    if view is not None and (requires_grad(target) or recording):
        check_view(target, False)
    if view is not None and view.base.entry == NULL and requires_grad(target):
        raise RuntimeError("a view of a leaf Variable that requires grad is being used in an "
                           "in-place operation.")
    # Also a view made before its base had history, as long as nobody asked for its own: as PyTorch.
    if target.entry == NULL and requires_grad(target):
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place "
                           "operation.")
    return 0


def refusal_of_write(Tensor target not None, bint recording):
    """The error of a write that autograd could not follow; None if it could."""
    try:
        check_inplace(target, recording)
    except RuntimeError as error:
        return error
    return None


cdef Entry* start_write(Op op, PyObject** args, Py_ssize_t n, Tensor target) except NULL:
    """The entry of an in-place op, as far as it can be made before the write.

    Its edges are those before the write, since views find theirs by the version; what it saves has
    the version before, so that a write to a saved operand is noticed. An op that overwrites a whole
    view needs no edge to what was there.
    """
    cdef ndarray array = target.array
    cdef ndarray before = None
    cdef Tensor shown = None
    cdef Entry* entry
    if target.view is not None and target.entry != NULL and target.entry.carry != NULL:
        # Hooks on the view as it was are passed by, as in PyTorch: the base leads past them.
        target.view.made_at = target.version.count - 1
        refresh_view(target)
    if target.view is not None and not op.overwrites and requires_grad(target.view.base) \
            and differs_from_slice(target):
        shown = view_before_write(target.view.base, target)
    entry = start_entry(op, args, n, 1, PyArray_NDIM(array))
    try:
        if target.view is not None and (op.overwrites or shown is not None):
            lead_to(&entry.edges[0], shown)
        if overwritten_is_read(op, target, args, n):
            before = cast(array, PyArray_TYPE(array))
        describe_output(entry, 0, PyArray_TYPE(array), PyArray_NDIM(array), PyArray_DIMS(array))
        save_slots(op, entry, args, None, None, before)
        if anomaly_enabled():
            note_trace(entry, target)
    except BaseException:
        release(entry)
        raise
    return entry


cdef bint differs_from_slice(Tensor view) noexcept:
    """Whether a view's own gradient is not what lies in the base's gradient where it shows it.

    A view that repeats elements sums over them; one by strides drops what its source does not show.
    """
    return may_repeat(view.array) or (
        view.entry != NULL and (<object>view.entry.op).name == "as_strided")


cdef void lead_to(Edge* edge, Tensor source) noexcept:
    """Let an edge lead to what made another tensor, or nowhere."""
    cdef Entry* before = edge.entry
    edge.entry = NULL
    if source is not None:
        connect(edge, source.entry, source.output)
    if before != NULL:
        release(before)


cdef int finish_write(Op op, Entry* entry, Tensor target) except -1:
    """Save the result of an in-place op; put the target, of a view also the base, on the tape."""
    cdef int s
    cdef uint32_t wanted = wanted_edges(op, entry)
    for s in range(op.n_slots):
        if op.slots[s].kind == SAVES_OUTPUT and op.slots[s].needed_by & wanted:
            save_tensor(&entry.saved[s], target, FIRST_OUTPUT)
    if target.view is not None:
        return record_in_base(target, entry, 0)
    target.version.maker = op.grad_name
    return adopt(target, entry, 0)


cdef int record_in_base(Tensor target, Entry* written, uint32_t output) except -1:
    """Record that the base changed where the view lies; the view's new values are ``output``.

    The base becomes the output of a CopySlices entry with two inputs: the base as it was and the
    written slice. The views of the base, this one included, get their entries anew when next asked.
    """
    cdef Tensor base = target.view.base
    cdef ndarray array = base.array
    cdef int k
    cdef bint has_edges = False
    cdef Entry* entry
    for k in range(<int>written.n_edges):
        has_edges = has_edges or written.edges[k].entry != NULL
    entry = new_entry(copy_slices, 2 if has_edges or written.n_edges > 1 else 1,
                      copy_slices.n_slots, 1, PyArray_NDIM(array))
    try:
        edge_of(base, &entry.edges[0])
        if has_edges:
            connect(&entry.edges[1], written, output)
        stamp(entry)
        describe_output(entry, 0, PyArray_TYPE(array), PyArray_NDIM(array), PyArray_DIMS(array))
        save(&entry.saved[0], geometry_of(base, target), None, 0, CONSTANT)
        base.version.maker = copy_slices.grad_name
        adopt(base, entry, 0)
    finally:
        release(entry)
    target.view.made_at = base.version.count - 1
    if target.entry != NULL and target.entry.carry != NULL:
        refresh_view(target)            # a gradient that it keeps is from now on the new values'
    return 0


def geometry_of(Tensor base not None, Tensor view not None):
    """How a view lies in its base, in elements: (base shape, strides, shape, strides, offset)."""
    return (base.shape, base.stride(), view.shape, view.stride(), view.storage_offset())


def become_view(Op op not None, Tensor target not None, *args):
    """Make a tensor what a view of it shows: ``x.t_()`` lets ``x`` be what ``x.t()`` is.

    The memory stays, and so do other views of it; the write counts as one.
    """
    cdef Tensor view
    check_inplace(target, is_recording() and requires_grad(target))
    view = op(target, *args)
    target.array = view.array
    note_write(target, op.name)
    if view.entry != NULL:
        adopt(target, view.entry, view.output)
        if target.view is not None:      # else it gets an entry when it is next asked for one
            target.view.made_at = target.version.count
    return target


cdef object run_inplace(object op, PyObject** args, Py_ssize_t n):
    return apply_inplace(<Op>op, args, n)


register_execution(NULL, run_inplace)
