"""What users call: ops and functions under their public names, or as methods of Tensor.

A call that works goes straight through. One that fails is explained by the name that was called.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_SIZE
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, PyTypeNum_ISINTEGER,
    import_array, ndarray,
)

from tapegrad._core.op cimport (
    InplaceOp, Op, call_with_names, explained, names_of, out_writer, positional, raw_call,
    raw_function, run_inplace, run_op, set_fast_call,
)
from tapegrad._tensor.tensor cimport Tensor, apply_function, plain_number, requires_grad

from functools import update_wrapper

import numpy as np

from tapegrad._types import kind_of

import_array()

cdef type NUMPY_NUMBER = np.number, NUMPY_INTEGER = np.integer

cdef extern from *:
    """
    #define TG_IS_NUMPY_SCALAR(value) PyArray_IsScalar(value, Generic)
    """
    bint is_numpy_scalar "TG_IS_NUMPY_SCALAR"(PyObject*) noexcept

cdef extern from "Python.h":
    PyObject** PySequence_Fast_ITEMS(list)
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET
    PyObject* raw_vectorcall "PyObject_Vectorcall"(
        PyObject*, PyObject* const*, size_t, PyObject*) noexcept
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)
    object PyVectorcall_Call(object, tuple, dict)
    object PyMethod_New(object, object)
    bint PyIndex_Check(object)
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) except? -1
    void Py_DECREF(object)
    PyObject* PyTuple_GET_ITEM(object, Py_ssize_t) noexcept

ctypedef PyObject* (*raw_serve)(PyObject*, PyObject* const*, size_t) noexcept

cdef enum:
    MOST_CHECKED = 32    # parameters
    MOST_SHORTCUT = 4
    MOST_PLACED = 16     # arguments by name and place
    VARARGS = 4          # flag of the code of a function with ``*args``
    ANY = -1

cdef enum Wanted:
    ANYTHING = 0
    TENSOR = 1
    TRUTH_VALUE = 2
    WHOLE_NUMBER = 3
    REAL_NUMBER = 4
    WHOLE_NUMBERS = 5    # a tuple or list of them
    DIMS = 6             # by name no truth value; by place it may stand for another argument
    OR_NONE = 8          # added to one of the others

cdef object KINDS = {"Tensor": TENSOR, "bool": TRUTH_VALUE, "int": WHOLE_NUMBER,
                     "float": REAL_NUMBER, "Ints": WHOLE_NUMBERS, "DimsOrTruth": DIMS}
cdef object KIND_NAMES = {kind: name for name, kind in KINDS.items()}


class Undeclared(TypeError):
    """What a call gave whose arguments are not of the kinds declared: PyTorch may take them."""


cdef class PublicOp:
    """An op, or its in-place form, under a name of its own."""

    cdef void* vectorcall
    cdef apply_function run
    cdef readonly Op op
    cdef readonly object __wrapped__
    cdef readonly str called
    cdef readonly bint is_method
    cdef readonly str __doc__

    def __cinit__(self, *args, **kwargs):
        self.vectorcall = <void*>call_public_op

    def __init__(self, target not None, str called not None, *, bint is_method=False):
        self.__wrapped__, self.called, self.is_method = target, called, is_method
        self.__doc__ = target.__doc__
        if isinstance(target, InplaceOp):
            self.op, self.run = (<InplaceOp>target).op, run_inplace
        else:
            self.op, self.run = <Op?>target, run_op

    @property
    def __name__(self):
        return self.called

    def __call__(self, *args, **kwargs):
        # The interpreter uses the vectorcall slot; this serves callers of tp_call.
        return PyVectorcall_Call(self, args, kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __repr__(self):
        return f"<op {self.called}>"

    def __reduce__(self):
        return (getattr, (Tensor, self.called)) if self.is_method else self.called


cdef PyObject* call_public_op(PyObject* callable, PyObject* const* args, size_t n_flags,
                              PyObject* names) noexcept:
    """What ``x.exp()`` runs at once."""
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    cdef PyObject* result
    if ((<PublicOp>callable).op.kernel is None or (<PublicOp>callable).run != run_op) \
            and has_numpy_number(args, n + count_of(names)):
        result = (<raw_call>call_with_plain_numbers)(callable, args, n, names)
    elif names == NULL:
        result = (<raw_function>(<PublicOp>callable).run)(
            <PyObject*>(<PublicOp>callable).op, <PyObject**>args, n)
    else:
        result = (<raw_call>call_named)(callable, args, n, names)
    return result if result != NULL else (<raw_call>explained)(callable, args, n, names)


cdef object call_named(object callable, PyObject* const* args, size_t n, PyObject* names):
    if (<PublicOp>callable).is_method and "out" in <tuple>names:
        raise TypeError(f"{callable.called}() got an unexpected keyword argument 'out'")
    return call_with_names((<PublicOp>callable).__wrapped__, positional(args, n),
                           names_of(names, args + n))


cdef inline size_t count_of(PyObject* names) noexcept:
    return 0 if names == NULL else <size_t>PyTuple_GET_SIZE(<object>names)


cdef inline bint has_numpy_number(PyObject* const* values, size_t n) noexcept:
    """Whether NumPy's scalars are among arguments; the kinds that are most common come first."""
    cdef size_t k
    for k in range(n):
        if type(<object>values[k]) is not Tensor and type(<object>values[k]) is not float \
                and type(<object>values[k]) is not int and is_numpy_scalar(values[k]):
            return True
    return False


