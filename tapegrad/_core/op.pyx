"""Operations as they are declared and called.

An :class:`Op` knows how its result is computed (a kernel that runs without entering Python, or a
forward function on arrays), what its gradient formulas read, and therefore what an entry saves. The
formulas themselves are data handed in by ``ops``: nothing here knows an operation by name.
"""

from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport uint32_t

from tapegrad._tape cimport FIRST_OUTPUT
from tapegrad._tensor.tensor cimport apply_function

from tapegrad._kernels import numpy_kernel

cdef extern from "Python.h":
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    unsigned long Py_TPFLAGS_METHOD_DESCRIPTOR
    void PyType_Modified(PyTypeObject*)
    void PyErr_Fetch(PyObject**, PyObject**, PyObject**)
    void PyErr_NormalizeException(PyObject**, PyObject**, PyObject**)
    int PyException_SetTraceback(PyObject*, PyObject*)
    object PyMethod_New(object, object)
    ctypedef struct _TypeSlots "PyTypeObject":
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags

cdef object METHOD_KINDS = {
    "gradient": FROM_GRADIENT, "gradients": FROM_GRADIENTS, "slot": FROM_SLOT,
    "shape": FROM_SHAPE, "needs": FROM_NEEDS,
}
cdef object SLOT_KINDS = {
    "argument": SAVES_ARGUMENT, "output": SAVES_OUTPUT, "shape": SAVES_SHAPE,
}


# What runs an op stands above this module.
cdef apply_function run_op = NULL
cdef apply_function run_inplace = NULL


cdef void register_execution(apply_function run, apply_function run_in_place) noexcept:
    """Hand in what computes and records an op, and its in-place form."""
    global run_op, run_inplace
    if run != NULL:
        run_op = run
    if run_in_place != NULL:
        run_inplace = run_in_place


cdef class Op:
    """An operation on tensors: called like a function; as an attribute of Tensor a method."""

    def __cinit__(self, *args, **kwargs):
        self.vectorcall = <void*>call_op

    def __init__(self, str name, str grad_name, *, kernel=None, forward=None,
                 dict kernels_by_number=None, tuple params,
                 tuple defaults=(), tuple edges=(), tuple formulas=(), tuple formula_args=(),
                 tuple slots=(), bint is_joint=False, bint is_view=False, bint makes_float=False,
                 bint takes_mask=False, bint takes_sequence=False, int n_tensors=0,
                 bint writes=False, bint overwrites=False, bint has_many_outputs=False,
                 bint is_function=False, tuple drops=(), tuple reads=(),
                 bint takes_numbers=False, bint widens_half=False, bint is_outer=False,
                 tuple stands_for=None, int n_recorded=0,
                 doc=None):
        self.name, self.grad_name, self.__doc__ = name, grad_name, doc
        self.kernel = None if kernel is None else numpy_kernel(kernel)
        self.kernels_by_number = kernels_by_number
        self.prefers_kernel = kernel is not None and forward is not None
        self.forward, self.params, self.defaults = forward, params, defaults
        self.formulas, self.reads = formulas, reads
        self.is_joint, self.is_view, self.is_outer = is_joint, is_view, is_outer
        self.makes_float, self.takes_mask, self.takes_sequence = (
            makes_float, takes_mask, takes_sequence)
        self.n_tensors, self.takes_numbers = n_tensors, takes_numbers
        self.widens_half = widens_half
        self.writes, self.overwrites = writes, overwrites
        self.has_many_outputs, self.is_function = has_many_outputs, is_function
        self.n_recorded = n_recorded
        self.n_params, self.n_edges, self.n_slots = len(params), len(edges), len(slots)
        if self.n_edges > MAX_EDGES or self.n_slots > MAX_SLOTS:
            raise ValueError(f"op {name}: too many differentiable inputs or saved values")
        for e, param in enumerate(edges):
            self.edge_param[e] = param
        for s, (kind, index, needed_by) in enumerate(slots):
            self.slots[s].kind = SLOT_KINDS[kind]
            self.slots[s].index, self.slots[s].needed_by = index, needed_by
            self.slots[s].source = edges.index(index) if kind == "argument" and index in edges \
                else FIRST_OUTPUT + 1
            if kind == "argument" and (index in edges or params[index] in drops):
                self.dropped_slots |= (<uint32_t>1) << <int>s
        if stands_for is not None:
            param, self.inner, self.outer = stands_for
            self.inner_edge = edges.index(params.index(param))
            self.keeps_between = self.n_slots > self.outer.n_slots
            if self.keeps_between and not begins_with(self, self.outer):
                raise ValueError(f"op {name}: it does not save first what {self.outer.name} does")
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


