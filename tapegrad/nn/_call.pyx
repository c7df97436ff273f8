"""Calling a module: straight to ``forward`` where there is no hook, and to an op where that is all.

What a call honours is looked up each time, at the place in the dictionary where it was last time.
"""

cimport cython
from cpython.object cimport PyObject, PyTypeObject
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, NPY_INT64, PyArray_DIMS, PyArray_NDIM, PyArray_TYPE, import_array,
    ndarray,
)

from tapegrad._core.op cimport set_fast_call
from tapegrad._tensor.modes cimport anomaly_enabled
from tapegrad._tensor.tensor cimport Tensor

from functools import update_wrapper

import_array()

cdef extern from "Python.h":
    """
    /* What Python runs for calls of a type's instances, and what its subclasses inherit. */
    static void tg_set_call(PyTypeObject *type, PyObject *descriptor, ternaryfunc call) {
        ((PyWrapperDescrObject *)descriptor)->d_wrapped = (void *)call;
        type->tp_call = call;
        PyType_Modified(type);
    }
    """
    ctypedef PyObject* (*ternaryfunc)(PyObject*, PyObject*, PyObject*) noexcept
    ctypedef struct _TypeSlots "PyTypeObject":
        ternaryfunc tp_call
        void* tp_getattro
    void tg_set_call(PyTypeObject*, PyObject*, ternaryfunc) noexcept
    void* PyObject_GenericGetAttr
    PyObject* _PyType_Lookup(PyTypeObject*, PyObject*) noexcept
    PyTypeObject* Py_TYPE(PyObject*) noexcept
    object PyObject_GenericGetDict(object, void*)
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)
    object PyObject_VectorcallMethod(object, PyObject* const*, size_t, PyObject*)
    PyObject* raw_vectorcall "PyObject_Vectorcall"(
        PyObject*, PyObject* const*, size_t, PyObject*) noexcept
    object PyVectorcall_Call(object, tuple, dict)
    object PyMethod_New(object, object)
    PyObject* PyDict_GetItemWithError(PyObject*, PyObject*) except? NULL
    bint PyDict_Next(PyObject*, Py_ssize_t*, PyObject**, PyObject**) noexcept
    int PyDict_DelItemString(PyObject*, const char*) except -1
    void PyType_Modified(PyTypeObject*)
    Py_ssize_t PyDict_Size "PyDict_GET_SIZE"(PyObject*) noexcept
    bint PyDict_Check(PyObject*) noexcept
    PyObject* PyTuple_GET_ITEM(PyObject*, Py_ssize_t) noexcept
    Py_ssize_t PyTuple_GET_SIZE(PyObject*) noexcept
    double PyFloat_AS_DOUBLE(PyObject*) noexcept
    void Py_DECREF(object)
    void Py_XINCREF(PyObject*) noexcept
    void Py_XDECREF(PyObject*) noexcept
    size_t PY_VECTORCALL_ARGUMENTS_OFFSET

ctypedef PyObject* (*raw_serve)(PyObject*, PyObject* const*, size_t) noexcept

cdef enum:
    MAX_STACK = 16
    N_HOOKS = 4
    UNLESS = 2                  # where a description names an attribute that must be false,
    NAMED = 3                   # and those that are handed on
    SEARCHED_EACH = 16          # so many misses, for they may go on

cdef struct Place:
    Py_ssize_t at               # where in a dictionary a name stood last
    unsigned int misses

cdef tuple HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks",
                    "_backward_pre_hooks")
cdef Place[N_HOOKS] hook_places

cdef object UNUSUAL = object()      # what a front gives for a call that it does not serve
cdef object PLAIN_LOOKUP = object.__getattribute__
cdef object MODULES = None          # how a module's ``_modules`` are looked up


cdef PyObject* find(PyObject* names, PyObject* name, Place* place) except? NULL:
    """The value of an interned name, which most likely stands where it did in the last dictionary.

    Dictionaries of instances of one class are filled in one order.
    """
    cdef PyObject* key
    cdef PyObject* value
    cdef Py_ssize_t next = place.at
    if PyDict_Next(names, &next, &key, &value) and key == name:
        return value
    if place.misses % SEARCHED_EACH == 0:
        next = 0
        while PyDict_Next(names, &next, &key, &value):
            if key == name:
                place.at = next - 1
                break
    place.misses += 1
    return PyDict_GetItemWithError(names, name)