cdef object call_with_plain_numbers(object callable, PyObject* const* args, size_t n,
                                    PyObject* names):
    """Call an op or a function with Python's numbers in the place of NumPy's.

    A bool of NumPy's counts as a float, as in PyTorch; so it is refused where a bool or an int is
    wanted.
    """
    cdef size_t k, total = n + count_of(names)
    cdef list plain = [plain_number(<object>args[k]) for k in range(total)]
    cdef PyObject** values = PySequence_Fast_ITEMS(plain)
    if isinstance(callable, TensorFunction):
        return call_checked(callable, values, n, names)
    if names != NULL:
        return call_named(callable, values, n, names)
    return (<PublicOp>callable).run((<PublicOp>callable).op, values, n)


cdef class CommonCall:
    """The commonest calls of a function, served before it is entered.

    The function must come to the same by itself: this only saves its frames.
    """

    cdef object serve(self, PyObject* const* args, size_t n):
        """The result of a call, or None for one that the function has to take."""
        return None


@cython.final
cdef class Shortcut(CommonCall):
    """A call that is an op at once, by the numbers of dimensions of the tensors that it gets."""

    cdef Op op
    cdef int taken[MOST_SHORTCUT]       # its argument k is the function's argument of this number
    cdef int n_dims[MOST_SHORTCUT]      # that a tensor there must have; ANY of them
    cdef size_t n_given                 # arguments; what the op takes besides are its defaults
    cdef bint is_product                # of two floating-point operands whose sizes have to fit
    cdef bint is_sum                    # of floating-point tensors, the second one maybe a number

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[MOST_SHORTCUT]
        if n == self.n_given and is_common(self, args, n, stack):
            return run_op(self.op, stack, n)
        return None