cdef bint begins_with(Op op, Op outer) noexcept:
    """Whether the first slots of an op hold what another's do."""
    cdef int s
    for s in range(outer.n_slots):
        if op.slots[s].kind != outer.slots[s].kind or op.slots[s].index != outer.slots[s].index:
            return False
    return True


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
    return run_op(op, stack, n) if callable is op else run_inplace(op, stack, n)


cdef object out_writer = None


def register_out_writer(writer):
    """Hand in what serves ``out=``: ``writer(function, name, rule, args, kwargs, out)``."""
    global out_writer
    out_writer = writer


cdef dict names_of(PyObject* names, PyObject* const* values):
    cdef Py_ssize_t k
    return {name: <object>values[k] for k, name in enumerate(<tuple>names)}


cdef PyObject* call_op(PyObject* callable, PyObject* const* args, size_t n_flags,
                       PyObject* names) noexcept:
    """The vectorcall of ops: what ``tapegrad.exp(x)`` runs at once."""
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    cdef PyObject* result
    if names == NULL:
        result = (<raw_function>run_op)(callable, <PyObject**>args, n)
    else:
        result = (<raw_call>call_named)(callable, args, n, names)
    return result if result != NULL else (<raw_call>explained)(callable, args, n, names)


cdef object call_inplace(PyObject* callable, PyObject* const* args, size_t n_flags,
                         PyObject* names):
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    if names == NULL:
        return run_inplace((<InplaceOp>callable).op, <PyObject**>args, n)
    return call_named(<object>callable, args, n, names)


cdef object call_named(object callable, PyObject* const* args, size_t n, PyObject* names):
    """Call an op, or its in-place form, with some arguments by name."""
    return call_with_names(callable, positional(args, n), names_of(names, args + n))


cdef tuple positional(PyObject* const* args, size_t n):
    cdef size_t k
    return tuple([<object>args[k] for k in range(n)])


cdef object explainer = None


def register_explainer(function):
    """Hand in what finds the error of a failed call: ``function(callable, args, kwargs, error)``.

    It gives the exception to raise, or the result if the arguments have a meaning after all.
    """
    global explainer
    explainer = function


cdef object explained(object callable, PyObject* const* args, size_t n, PyObject* names):
    """Take the error of a call that failed, and raise the one that its arguments deserve."""
    cdef PyObject* kind = NULL
    cdef PyObject* value = NULL
    cdef PyObject* trace = NULL
    PyErr_Fetch(&kind, &value, &trace)
    PyErr_NormalizeException(&kind, &value, &trace)
    if trace != NULL:
        PyException_SetTraceback(value, trace)
    error = <object>value
    Py_XDECREF(kind)
    Py_XDECREF(value)
    Py_XDECREF(trace)
    if explainer is None:
        raise error
    outcome = explainer(callable, positional(args, n),
                        {} if names == NULL else names_of(names, args + n), error)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def enable_fast_calls():
    """Let the interpreter call ops directly, and as methods without making bound objects."""
    cdef Op op = Op("probe", "ProbeBackward0", params=("x",))
    cdef InplaceOp inplace = InplaceOp(op)
    set_fast_call(Op, <Py_ssize_t>&op.vectorcall - <Py_ssize_t><PyObject*>op)
    set_fast_call(InplaceOp, <Py_ssize_t>&inplace.vectorcall - <Py_ssize_t><PyObject*>inplace)


cdef int set_fast_call(type kind, Py_ssize_t offset) except -1:
    """Let the interpreter find the function of a type's objects, at that place in them."""
    (<_TypeSlots*>kind).tp_vectorcall_offset = offset
    (<_TypeSlots*>kind).tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR
    PyType_Modified(<PyTypeObject*>kind)
    return 0


enable_fast_calls()
