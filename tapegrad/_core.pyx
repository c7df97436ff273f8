"""Operations: from a call in Python to the kernel, and from there to the tape.

An :class:`Op` knows how its result is computed (a kernel that runs without entering Python, or a
forward function on arrays), what its gradient formulas read, and therefore what an entry saves. The
formulas themselves are data handed in by ``ops``: nothing here knows an operation by name.
"""

from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.stdint cimport int8_t, uint32_t
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT8, NPY_INT16, NPY_INT32, NPY_INT64,
    NPY_UINT8, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM,
    PyArray_SIZE, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport MAX_OPERANDS, N_TYPES, Operand, operand_of
from tapegrad._kernels.iteration cimport cast, copy_into, elementwise, iterate, scalar_operand
from tapegrad._kernels.kernel cimport Kernel, Loop, Scalars, launch
from tapegrad._kernels.memory cimport allocate, check_overlap, check_writable
from tapegrad._tape cimport (
    CONSTANT, FIRST_OUTPUT, IS_LEAF, IS_SPLIT_OFF, NO_TENSOR, PACKED, SAVED_WERE_FREED, Edge,
    Entry, Saved, connect, describe_output, free_saved, new_entry, release, save, stamp,
)
from tapegrad._tensor cimport (
    IS_INFERENCE, PLAIN_VIEW, REQUIRES_GRAD, VIEW_OF_CUSTOM_FUNCTION, VIEW_OF_MULTI_OUTPUT, Carry,
    Context, Node, Tensor, Version, View, ViewKind, adopt, anomaly_enabled, carry_of, check_view,
    default_float, describe, edge_of, evaluated_entry, grad_enabled, inference_enabled,
    is_recording, node_of, note_write, refresh_view, refuse_view, register_apply,
    register_splitter, requires_grad, set_grad_mode, shape_tuple, short_name, version_of, wrap,
    wrap_view,
)

import numpy as np

from tapegrad._kernels import numpy_kernel
from tapegrad._tensor import Tensor as _PublicTensor, register_saved_reader
from tapegrad._types import BY_NUMPY_NUMBER, kind_of

import_array()

cdef extern from "Python.h":
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    unsigned long Py_TPFLAGS_METHOD_DESCRIPTOR
    void PyType_Modified(PyTypeObject*)
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)
    object PyMethod_New(object, object)
    char* PyByteArray_AS_STRING(object)
    ctypedef struct _TypeSlots "PyTypeObject":
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags

# ---------------------------------------------------------------------------------- promotion

cdef int8_t promotion[N_TYPES][N_TYPES]


cdef inline bint is_float(int type_number) noexcept:
    return type_number == NPY_FLOAT32 or type_number == NPY_FLOAT64 or type_number == NPY_FLOAT16


cdef int fill_promotion_table() except -1:
    """PyTorch's table: like NumPy's, but an integer never widens a floating-point type."""
    for a in BY_NUMPY_NUMBER:
        for b in BY_NUMPY_NUMBER:
            if is_float(a) and not is_float(b):
                promotion[a][b] = a
            elif is_float(b) and not is_float(a):
                promotion[a][b] = b
            else:
                promotion[a][b] = np.promote_types(
                    BY_NUMPY_NUMBER[a].numpy, BY_NUMPY_NUMBER[b].numpy).num
    return 0


fill_promotion_table()


def promoted_number(int a, int b):
    """The type number to which two dtypes of tensors promote."""
    return promotion[a][b]


cdef inline int combine(int higher, int lower) noexcept:
    """A dtype of a higher rank (dimensions, 0-d, Python number) with one of a lower; -1 is none."""
    if higher < 0:
        return lower
    if lower < 0 or is_float(higher):
        return higher
    if higher == NPY_BOOL or is_float(lower):
        return promotion[higher][lower]
    return higher


cdef int common_type(PyObject** args, int n) except -1:
    """The dtype in which an element-wise op computes, by PyTorch's rules of promotion."""
    cdef int shaped = -1, scalar = -1, number = -1, k, kind
    cdef ndarray array
    for k in range(n):
        arg = <object>args[k]
        if isinstance(arg, Tensor):
            array = (<Tensor>arg).array
            kind = PyArray_TYPE(array)
            if PyArray_NDIM(array) > 0:
                shaped = kind if shaped < 0 or shaped == kind else promotion[shaped][kind]
            else:
                scalar = kind if scalar < 0 else promotion[scalar][kind]
        else:
            if isinstance(arg, bool):
                kind = NPY_BOOL
            elif isinstance(arg, int):
                kind = NPY_INT64
            else:
                kind = default_float()
            number = kind if number < 0 else promotion[number][kind]
    return combine(combine(shaped, scalar), number)


def result_type_number(*operands):
    """The type number that element-wise ops on these tensors and numbers compute in."""
    cdef PyObject* args[MAX_OPERANDS]
    cdef int k
    for k in range(len(operands)):
        args[k] = <PyObject*>operands[k]
    return common_type(args, len(operands))


# ---------------------------------------------------------------------------------- ops

cdef object METHOD_KINDS = {
    "gradient": FROM_GRADIENT, "gradients": FROM_GRADIENTS, "slot": FROM_SLOT,
    "shape": FROM_SHAPE, "needs": FROM_NEEDS,
}
cdef object SLOT_KINDS = {
    "argument": SAVES_ARGUMENT, "output": SAVES_OUTPUT, "shape": SAVES_SHAPE,
}