cdef class TensorFunction:
    """A function in Python, called as PyTorch's compiled ones are.

    If it has a name to be ``called`` by, the arguments that it declares to be ``Tensor``, ``bool``,
    ``int``, ``float`` or ``Ints`` are looked at before it runs; a method's first one is not, for it
    is ``self``. With a rule it takes the keyword ``out``.
    """

    cdef void* vectorcall
    cdef public object __wrapped__
    cdef readonly str name              # as messages about ``out`` call it
    cdef readonly str rule              # for the dtype of ``out``; None without
    cdef readonly str called            # as messages about arguments call it; None without checks
    cdef readonly bint is_method
    cdef bint reads_numpy               # whether it asks what kind of number one is
    cdef tuple params
    cdef tuple defaults                 # of the last parameters; None where they have no places
    cdef Wanted wanted[MOST_CHECKED]    # of parameter k
    cdef size_t n_positional            # parameters; those behind are given by name alone
    cdef size_t n_unchecked             # how many of the first parameters may be anything
    cdef CommonCall common_call         # the first of those to try; None without
    cdef dict __dict__

    def __cinit__(self, *args, **kwargs):
        self.vectorcall = <void*>call_function

    def __init__(self, function not None, *, str name=None, str rule=None, str called=None,
                 bint is_method=False):
        update_wrapper(self, function)
        self.name, self.rule, self.called = name or function.__name__, rule, called
        self.is_method, self.params, self.n_unchecked = is_method, (), MOST_CHECKED
        self.reads_numpy = getattr(function, "reads_numpy", False)
        if called is None or not hasattr(function, "__code__"):
            return
        code = function.__code__
        self.n_positional = min(code.co_argcount, MOST_CHECKED)
        self.params = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount][:MOST_CHECKED]
        by_name = function.__kwdefaults__ or {}
        if not code.co_flags & VARARGS and len(by_name) == code.co_kwonlyargcount:
            self.defaults = (*(function.__defaults__ or ()), *by_name.values())
        for k, param in enumerate(self.params):
            self.wanted[k] = wanted_by(function.__annotations__.get(param))
            if k == 0 and is_method:
                self.wanted[k] = ANYTHING
            if self.wanted[k] not in (ANYTHING, DIMS) and self.n_unchecked == MOST_CHECKED \
                    and <size_t>k < self.n_positional:
                self.n_unchecked = k

    def take_shortcut(self, Op op not None, *, bint is_product=False, bint is_sum=False, **n_dims):
        """Run an op at once on these arguments alone, if each is a tensor of so many dimensions.

        None stands for any number of them. Those of a product must also be floating-point numbers
        of one dtype, with sizes that fit. Those of a sum are floating-point numbers, and the second
        may be a number of Python's.
        """
        cdef Shortcut shortcut = Shortcut.__new__(Shortcut)
        names = self.__wrapped__.__code__.co_varnames
        for k, (name, ndim) in enumerate(n_dims.items()):
            shortcut.taken[k], shortcut.n_dims[k] = names.index(name), ANY if ndim is None else ndim
        shortcut.op, shortcut.is_product, shortcut.is_sum = op, is_product, is_sum
        shortcut.n_given = len(n_dims)
        self.take_common_call(shortcut)

    def take_common_call(self, CommonCall call not None):
        """Let it serve calls of the function, and of the method that it is, before others do.

        It sees arguments by place as they were given; where some are given by name, all.
        """
        call.other, self.common_call = self.common_call, call
        method = Tensor.__dict__.get(self.called)
        if isinstance(method, TensorFunction) and method.__wrapped__ is self.__wrapped__:
            method.take_common_calls_of(self)

    def take_common_calls_of(self, TensorFunction other not None):
        """Serve at once what another name of the same function does."""
        self.common_call = other.common_call

    def __call__(self, *args, **kwargs):
        # The interpreter uses the vectorcall slot; this serves callers of tp_call.
        return PyVectorcall_Call(self, args, kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __repr__(self):
        return f"<function {self.name}>"

    def __reduce__(self):
        return self.__qualname__


cdef Wanted wanted_by(annotation):
    """What a parameter must be by its annotation, which is a type or its name."""
    name = getattr(annotation, "__name__", annotation)
    if not isinstance(name, str):
        return ANYTHING
    plain = name.removesuffix(" | None")
    kind = KINDS.get(plain, ANYTHING)
    return kind if kind == ANYTHING or plain == name else kind | OR_NONE


cdef PyObject* call_function(PyObject* callable, PyObject* const* args, size_t n_flags,
                             PyObject* names) noexcept:
    cdef size_t n = n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET
    cdef PyObject* result
    cdef PyObject* placed[MOST_PLACED]
    if (<TensorFunction>callable).common_call is not None and (
            are_few(<TensorFunction>callable, n) if names == NULL
            else are_placed(<TensorFunction>callable, args, n, names, placed)):
        result = (<raw_serve>served)(
            <PyObject*>(<TensorFunction>callable).common_call, args if names == NULL else placed,
            n if names == NULL else len((<TensorFunction>callable).params))
        if result == NULL:
            return (<raw_call>explained)(callable, args, n, names)
        if result != <PyObject*>None:
            return result
        Py_DECREF(None)
    if not (<TensorFunction>callable).reads_numpy \
            and has_numpy_number(args, n + count_of(names)):
        result = (<raw_call>call_with_plain_numbers)(callable, args, n, names)
    elif names != NULL or n > (<TensorFunction>callable).n_unchecked:
        result = (<raw_call>call_checked)(callable, args, n, names)
    else:
        result = raw_vectorcall(<PyObject*>(<TensorFunction>callable).__wrapped__, args, n_flags,
                                NULL)
    return result if result != NULL else (<raw_call>explained)(callable, args, n, names)


cdef inline bint are_few(TensorFunction function, size_t n) noexcept:
    """Whether a function takes so many arguments by place."""
    return function.defaults is None or n <= function.n_positional


cdef bint are_placed(TensorFunction function, PyObject* const* args, size_t n, PyObject* names,
                     PyObject** placed) noexcept:
    """Whether all arguments by name have a place; fills those places, and others by defaults."""
    cdef size_t k, j, n_names = count_of(names), total = PyTuple_GET_SIZE(function.params)
    cdef size_t first_default
    if function.defaults is None or total > MOST_PLACED or n > function.n_positional:
        return False
    first_default = total - PyTuple_GET_SIZE(function.defaults)
    for k in range(total):
        placed[k] = args[k] if k < n else NULL
    for j in range(n_names):
        for k in range(n, total):
            if PyTuple_GET_ITEM(function.params, k) == PyTuple_GET_ITEM(<object>names, j):
                placed[k] = args[n + j]
                break
        else:
            return False
    for k in range(n, total):
        if placed[k] == NULL and k >= first_default:
            placed[k] = PyTuple_GET_ITEM(function.defaults, k - first_default)
        elif placed[k] == NULL:
            return False
    return True


cdef object served(object first, PyObject* const* args, size_t n):
    """The result of a call that one of the common ones serves, or None."""
    cdef CommonCall call = <CommonCall>first
    cdef object result
    while call is not None:
        result = call.serve(args, n)
        if result is not None:
            return result
        call = call.other
    return None


cdef bint is_common(Shortcut shortcut, PyObject* const* args, size_t n, PyObject** stack) noexcept:
    """Whether a shortcut is one for these arguments; puts them in the op's order if so."""
    cdef size_t k
    for k in range(n):
        stack[k] = args[shortcut.taken[k]]
        if not isinstance(<object>stack[k], Tensor):
            if k == 0 or not shortcut.is_sum \
                    or (type(<object>stack[k]) is not float and type(<object>stack[k]) is not int):
                return False
        elif shortcut.is_sum:
            if not is_float((<Tensor>stack[k]).array):
                return False
        elif shortcut.n_dims[k] != ANY \
                and PyArray_NDIM((<Tensor>stack[k]).array) != shortcut.n_dims[k]:
            return False
    return not shortcut.is_product \
        or have_product((<Tensor>stack[0]).array, (<Tensor>stack[1]).array)


cdef bint is_float(ndarray array) noexcept:
    return PyArray_TYPE(array) == NPY_FLOAT32 or PyArray_TYPE(array) == NPY_FLOAT64


cdef bint have_product(ndarray a, ndarray b) noexcept:
    return is_float(a) and PyArray_TYPE(b) == PyArray_TYPE(a) \
        and PyArray_DIMS(a)[PyArray_NDIM(a) - 1] == PyArray_DIMS(b)[0]


cdef object call_checked(object callable, PyObject* const* args, size_t n, PyObject* names):
    """Refuse what is not of the kind declared, and give ``out`` to what serves it."""
    cdef TensorFunction function = <TensorFunction>callable
    refusal = misfit(function, args, n, names)
    if refusal is not None:
        if not hasattr(function, "compiled") and not hasattr(function, "written"):
            raise refusal
        # What PyTorch has in Python comes to its own errors first, and looks at few arguments.
        raise Undeclared(PyObject_Vectorcall(function.__wrapped__, args, n, names))
    if names != NULL:
        if function.rule is not None and "out" in <tuple>names:
            return serve_out(function, positional(args, n), names_of(names, args + n))
    return PyObject_Vectorcall(function.__wrapped__, args, n, names)


cdef bint fits(Wanted wanted, object value):
    """Whether a value can be of a kind; what is an unusual whole number is left to the function."""
    if wanted & OR_NONE:
        return value is None or fits(<Wanted>(wanted & ~OR_NONE), value)
    if wanted == TENSOR:
        return isinstance(value, Tensor)
    if wanted == TRUTH_VALUE:
        return isinstance(value, bool)
    if wanted == WHOLE_NUMBER:
        if isinstance(value, Tensor):
            return is_plain(<Tensor>value) \
                and PyTypeNum_ISINTEGER(PyArray_TYPE((<Tensor>value).array))
        return isinstance(value, (int, NUMPY_INTEGER)) and not isinstance(value, bool) \
            and is_64_bits(value)
    if wanted == WHOLE_NUMBERS:
        return isinstance(value, (tuple, list)) and all([is_index(one) for one in value]) \
            and not (value and isinstance(value[0], bool))
    if wanted == DIMS:
        return not isinstance(value, bool)
    if wanted == REAL_NUMBER:
        if type(value) is int:
            return is_64_bits(value) or 0 <= value < 2**64
        return isinstance(value, (float, int, NUMPY_NUMBER)) \
            or isinstance(value, Tensor) and is_plain(<Tensor>value)
    return True


cdef bint is_plain(Tensor value):
    """Whether a tensor may stand for a number: it has no gradient to lose."""
    return PyArray_NDIM(value.array) == 0 and not requires_grad(value)


cdef bint is_index(value):
    """Whether a value may stand among sizes."""
    return PyIndex_Check(value) and (
        not isinstance(value, Tensor) or PyTypeNum_ISINTEGER(PyArray_TYPE((<Tensor>value).array)))


cdef bint is_64_bits(value) except -1:
    """Whether a whole number has 64 bits."""
    cdef int overflow = 0
    PyLong_AsLongLongAndOverflow(value, &overflow)
    return overflow == 0


cdef object serve_out(TensorFunction function, tuple args, dict kwargs):
    out = kwargs.pop("out")
    if out is None:
        return function.__wrapped__(*args, **kwargs)
    return out_writer(function.__wrapped__, function.name, function.rule, args, kwargs, out)


cdef object misfit(TensorFunction function, PyObject* const* args, size_t n, PyObject* names):
    """The error of the first argument that is not of the kind declared; None where all are."""
    cdef size_t k, j
    for k in range(function.n_unchecked, min(n, function.n_positional)):
        if function.wanted[k] != DIMS and not fits(function.wanted[k], <object>args[k]):
            name = "input" if function.params[k] == "self" else function.params[k]
            position = k + (not function.is_method)
            return misfitting(function, k, f"'{name}' (position {position})", <object>args[k])
    for k in range(count_of(names)):
        name = (<tuple>names)[k]
        for j in range(<size_t>len(function.params)):
            if function.wanted[j] != ANYTHING and name == function.params[j] \
                    and not fits(function.wanted[j], <object>args[n + k]):
                return misfitting(function, j, f"'{name}'", <object>args[n + k])
    return None


cdef object misfitting(TensorFunction function, size_t k, str argument, object value):
    return TypeError(f"{function.called}(): argument {argument} must be "
                     f"{KIND_NAMES[function.wanted[k] & ~OR_NONE]}, not {kind_of(value)}")


def enable_fast_calls_of_functions():
    """Let the interpreter call both kinds directly, and as methods without making bound objects."""
    cdef PublicOp op = PublicOp.__new__(PublicOp)
    cdef TensorFunction made = TensorFunction.__new__(TensorFunction)
    set_fast_call(PublicOp, <Py_ssize_t>&op.vectorcall - <Py_ssize_t><PyObject*>op)
    set_fast_call(TensorFunction, <Py_ssize_t>&made.vectorcall - <Py_ssize_t><PyObject*>made)


enable_fast_calls_of_functions()