cdef class DirectCall:
    """The base that makes ``module(...)`` run ``module.forward(...)``.

    Where one of a module's registries of hooks holds something, ``_call_with_hooks(args, kwargs)``
    runs instead. It has no fields, so that it can be a base beside any other.
    """

    def __call__(self, *args, **kwargs):
        return called(self, args, kwargs)

    # The registries are descriptors of the type, or `object.__setattr__` would pass them by.

    @property
    def _parameters(self):
        return registry(self, "_parameters")

    @_parameters.setter
    def _parameters(self, value):
        self._set_registry("_parameters", value)

    @_parameters.deleter
    def _parameters(self):
        self._drop_registry("_parameters")

    @property
    def _buffers(self):
        return registry(self, "_buffers")

    @_buffers.setter
    def _buffers(self, value):
        self._set_registry("_buffers", value)

    @_buffers.deleter
    def _buffers(self):
        self._drop_registry("_buffers")

    @property
    def _modules(self):
        return registry(self, "_modules")

    @_modules.setter
    def _modules(self, value):
        self._set_registry("_modules", value)

    @_modules.deleter
    def _modules(self):
        self._drop_registry("_modules")


cdef object registry(DirectCall module, str name):
    """What a module's real ``__dict__`` holds under the name of a registry."""
    cdef object attributes = PyObject_GenericGetDict(module, NULL)
    cdef PyObject* found = PyDict_GetItemWithError(<PyObject*>attributes, <PyObject*>name)
    if found == NULL:
        raise AttributeError(f"'{type(module).__name__}' object has no attribute '{name}'")
    return <object>found


cdef PyObject* call(PyObject* module, PyObject* args, PyObject* kwargs) noexcept:
    """What the interpreter runs for ``__call__``, without a dictionary of no keywords."""
    return (<ternaryfunc>called)(module, args, <PyObject*>None if kwargs == NULL else kwargs)


cdef object called(object module, tuple args, object kwargs):
    cdef PyObject* stack[MAX_STACK]
    cdef Py_ssize_t k, n = len(args)
    if kwargs or n >= MAX_STACK:
        if has_hooks(module):
            return module._call_with_hooks(args, kwargs or {})
        return module.forward(*args, **kwargs or {})
    stack[0] = <PyObject*>module
    for k in range(n):
        stack[k + 1] = PyTuple_GET_ITEM(<PyObject*>args, k)
    return call_plainly(stack, n + 1)


cdef object call_plainly(PyObject** stack, size_t n):
    """Call the module ``stack[0]`` with what follows."""
    cdef size_t k
    if has_hooks(<object>stack[0]):
        args = tuple([<object>stack[k] for k in range(1, n)])
        return (<object>stack[0])._call_with_hooks(args, {})
    return PyObject_VectorcallMethod("forward", stack, n, NULL)


cdef bint has_hooks(object module) except -1:
    """Whether one of the registries in a module's real ``__dict__`` holds a hook."""
    cdef object attributes = PyObject_GenericGetDict(module, NULL)
    cdef PyObject* hooks
    cdef Py_ssize_t k
    for k in range(N_HOOKS):
        hooks = find(<PyObject*>attributes, PyTuple_GET_ITEM(<PyObject*>HOOKS, k), &hook_places[k])
        if hooks != NULL and (PyDict_Size(hooks) > 0 if PyDict_Check(hooks) else <object>hooks):
            return True
    return False


cdef int make_as_object_does(PyTypeObject* kind) except -1:
    """Let ``object.__new__`` make the objects of a type that has no fields.

    A type's own would refuse the classes that inherit from another one first, as
    ``class Model(abc.ABC, Module)`` does, where they are copied or unpickled.
    """
    kind.tp_new = (<PyTypeObject*>object).tp_new
    PyDict_DelItemString(kind.tp_dict, "__new__")
    PyType_Modified(kind)
    return 0


make_as_object_does(<PyTypeObject*>DirectCall)
MODULES = DirectCall.__dict__["_modules"]
tg_set_call(<PyTypeObject*>DirectCall, <PyObject*>DirectCall.__dict__["__call__"], call)