cdef class Op:
    """An operation on tensors: called like a function; as an attribute of Tensor a method."""

    def __cinit__(self, *args, **kwargs):
        self.vectorcall = <void*>call_op

    def __init__(self, str name, str grad_name, *, kernel=None, forward=None, tuple params,
                 tuple defaults=(), tuple edges=(), tuple formulas=(), tuple formula_args=(),
                 tuple slots=(), bint is_joint=False, bint is_view=False, bint makes_float=False,
                 bint takes_mask=False, bint takes_sequence=False, int n_tensors=0,
                 bint writes=False, bint overwrites=False, bint has_many_outputs=False,
                 bint is_function=False, tuple drops=(), tuple reads=(),
                 tuple stands_for=None, doc=None):
        self.name, self.grad_name, self.__doc__ = name, grad_name, doc
        self.kernel = None if kernel is None else numpy_kernel(kernel)
        self.forward, self.params, self.defaults = forward, params, defaults
        self.formulas, self.reads = formulas, reads
        self.is_joint, self.is_view = is_joint, is_view
        self.makes_float, self.takes_mask, self.takes_sequence = (
            makes_float, takes_mask, takes_sequence)
        self.n_tensors = n_tensors
        self.writes, self.overwrites = writes, overwrites
        self.has_many_outputs, self.is_function = has_many_outputs, is_function
        if stands_for is not None:
            param, self.inner, self.outer = stands_for
            self.inner_edge = edges.index(params.index(param))
        self.n_edges, self.n_slots = len(edges), len(slots)
        if self.n_edges > MAX_EDGES or self.n_slots > MAX_SLOTS:
            raise ValueError(f"op {name}: too many differentiable inputs or saved values")
        for e, param in enumerate(edges):
            self.edge_param[e] = param
        for s, (kind, index, needed_by) in enumerate(slots):
            self.slots[s].kind = SLOT_KINDS[kind]
            self.slots[s].index, self.slots[s].needed_by = index, needed_by
            if kind == "argument" and (index in edges or params[index] in drops):
                self.dropped_slots |= (<uint32_t>1) << <int>s
        for e, plan in enumerate(formula_args):
            self.n_formula_args[e] = len(plan)
            for k, (kind, index, fallback) in enumerate(plan):
                self.formula_args[e][k].kind = METHOD_KINDS[kind]
                self.formula_args[e][k].index = index
                self.formula_args[e][k].fallback = fallback

    @property
    def __name__(self):
        return self.name

    @property
    def is_differentiable(self):
        """Whether the op has gradient formulas."""
        return self.n_edges > 0

    def __call__(self, *args, **kwargs):
        # The interpreter uses the vectorcall slot; this serves callers of tp_call.
        return call_with_names(self, args, kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __repr__(self):
        return f"<op {self.name}>"

    def __reduce__(self):
        return f"ops.{self.name}"


cdef class InplaceOp:
    """The form of an op that writes its result into its first argument: ``add_`` for ``add``."""

    def __cinit__(self, *args):
        self.vectorcall = <void*>call_inplace

    def __init__(self, Op op not None):
        self.op = op

    @property
    def __name__(self):
        return self.op.name if self.op.writes else f"{self.op.name}_"

    @property
    def __doc__(self):
        return f"In-place form of :func:`{self.op.name}`."

    def __call__(self, *args, **kwargs):
        return call_with_names(self, args, kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __repr__(self):
        return f"<op {self.__name__}>"


cdef object call_with_names(object callable, tuple args, dict kwargs):
    """Call an op with keyword arguments: they are put where the op's parameter names say."""
    cdef Op op = callable if isinstance(callable, Op) else (<InplaceOp>callable).op
    cdef PyObject* stack[32]
    cdef Py_ssize_t n
    given = list(args)
    if kwargs:
        kwargs = dict(kwargs)
        if callable is op and "out" in kwargs and "out" not in op.params:
            out = kwargs.pop("out")
            if out is not None:
                return out_writer(op, op.name, None, args, kwargs, out)
        for alias, position in (("input", 0), ("self", 0), ("other", 1)):
            if alias in kwargs and alias not in op.params and position < len(op.params):
                kwargs[op.params[position]] = kwargs.pop(alias)
        first_default = len(op.params) - len(op.defaults)
        for position in range(len(given), len(op.params)):
            name = op.params[position]
            if name in kwargs:
                given.append(kwargs.pop(name))
            elif not kwargs:
                break
            elif position >= first_default:
                given.append(op.defaults[position - first_default])
            else:
                raise TypeError(
                    f"{op.name}() missing 1 required positional arguments: \"{name}\"")
        if kwargs:
            raise TypeError(
                f"{op.name}() got an unexpected keyword argument '{next(iter(kwargs))}'")
    n = len(given)
    if n > 32:
        raise TypeError(
            f"{op.name}() takes {len(op.params)} positional arguments but {n} were given")
    for position in range(n):
        stack[position] = <PyObject*>given[position]
    return apply(op, stack, n) if callable is op else apply_inplace(op, stack, n)


cdef object out_writer = None


def register_out_writer(writer):
    """Hand in what serves ``out=``: ``writer(function, name, rule, args, kwargs, out)``."""
    global out_writer
    out_writer = writer


cdef class OutFunction:
    """A function in Python that takes the keyword ``out`` as well; without it, it is called."""

    def __cinit__(self, *args):
        self.vectorcall = <void*>call_out_function

    def __init__(self, function, str name not None, str rule not None):
        self.__wrapped__, self.name, self.rule = function, name, rule

    def __call__(self, *args, **kwargs):
        return serve_out(self, args, kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __repr__(self):
        return f"<function {self.name}>"

    def __reduce__(self):
        return self.__qualname__


cdef object serve_out(OutFunction function, tuple args, dict kwargs):
    out = kwargs.pop("out", None)
    if out is None:
        return function.__wrapped__(*args, **kwargs)
    return out_writer(function.__wrapped__, function.name, function.rule, args, kwargs, out)


cdef object call_out_function(PyObject* callable, PyObject* const* args, size_t n_flags,
                              PyObject* names):
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    if names == NULL or "out" not in <tuple>names:
        return PyObject_Vectorcall((<OutFunction>callable).__wrapped__, args, n_flags, names)
    return serve_out(<OutFunction>callable, positional(args, n), names_of(names, args + n))


cdef dict names_of(PyObject* names, PyObject* const* values):
    cdef Py_ssize_t k
    return {name: <object>values[k] for k, name in enumerate(<tuple>names)}


cdef object call_op(PyObject* callable, PyObject* const* args, size_t n_flags, PyObject* names):
    """The vectorcall of ops: what ``x.exp()`` and ``tapegrad.exp(x)`` run at once."""
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    if names == NULL:
        return apply(<Op>callable, <PyObject**>args, n)
    return call_with_names(<object>callable, positional(args, n), names_of(names, args + n))


cdef object call_inplace(PyObject* callable, PyObject* const* args, size_t n_flags,
                         PyObject* names):
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    if names == NULL:
        return apply_inplace((<InplaceOp>callable).op, <PyObject**>args, n)
    return call_with_names(<object>callable, positional(args, n), names_of(names, args + n))


cdef tuple positional(PyObject* const* args, size_t n):
    cdef size_t k
    return tuple([<object>args[k] for k in range(n)])


# ---------------------------------------------------------------------------------- forward

cdef object apply(Op op, PyObject** args, Py_ssize_t n):
    """Compute an op and, if a gradient is wanted, record it."""
    cdef Tensor out
    cdef ndarray result
    cdef int k
    cdef bint wanted = False
    if op.kernel is None:
        return apply_forward(op, args, n)
    if n != op.kernel.n_in:
        refuse_count(op, n)
    result = compute_alike(op, args, n)
    if result is None:
        if not check_operands(op, args, n):
            return apply_to_numbers(op, args, n)
        result = compute(op, args, None)
    out = wrap(result)
    if op.n_edges > 0 and is_recording():
        for k in range(op.n_edges):
            if isinstance(<object>args[op.edge_param[k]], Tensor) \
                    and requires_grad(<Tensor>args[op.edge_param[k]]):
                wanted = True
        if wanted and is_float(PyArray_TYPE(result)):
            record_single(op, args, n, out)
    return out


cdef int refuse_count(Op op, Py_ssize_t n) except -1:
    cdef Py_ssize_t n_in = op.kernel.n_in
    if n < n_in:
        missing = ", ".join([f'"{name}"' for name in op.params[n:n_in]])
        raise TypeError(f"{op.name}() missing {n_in - n} required positional arguments: {missing}")
    raise TypeError(f"{op.name}() takes {n_in} positional argument{'s' * (n_in > 1)} but {n} were "
                    "given")


cdef ndarray compute_alike(Op op, PyObject** args, Py_ssize_t n):
    """The most common case at once: tensors of one dtype and shape without gaps, and no cast.

    Gives None where anything is out of the ordinary; then the general way decides.
    """
    cdef ndarray first, other, result
    cdef Loop* loop
    cdef char* pointers[MAX_OPERANDS]
    cdef npy_intp steps[MAX_OPERANDS]
    cdef npy_intp count
    cdef int k, d, type_number
    if not isinstance(<object>args[0], Tensor) or op.takes_mask:
        return None
    first = (<Tensor>args[0]).array
    type_number = PyArray_TYPE(first)
    loop = &op.kernel.loops[type_number if type_number < N_TYPES else 0]
    if not PyArray_IS_C_CONTIGUOUS(first) or loop.function == NULL \
            or loop.types[0] != type_number or op.makes_float and not is_float(type_number):
        return None
    count = PyArray_SIZE(first)
    if count > SMALL:
        return None
    pointers[0], steps[0] = PyArray_BYTES(first), PyArray_ITEMSIZE(first)
    for k in range(1, <int>n):
        if not isinstance(<object>args[k], Tensor):
            return None
        other = (<Tensor>args[k]).array
        if PyArray_TYPE(other) != type_number or PyArray_NDIM(other) != PyArray_NDIM(first) \
                or not PyArray_IS_C_CONTIGUOUS(other):
            return None
        for d in range(PyArray_NDIM(first)):
            if PyArray_DIMS(other)[d] != PyArray_DIMS(first)[d]:
                return None
        pointers[k], steps[k] = PyArray_BYTES(other), steps[0]
    result = allocate(PyArray_NDIM(first), PyArray_DIMS(first), loop.types[n])
    pointers[n], steps[n] = PyArray_BYTES(result), PyArray_ITEMSIZE(result)
    launch(loop, pointers, &count, steps, NULL, NULL)
    return result


cdef enum:
    SMALL = 16384    # elements; below, no other thread runs while a kernel does


cdef bint check_operands(Op op, PyObject** args, Py_ssize_t n) except -1:
    """Refuse what is no operand; False where NumPy's scalars have to become numbers first."""
    cdef Py_ssize_t k
    cdef bint has_tensor = False, is_plain = True
    for k in range(n):
        arg = <object>args[k]
        if isinstance(arg, Tensor):
            has_tensor = True
        elif k < op.n_tensors:
            raise TypeError(f"{op.name}(): argument '{op.params[k]}' (position {k + 1}) must be "
                            f"Tensor, not {kind_of(arg)}")
        elif isinstance(arg, np.generic) and not isinstance(arg, float):
            is_plain = False
        elif not isinstance(arg, (float, int)):
            raise TypeError(f"{op.name}(): argument '{op.params[k]}' (position {k + 1}) must be "
                            f"Tensor, not {kind_of(arg)}")
    if not has_tensor:
        raise TypeError(f"{op.name}(): argument '{op.params[0]}' (position 1) must be Tensor, not "
                        f"{kind_of(<object>args[0])}")
    return is_plain


cdef object apply_to_numbers(Op op, PyObject** args, Py_ssize_t n):
    """Compute an op some of whose operands are NumPy's scalars."""
    cdef PyObject* stack[MAX_OPERANDS]
    cdef Py_ssize_t k
    plain = [<object>args[k] for k in range(n)]
    for k in range(n):
        if isinstance(plain[k], np.generic):
            plain[k] = plain[k].item()
        stack[k] = <PyObject*>plain[k]
    return apply(op, stack, n)


cdef ndarray compute(Op op, PyObject** args, Tensor target):
    """Run an element-wise op's kernel; the result is new memory or, if given, the target's."""
    cdef int n = op.kernel.n_in, first = 1 if op.takes_mask else 0, k, type_number
    cdef Operand operands[MAX_OPERANDS]
    cdef Scalars scalars
    cdef PyObject* held[MAX_OPERANDS]
    cdef ndarray array, result, memory = None
    cdef Loop* loop
    cdef bint has_scalars = False
    type_number = common_type(args + first, n - first)
    if op.makes_float and not is_float(type_number):
        type_number = default_float()
    if target is not None and op.kernel.loops[type_number].function == NULL:
        check_result_cast(type_number, PyArray_TYPE(target.array))
    loop = op.kernel.loop_for(type_number)
    if target is not None and loop.types[n] == PyArray_TYPE(target.array):
        memory = target.array
    for k in range(n):
        held[k] = NULL
    try:
        for k in range(n):
            arg = <object>args[k]
            if isinstance(arg, Tensor):
                array = (<Tensor>arg).array
                if PyArray_TYPE(array) != loop.types[k]:
                    array = cast(array, loop.types[k])
                elif memory is not None:
                    check_overlap(memory, array)
                Py_INCREF(array)
                held[k] = <PyObject*>array
                operands[k] = operand_of(array)
            else:
                scalar_operand(&operands[k], &scalars.slot[k], loop.types[k], arg)
                has_scalars = True
        result = elementwise(loop, operands, memory, &scalars if has_scalars else NULL)
    finally:
        for k in range(n):
            Py_XDECREF(held[k])
    if target is not None and memory is None:
        check_same_shape(target.array, result)
        check_result_cast(loop.types[n], PyArray_TYPE(target.array))
        copy_into(target.array, result)
    return result


cdef int check_result_cast(int source, int target) except -1:
    """Refuse in-place results that the written tensor's dtype cannot hold."""
    if is_float(source) and not is_float(target) or target == NPY_BOOL and source != NPY_BOOL:
        names = {NPY_BOOL: "Bool", NPY_INT8: "Char", NPY_UINT8: "Byte", NPY_INT16: "Short",
                 NPY_INT32: "Int", NPY_INT64: "Long", NPY_FLOAT16: "Half", NPY_FLOAT32: "Float",
                 NPY_FLOAT64: "Double"}
        raise RuntimeError(f"result type {names[source]} can't be cast to the desired output type "
                           f"{names[target]}")
    return 0


cdef int check_same_shape(ndarray target, ndarray result) except -1:
    if target.ndim < result.ndim or np.broadcast_shapes(
            target_shape(target), target_shape(result)) != target_shape(target):
        raise RuntimeError(f"output with shape {list(target_shape(target))} doesn't match the "
                           f"broadcast shape {list(target_shape(result))}")
    return 0


cdef tuple target_shape(ndarray array):
    cdef int k
    return tuple([PyArray_DIMS(array)[k] for k in range(PyArray_NDIM(array))])


cdef object apply_forward(Op op, PyObject** args, Py_ssize_t n):
    """Compute an op whose forward is a function on arrays."""
    cdef object result = run_forward(op, args, n)
    cdef Py_ssize_t k, n_params = len(op.params)
    cdef PyObject* all_args[32]
    cdef bint recording
    cdef list outputs
    cdef Tensor out
    for k in range(n_params):
        all_args[k] = args[k] if k < n else \
            <PyObject*>(<object>op.defaults[k - n_params + len(op.defaults)])
    recording = op.n_edges > 0 and is_recording() and any_requires_grad(op, all_args, n_params)
    if not op.has_many_outputs:
        out = wrap_result(op, args, <ndarray?>result, PLAIN_VIEW)
        if recording and is_float(PyArray_TYPE(out.array)):
            record_single(op, all_args, n_params, out)
        return out
    outputs = [wrap_result(op, args, array, VIEW_OF_MULTI_OUTPUT) for array in result]
    if recording:
        record(op, all_args, n_params, outputs)
    return tuple(outputs)


cdef object run_forward(Op op, PyObject** args, Py_ssize_t n):
    """Call the forward function with arrays in the place of tensors."""
    cdef PyObject* stack[32]
    cdef Py_ssize_t k, n_params = len(op.params), n_required = n_params - len(op.defaults)
    cdef list arrays = None
    if not n_required <= n <= n_params:
        if n < n_required:
            missing = ", ".join(f'"{name}"' for name in op.params[n:n_required])
            raise TypeError(f"{op.name}() missing {n_required - n} required positional arguments: "
                            f"{missing}")
        raise TypeError(f"{op.name}() takes {n_params} positional arguments but {n} were given")
    for k in range(n_params):
        if k >= n:
            stack[k] = <PyObject*>(<object>op.defaults[k - n_required])
            continue
        arg = <object>args[k]
        if isinstance(arg, Tensor):
            stack[k] = <PyObject*>(<Tensor>arg).array
        elif k == 0 and op.takes_sequence:
            arrays = [(<Tensor?>one).array for one in arg]
            stack[k] = <PyObject*>arrays
        elif k == 0 and not op.takes_sequence:
            raise TypeError(f"{op.name}(): argument '{op.params[0]}' (position 1) must be Tensor, "
                            f"not {kind_of(arg)}")
        else:
            stack[k] = args[k]
    return PyObject_Vectorcall(op.forward, stack, n_params, NULL)


cdef Tensor wrap_result(Op op, PyObject** args, ndarray array, ViewKind kind):
    if op.is_view:
        return wrap_view(<Tensor>args[0], array, kind)
    return wrap(array)


cdef bint any_requires_grad(Op op, PyObject** args, Py_ssize_t n):
    cdef int e
    cdef object arg
    if op.takes_sequence:
        for one in <object>args[0]:
            if requires_grad(<Tensor>one):
                return True
        return False
    for e in range(op.n_edges):
        if op.edge_param[e] < n:
            arg = <object>args[op.edge_param[e]]
            if isinstance(arg, Tensor) and requires_grad(<Tensor>arg):
                return True
    return False


# ---------------------------------------------------------------------------------- recording

cdef int record_single(Op op, PyObject** args, Py_ssize_t n, Tensor out) except -1:
    """Append an entry with one output and make the tensor that output."""
    cdef ndarray array = out.array
    cdef Entry* entry
    if op.inner is not None and saved_hooks_depth > 0:
        return record_apart(op, args, n, out)
    entry = start_entry(op, args, n, 1, PyArray_NDIM(array))
    try:
        describe_output(entry, 0, PyArray_TYPE(array), PyArray_NDIM(array), PyArray_DIMS(array))
        if op.n_slots > 0:
            save_slots(op, entry, args, out, None, None)
        if anomaly_enabled():
            note_trace(entry)
    except BaseException:
        release(entry)
        raise
    out.entry, out.output = entry, 0
    return 0


cdef int record_apart(Op op, PyObject** args, Py_ssize_t n, Tensor out) except -1:
    """Record an op that stands for two as these two, so that hooks pack what PyTorch's pack."""
    cdef PyObject* stack[32]
    cdef Py_ssize_t k
    cdef int param = op.edge_param[op.inner_edge]
    cdef object between = apply(op.inner, args + param, 1)
    for k in range(n):
        stack[k] = args[k] if k != param else <PyObject*>between
    return record_single(op.outer, stack, n, out)


cdef int record(Op op, PyObject** args, Py_ssize_t n, list outputs) except -1:
    """Append an entry with several outputs; integer ones stay off the tape."""
    cdef Entry* entry
    cdef Tensor out
    cdef int k, total_dims = 0
    for out in outputs:
        total_dims += PyArray_NDIM(out.array)
    entry = start_entry(op, args, n, len(outputs), total_dims)
    try:
        for k, out in enumerate(outputs):
            describe_output(entry, k, PyArray_TYPE(out.array), PyArray_NDIM(out.array),
                            PyArray_DIMS(out.array))
        save_slots(op, entry, args, None, outputs, None)
        if anomaly_enabled():
            note_trace(entry)
        for k, out in enumerate(outputs):
            if is_float(PyArray_TYPE(out.array)):
                adopt(out, entry, k)
    finally:
        release(entry)
    return 0


cdef Entry* start_entry(Op op, PyObject** args, Py_ssize_t n, int n_outputs,
                        int total_dims) except NULL:
    """An entry with its edges connected; the edges are those of the differentiable arguments."""
    cdef Entry* entry
    cdef int e, n_edges = op.n_edges
    cdef object arg
    cdef tuple sequence = None
    if op.takes_sequence:
        sequence = tuple(<object>args[0])
        n_edges = len(sequence)
    entry = new_entry(op, n_edges, op.n_slots, n_outputs, total_dims)
    try:
        for e in range(n_edges):
            if sequence is not None:
                arg = sequence[e]
            elif op.edge_param[e] < n:
                arg = <object>args[op.edge_param[e]]
            else:
                continue
            if isinstance(arg, Tensor):
                edge_of(<Tensor>arg, &entry.edges[e])
    except BaseException:
        release(entry)
        raise
    if op.inner is not None:
        stamp(entry)            # a number is left for the entry that a split puts before this one
    stamp(entry)
    return entry


cdef int split(Entry* entry) except -1:
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
        inner = new_entry(op.inner, 1, 0, 1, 2)
        inner.sequence, inner.flags = entry.sequence - 1, IS_SPLIT_OFF
        inner.edges[0] = edge[0]
        edge.entry, edge.output = inner, 0
        describe_transpose(inner)
    for s in range(op.n_slots):
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


cdef int describe_transpose(Entry* inner) except -1:
    """Note the shape of an inner entry's output: its input's, with the dimensions swapped."""
    cdef npy_intp dims[2]
    cdef Edge* edge = &inner.edges[0]
    rows, columns = shape_tuple(edge.entry, edge.output)
    dims[0], dims[1] = columns, rows
    describe_output(inner, 0, type_number_at(edge), 2, dims)
    return 0


cdef int type_number_at(Edge* edge) noexcept:
    if edge.entry.flags & IS_LEAF:
        return PyArray_TYPE((<Tensor>edge.entry.op).array)
    return edge.entry.outputs[edge.output].type_number


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
                        FIRST_OUTPUT - plan.index)
        elif plan.kind == SAVES_SHAPE:
            if entry.edges[plan.index].entry == NULL:
                save(&entry.saved[s], (<object>args[op.edge_param[plan.index]]).shape, None, 0,
                     CONSTANT)
        elif plan.index == 0 and overwritten is not None:
            save(&entry.saved[s], overwritten, None, 0, 0)
        else:
            save_argument(op, &entry.saved[s], <object>args[plan.index], plan.index)
    return 0


cdef inline uint32_t wanted_edges(Op op, Entry* entry) noexcept:
    """The edges that want a gradient, as bits; all of them for an op on a list of tensors."""
    cdef int e
    cdef uint32_t wanted = 0
    if op.takes_sequence:
        return ~<uint32_t>0
    for e in range(op.n_edges):
        if entry.edges[e].entry != NULL:
            wanted |= (<uint32_t>1) << e
    return wanted


cdef int save_argument(Op op, Saved* saved, object value, int param) except -1:
    cdef int e, source = FIRST_OUTPUT + 1     # a tensor on no edge
    if not isinstance(value, Tensor):
        save(saved, value, None, 0, CONSTANT)
        return 0
    for e in range(op.n_edges):
        if op.edge_param[e] == param:
            source = e
    return save_tensor(saved, <Tensor>value, source)


cdef int save_tensor(Saved* saved, Tensor tensor, int source) except -1:
    """Save a tensor's array with the version it has now, or what a saved-tensor hook packs."""
    cdef Version version
    if tensor.flags & IS_INFERENCE:
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
            "inference mode in computation tracked by autograd. To work around this, you can make "
            "a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` "
            "instead of `torch.inference_mode()`.")
    if saved_hooks_depth > 0 and pack_saved(saved, tensor, source):
        return 0
    version = version_of(tensor)
    save(saved, tensor.array, version, version.count, source)
    return 0


# ---------------------------------------------------------------------------------- saved tensors

cdef int saved_hooks_depth = 0       # over all threads: a quick test before the thread's own stack
cdef object saved_hooks = None


def _register_saved_hooks(stack):
    """Hand in the thread-local holder of saved-tensor hooks: ``stack.pairs`` is a list."""
    global saved_hooks
    saved_hooks = stack


def _count_saved_hooks(int change):
    global saved_hooks_depth
    saved_hooks_depth += change


cdef bint pack_saved(Saved* saved, Tensor tensor, int source) except -1:
    """Let the innermost saved-tensor hook of this thread pack the tensor, if there is one."""
    cdef object pairs = getattr(saved_hooks, "pairs", None)
    cdef bint previous
    cdef Tensor plain
    if not pairs:
        return False
    pack, unpack = pairs[-1]
    if isinstance(pack, str):
        raise RuntimeError(pack)
    plain = wrap(tensor.array)
    plain.version = version_of(tensor)
    count = plain.version.count
    previous = set_grad_mode(False)
    try:
        packed = pack(plain)
    finally:
        set_grad_mode(previous)
    if plain.version.count != count:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to pack hook cannot be modified by in-place operations as this can lead to unexpected "
            "side-effects. Please open an issue if you need to perform in-place operations on the "
            "input to a pack hook.")
    save(saved, (unpack, packed, source), None, 0, PACKED)
    return True


