"""Calling a module: straight to ``forward`` where there is no hook."""

cimport cython
from cpython.object cimport PyObject, PyTypeObject

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object, void*)
    object PyObject_VectorcallMethod(object, PyObject* const*, size_t, PyObject*)
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    PyObject* PyTuple_GET_ITEM(tuple, Py_ssize_t)
    int PyDict_DelItemString(PyObject*, const char*) except -1
    void PyType_Modified(PyTypeObject*)

cdef enum:
    MAX_STACK = 16

cdef tuple HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks",
                    "_backward_pre_hooks")


@cython.auto_pickle(False)     # or Cython's __reduce__ would be the modules'
cdef class DirectCall:
    """The base that makes ``module(...)`` run ``module.forward(...)``.

    Where one of a module's registries of hooks holds something, ``_call_with_hooks(args, kwargs)``
    runs instead. It has no fields, so that it can be a base beside any other.
    """

    def __call__(self, *args, **kwargs):
        cdef PyObject* stack[MAX_STACK]
        cdef Py_ssize_t k, n = len(args)
        if has_hooks(PyObject_GenericGetDict(self, NULL)):
            return self._call_with_hooks(args, kwargs)
        if kwargs or n >= MAX_STACK:
            return self.forward(*args, **kwargs)
        stack[0] = <PyObject*>self
        for k in range(n):
            stack[k + 1] = PyTuple_GET_ITEM(args, k)
        return PyObject_VectorcallMethod("forward", stack, n + 1, NULL)

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
    cdef PyObject* found = PyDict_GetItemWithError(PyObject_GenericGetDict(module, NULL), name)
    if found == NULL:
        raise AttributeError(f"'{type(module).__name__}' object has no attribute '{name}'")
    return <object>found


cdef bint has_hooks(object attributes) except -1:
    """Whether one of the registries in a module's real ``__dict__`` holds a hook."""
    cdef PyObject* hooks
    for name in HOOKS:
        hooks = PyDict_GetItemWithError(attributes, name)
        if hooks != NULL and <object>hooks:
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