@cython.binding(False)
cdef class Front:
    """A function of Python whose commonest calls are served before it is entered.

    It must come to the same by itself: a front only saves frames. In anomaly mode, which shows
    them, it stands aside. The function is the last argument, behind what its calls come to.
    """

    cdef void* vectorcall
    cdef public object __wrapped__
    cdef tuple described                # what calls come to
    cdef size_t n_params
    cdef dict __dict__

    def __cinit__(self, *args):
        self.vectorcall = <void*>call_front

    def __init__(self, *args):
        self.described, self.n_params = args[:-1], args[-1].__code__.co_argcount
        update_wrapper(self, args[-1])

    def __call__(self, *args, **kwargs):
        # The interpreter uses the vectorcall slot; this serves callers of tp_call.
        return PyVectorcall_Call(self, args, kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def __getattr__(self, name):
        return getattr(self.__wrapped__, name)      # its code, its defaults, its globals

    def __repr__(self):
        return repr(self.__wrapped__)

    def __reduce__(self):
        return self.__qualname__

    cdef object serve(self, PyObject* const* args, size_t n):
        """The result of a call, or UNUSUAL."""
        return UNUSUAL


cdef object served(object front, PyObject* const* args, size_t n):
    return (<Front>front).serve(args, n)


cdef PyObject* call_front(PyObject* callable, PyObject* const* args, size_t n_flags,
                          PyObject* names) noexcept:
    cdef PyObject* result
    if names == NULL and not anomaly_enabled():
        result = (<raw_serve>served)(callable, args, n_flags & ~PY_VECTORCALL_ARGUMENTS_OFFSET)
        if result != <PyObject*>UNUSUAL:
            return result
        Py_DECREF(UNUSUAL)
    return raw_vectorcall(<PyObject*>(<Front>callable).__wrapped__, args, n_flags, names)


@cython.final
cdef class Straight(Front):
    """A layer's ``forward`` that calls one function with its arguments and its own attributes.

    Described by a module's dictionary and the name under which it has the function at each call,
    by an attribute that must be false, or None, and by the names of the attributes. None among
    these stands for itself.
    """

    cdef Place[MAX_STACK] places        # of the attributes
    cdef Place function_place, unless_place

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[MAX_STACK]
        cdef PyObject* described = <PyObject*>self.described
        cdef size_t k, n_held = 0, n_named = len(self.described) - NAMED
        if n != self.n_params or not finds_attributes_alone(args[0]):
            return UNUSUAL
        for k in range(1, n):
            stack[k - 1] = args[k]
        try:
            while n_held < n_named and self.hold(
                    args[0], PyTuple_GET_ITEM(described, NAMED + n_held), n_held,
                    &stack[n - 1 + n_held]):
                n_held += 1
            if n_held < n_named:
                return UNUSUAL
            return self.call(args[0], stack, n - 1 + n_named)
        finally:
            for k in range(n_held):
                Py_XDECREF(stack[n - 1 + k])

    cdef bint hold(self, PyObject* module, PyObject* name, size_t k, PyObject** held) except -1:
        """Own the value of a module's attribute, or None for no name; False without one."""
        held[0] = name if <object>name is None else own(module, name, &self.places[k])
        Py_XINCREF(held[0])
        return held[0] != NULL

    cdef object call(self, PyObject* module, PyObject** stack, size_t n):
        """Call the function, unless it is gone or the call is none for it."""
        cdef PyObject* described = <PyObject*>self.described
        cdef PyObject* unless = PyTuple_GET_ITEM(described, UNLESS)
        cdef PyObject* found
        if <object>unless is not None:
            found = own(module, unless, &self.unless_place)
            if found == NULL or <object>found:
                return UNUSUAL
        found = find(PyTuple_GET_ITEM(described, 0), PyTuple_GET_ITEM(described, 1),
                     &self.function_place)
        if found == NULL:
            return UNUSUAL
        function = <object>found
        return PyObject_Vectorcall(function, stack, n, NULL)


cdef inline bint finds_attributes_alone(PyObject* module) noexcept:
    """Whether it is called as a module is, and no class of it looks attributes up its own way."""
    cdef PyTypeObject* kind = Py_TYPE(module)
    return (<_TypeSlots*>kind).tp_call == call and (
        (<_TypeSlots*>kind).tp_getattro == PyObject_GenericGetAttr
        or _PyType_Lookup(kind, <PyObject*>"__getattribute__") == <PyObject*>PLAIN_LOOKUP)


cdef PyObject* own(PyObject* module, PyObject* name, Place* place) except? NULL:
    """A module's own attribute; NULL without one, or where its class has one of that name."""
    cdef object attributes
    if _PyType_Lookup(Py_TYPE(module), name) != NULL:
        return NULL
    attributes = PyObject_GenericGetDict(<object>module, NULL)
    return find(<PyObject*>attributes, name, place)


@cython.final
cdef class InTurn(Front):
    """The ``forward`` of a chain of modules; described by the class of its ``_modules``."""

    cdef Place place

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[2]
        cdef PyObject* modules
        cdef PyObject* name
        cdef PyObject* module
        cdef Py_ssize_t next = 0, size
        cdef object kept, out
        if n != 2 or not finds_attributes_alone(args[0]) \
                or _PyType_Lookup(Py_TYPE(args[0]), <PyObject*>"_modules") != <PyObject*>MODULES:
            return UNUSUAL
        kept = PyObject_GenericGetDict(<object>args[0], NULL)
        modules = find(<PyObject*>kept, <PyObject*>"_modules", &self.place)
        if modules == NULL or type(<object>modules) is not self.described[0]:
            return UNUSUAL
        kept, out, size = <object>modules, <object>args[1], PyDict_Size(modules)
        while PyDict_Next(<PyObject*>kept, &next, &name, &module):
            stack[0], stack[1] = module, <PyObject*>out
            out = called_with_one(<object>module, stack)
            if PyDict_Size(<PyObject*>kept) != size:
                raise RuntimeError("dictionary changed size during iteration")
        return out


cdef object called_with_one(object module, PyObject** stack):
    """Call what is mostly a module; it is held meanwhile."""
    if (<_TypeSlots*>Py_TYPE(<PyObject*>module)).tp_call == call:
        return call_plainly(stack, 2)
    return PyObject_Vectorcall(module, stack + 1, 1, NULL)


@cython.final
cdef class ClassLoss(Front):
    """Cross entropy of rows of scores with one class each.

    Described by its op and by the number of each way to reduce.
    """

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[5]
        cdef PyObject* described = <PyObject*>self.described
        cdef PyObject* reduction
        if n < 2 or n > 8 or not has_a_class_each(args[0], args[1]) or not is_plain(args, n):
            return UNUSUAL
        reduction = PyDict_GetItemWithError(
            PyTuple_GET_ITEM(described, 1), args[6] if n > 6 else <PyObject*>"mean")
        if reduction == NULL:
            return UNUSUAL
        stack[0], stack[1], stack[2] = args[0], args[1], <PyObject*>None
        stack[3], stack[4] = reduction, args[4] if n > 4 else <PyObject*>IGNORED
        losses = PyObject_Vectorcall(<object>PyTuple_GET_ITEM(described, 0), stack, 5, NULL)
        return losses[0]


cdef object IGNORED = -100


cdef bint is_plain(PyObject* const* args, size_t n) noexcept:
    """Whether there are no weights, no smoothing, and no options of old."""
    return (n < 3 or <object>args[2] is None) and (n < 4 or <object>args[3] is None) \
        and (n < 5 or type(<object>args[4]) is int) and (n < 6 or <object>args[5] is None) \
        and (n < 7 or type(<object>args[6]) is str) \
        and (n < 8 or type(<object>args[7]) is float and PyFloat_AS_DOUBLE(args[7]) == 0)


cdef bint has_a_class_each(PyObject* scores, PyObject* classes) noexcept:
    """Whether these are a matrix of scores and a class for each of its rows."""
    cdef ndarray x, y
    if type(<object>scores) is not Tensor or type(<object>classes) is not Tensor:
        return False
    x, y = (<Tensor>scores).array, (<Tensor>classes).array
    return PyArray_NDIM(x) == 2 and PyArray_NDIM(y) == 1 and PyArray_TYPE(y) == NPY_INT64 \
        and (PyArray_TYPE(x) == NPY_FLOAT32 or PyArray_TYPE(x) == NPY_FLOAT64) \
        and PyArray_DIMS(x)[0] == PyArray_DIMS(y)[0]


cdef int enable_fast_calls() except -1:
    """Let the interpreter call fronts directly, and as methods without making bound objects."""
    cdef Front front = Front.__new__(Front)
    for kind in (Front, Straight, InTurn, ClassLoss):
        set_fast_call(kind, <Py_ssize_t>&front.vectorcall - <Py_ssize_t><PyObject*>front)
    return 0


enable_fast_calls()