cdef object unwrap_saved(Entry* entry, int slot):
    """A saved value as a formula reads it: tensors come back on the edge that was recorded."""
    cdef Saved* saved = &entry.saved[slot]
    cdef Version version
    cdef Tensor tensor
    cdef int source = saved.source
    if saved.value == NULL:
        if entry.flags & SAVED_WERE_FREED:
            raise_freed()
        return None
    if source == CONSTANT:
        return <object>saved.value
    if source == PACKED:
        unpack, packed, source = <tuple>saved.value
        unpacked = unpack(packed)
        if not isinstance(unpacked, Tensor):
            raise TypeError("Output of saved tensor unpack_hook expected to be a Tensor but got "
                            f"result of type {type(unpacked).__name__}")
        tensor = wrap((<Tensor>unpacked).array)
    else:
        if saved.version != NULL:
            version = <Version>saved.version
            if version.count != saved.expected:
                raise_modified(entry, saved, version)
        if source >= 0 and entry.edges[source].entry != NULL \
                and entry.edges[source].entry.flags & IS_LEAF:
            tensor = <Tensor>entry.edges[source].entry.op
            if <PyObject*>tensor.array == saved.value:
                return tensor
        tensor = Tensor.__new__(Tensor)
        tensor.array = <ndarray>saved.value
        if saved.version != NULL:
            tensor.version = <Version>saved.version
    if source >= 0:
        attach(tensor, entry.edges[source].entry, entry.edges[source].output)
    elif source <= FIRST_OUTPUT:
        attach(tensor, entry, FIRST_OUTPUT - source)
    return tensor


def saved_value(Node node not None, str name):
    """What a node saved, by PyTorch's names: ``self``, ``result``, or another argument's."""
    cdef Op op
    cdef int s
    if not node.entry.flags & IS_LEAF:
        split(node.entry)
        op = <Op>node.entry.op
        for s in range(op.n_slots):
            if op.slots[s].kind != SAVES_SHAPE and saved_name(op, &op.slots[s]) == name:
                return unwrap_saved(node.entry, s)
    raise AttributeError(f"'{type(node).__name__}' object has no attribute '_saved_{name}'")


cdef str saved_name(Op op, SlotPlan* plan):
    if plan.kind == SAVES_OUTPUT:
        return "result" if plan.index == 0 else f"result{plan.index}"
    name = op.params[plan.index]
    return "self" if name == "input" else name


register_saved_reader(saved_value)


cdef void free_slots(Op op, Entry* entry) noexcept:
    """Drop what a sweep will not read again: tensors and the numbers in their places.

    Attributes stay, as in PyTorch: a second sweep through ``sum(dim)`` still knows its ``dim``.
    """
    cdef uint32_t s
    cdef Saved* saved
    for s in range(entry.n_saved):
        saved = &entry.saved[s]
        if saved.value != NULL and (saved.source != CONSTANT or op.dropped_slots >> s & 1):
            free_saved(saved)
            entry.flags |= SAVED_WERE_FREED


cdef inline void attach(Tensor tensor, Entry* entry, uint32_t output) noexcept:
    if entry != NULL:
        entry.refcount += 1
        tensor.entry, tensor.output = entry, output


cdef int raise_freed() except -1:
    raise RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.")


cdef int raise_modified(Entry* entry, Saved* saved, Version version) except -1:
    """PyTorch's report of a changed buffer, then who saved and who wrote."""
    split(entry)
    hint = ("the backtrace further above shows the operation that failed to compute its gradient. "
            "The variable in question was changed in there or anywhere later. Good luck!"
            if anomaly_enabled() else
            "enable anomaly detection to find the operation that failed to compute its gradient, "
            "with torch.autograd.set_detect_anomaly(True, check_nan=False).")
    raise RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {describe(<ndarray>saved.value)}{origin_of(entry, saved, version)} is at "
        f"version {version.count}; expected version {saved.expected} instead. Hint: {hint} The "
        f"tensor was saved by {type(node_of(entry)).__name__} and last written by "
        f"{version.writer}.")


cdef str origin_of(Entry* entry, Saved* saved, Version version):
    """Which output of which node a changed tensor is now; an entry's own output stays its own."""
    cdef Edge edge
    if saved.source <= FIRST_OUTPUT:
        return named_output(FIRST_OUTPUT - saved.source, (<Op>entry.op).grad_name)
    if saved.source < 0:
        return ""
    edge = entry.edges[saved.source]
    if edge.entry == NULL:
        # Without an entry when it was saved; a recorded write has made one since.
        name = version.maker
        if name is not None and not (<object>saved.value).flags.owndata:
            name = "AsStridedBackward0"
        return "" if name is None else named_output(0, name)
    if edge.entry.flags & IS_LEAF:
        return ""
    if (<Op>edge.entry.op).is_view:
        if (<Op>edge.entry.op).has_many_outputs:
            refuse_view(VIEW_OF_MULTI_OUTPUT, edge.entry, edge.output, True)
        return named_output(0, "AsStridedBackward0")
    return named_output(edge.output, version.maker or (<Op>edge.entry.op).grad_name)


cdef str named_output(uint32_t output, str grad_name):
    return f", which is output {output} of {short_name(grad_name)},"


cdef object trace_maker = None


def _register_trace_maker(maker):
    """Hand in what describes the Python stack for anomaly mode."""
    global trace_maker
    trace_maker = maker


cdef int note_trace(Entry* entry) except -1:
    cdef Carry carry = carry_of(entry)
    carry.trace = trace_maker()
    carry.parent = node_of(evaluated_entry())
    return 0


# ---------------------------------------------------------------------------------- in place

cdef Op copy_slices = None


def register_copy_slices(Op op):
    """Hand in the op that records that part of a base was written through a view."""
    global copy_slices
    copy_slices = op


cdef object apply_inplace(Op op, PyObject** args, Py_ssize_t n):
    """Run an op into its first argument, and put the written tensor at its place on the tape."""
    cdef Tensor target
    cdef Py_ssize_t k, n_params = len(op.params)
    cdef PyObject* all_args[32]
    cdef Entry* entry = NULL
    cdef bint recording
    if n < 1 or not isinstance(<object>args[0], Tensor):
        raise TypeError(f"{op.name}_(): argument 'self' (position 1) must be Tensor")
    target = <Tensor>args[0]
    if op.kernel is not None:
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
    check_writable(target.array)
    if recording and is_float(PyArray_TYPE(target.array)):
        entry = start_write(op, all_args, n_params, target)
    try:
        write_into(op, args, n, target)
        if entry != NULL:
            finish_write(op, entry, target)
    finally:
        if entry != NULL:
            release(entry)
    return target


cdef int write_into(Op op, PyObject** args, Py_ssize_t n, Tensor target) except -1:
    """Compute an in-place op, and count the write."""
    cdef Py_ssize_t k
    if op.kernel is not None:
        compute(op, args, target)
    else:
        for k in range(1, n):
            if isinstance(<object>args[k], Tensor):
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
    if view is not None and view.base.entry == NULL and view.base.flags & REQUIRES_GRAD:
        raise RuntimeError("a view of a leaf Variable that requires grad is being used in an "
                           "in-place operation.")
    # Also a view made before its base had history, as long as nobody asked for its own: as PyTorch.
    if target.entry == NULL and requires_grad(target):
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place "
                           "operation.")
    return 0


cdef Entry* start_write(Op op, PyObject** args, Py_ssize_t n, Tensor target) except NULL:
    """The entry of an in-place op, as far as it can be made before the write.

    Its edges are those before the write, since views find theirs by the version; what it saves has
    the version before, so that a write to a saved operand is noticed. An op that overwrites a whole
    view needs no edge to what was there.
    """
    cdef ndarray array = target.array
    cdef ndarray before = None
    cdef Entry* entry
    if target.view is not None and target.entry != NULL and target.entry.carry != NULL:
        # Hooks on the view as it was are passed by, as in PyTorch: the base leads past them.
        target.view.made_at = target.version.count - 1
        refresh_view(target)
    entry = start_entry(op, args, n, 1, PyArray_NDIM(array))
    try:
        if target.view is not None and op.overwrites and entry.edges[0].entry != NULL:
            release(entry.edges[0].entry)
            entry.edges[0].entry = NULL
        if overwritten_is_read(op, target, args, n):
            before = cast(array, PyArray_TYPE(array))
        describe_output(entry, 0, PyArray_TYPE(array), PyArray_NDIM(array), PyArray_DIMS(array))
        save_slots(op, entry, args, None, None, before)
        if anomaly_enabled():
            note_trace(entry)
    except BaseException:
        release(entry)
        raise
    return entry


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
    entry = new_entry(copy_slices, 2, copy_slices.n_slots, 1, PyArray_NDIM(array))
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
    if target.view is not None:
        target.view.made_at = target.version.count
    return target


# ---------------------------------------------------------------------------------- for Python

def with_gradients(list parameters not None):
    """The parameters that have a gradient, and these gradients: two lists, as optimizers need."""
    cdef Tensor parameter
    cdef list found = [], gradients = []
    for parameter in parameters:
        if parameter._grad is not None:
            found.append(parameter)
            gradients.append(parameter._grad)
    return found, gradients


def update_each(Kernel kernel not None, tuple lists not None, tuple params=None, written=()):
    """Run an element-wise kernel over whole lists of tensors in one call, as optimizers do.

    ``lists[k][i]`` is operand k of the i-th run; ``written`` names the operands that change.
    Tensors must agree in shape within a run; the runs share ``params``.
    """
    cdef int k, n = kernel.n_operands
    cdef uint32_t is_written = 0
    cdef Py_ssize_t row, n_rows = len(<list?>lists[0])
    cdef Tensor tensor
    for k in range(n):
        if len(<list?>lists[k]) != n_rows:
            raise ValueError(f"{kernel.name}: lists of {n_rows} and {len(lists[k])} tensors")
    for k in written:
        is_written |= (<uint32_t>1) << k
    packed = kernel.pack(params)
    for row in range(n_rows):
        check_update(kernel, lists, row, is_written)
    for row in range(n_rows):
        update_one(kernel, lists, row, PyByteArray_AS_STRING(packed))
    for k in range(n):
        if is_written >> k & 1:
            for tensor in <list>lists[k]:
                note_write(tensor, kernel.name)


cdef int check_update(Kernel kernel, tuple lists, Py_ssize_t row, uint32_t is_written) except -1:
    """Refuse tensors that differ in shape or that must not be written, before anything is."""
    cdef ndarray first = (<Tensor?>(<list>lists[0])[row]).array, array
    cdef int k, d
    cdef bint fits
    for k in range(kernel.n_operands):
        array = (<Tensor?>(<list>lists[k])[row]).array
        fits = PyArray_NDIM(array) == PyArray_NDIM(first)
        for d in range(PyArray_NDIM(first) if fits else 0):
            fits = fits and PyArray_DIMS(array)[d] == PyArray_DIMS(first)[d]
        if not fits:
            raise RuntimeError(f"The size of tensor a {list(target_shape(array))} must match the "
                               f"size of tensor b {list(target_shape(first))}")
        if is_written >> k & 1:
            check_writable(array)
    return 0


cdef int update_one(Kernel kernel, tuple lists, Py_ssize_t row, void* params) except -1:
    """One run of an update; memory that lies flat is walked as one row."""
    cdef Operand operands[MAX_OPERANDS]
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp steps[MAX_OPERANDS]
    cdef PyObject* held[MAX_OPERANDS]
    cdef npy_intp count
    cdef ndarray array = (<Tensor>(<list>lists[0])[row]).array
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(array))
    cdef bint flat = True
    cdef int k, n_held = 0
    # A large run drops the GIL; another thread may then give a tensor other memory.
    try:
        for k in range(kernel.n_operands):
            array = (<Tensor>(<list>lists[k])[row]).array
            Py_INCREF(array)
            held[k] = <PyObject*>array
            n_held += 1
            if PyArray_TYPE(array) != loop.types[k]:
                raise RuntimeError(f"{kernel.name}: expected all tensors of one update to have the "
                                   f"same dtype, got {array.dtype}")
            flat = flat and PyArray_IS_C_CONTIGUOUS(array)
            operands[k] = operand_of(array)
            args[k], steps[k] = operands[k].data, PyArray_ITEMSIZE(array)
        if not flat:
            return iterate(loop, operands, params)
        count = PyArray_SIZE(array)
        return launch(loop, args, &count, steps, params, NULL)
    finally:
        for k in range(n_held):
            Py_XDECREF(held[k])


cdef object call_any(object op, PyObject** args, Py_ssize_t n):
    """What Python's operators run: an op, or a function that chooses one."""
    if isinstance(op, Op):
        return apply(<Op>op, args, n)
    return PyObject_Vectorcall(op, args, n, NULL)


def enable_fast_calls():
    """Let the interpreter call ops directly, and as methods without making bound objects."""
    cdef Op op = Op("probe", "ProbeBackward0", params=("x",))
    cdef InplaceOp inplace = InplaceOp(op)
    cdef OutFunction function = OutFunction(None, "probe", "exact")
    set_fast_call(Op, <char*>&op.vectorcall - <char*><PyObject*>op)
    set_fast_call(InplaceOp, <char*>&inplace.vectorcall - <char*><PyObject*>inplace)
    set_fast_call(OutFunction, <char*>&function.vectorcall - <char*><PyObject*>function)


cdef int set_fast_call(type kind, Py_ssize_t offset) except -1:
    (<_TypeSlots*>kind).tp_vectorcall_offset = offset
    (<_TypeSlots*>kind).tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR
    PyType_Modified(<PyTypeObject*>kind)
    return 0


enable_fast_calls()
register_apply(call_any)
register_splitter(split)
globals()["Tensor"] = _PublicTensor


# --------------------------------------------------------------------------- custom Functions

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
            note_trace(entry)
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


def is_view_of_function(Tensor tensor not None):
    """Mark a view that a custom Function returned: it must not be written in place."""
    if tensor.view is not None:
        tensor.view.kind = VIEW_OF_CUSTOM_FUNCTION


def rebase_written(Tensor tensor not None, str writer):
    """Count the write to a tensor that a custom Function marked dirty."""
    note_write(tensor, writer)


def view_of(Tensor source not None):
    """A new tensor over the same memory that counts as a view of the source."""
    return wrap_view(source, source.array, PLAIN_VIEW)
