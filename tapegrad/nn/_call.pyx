"""Calling a module: straight to ``forward`` where there is no hook."""

cimport cython
from cpython.object cimport PyObject

cdef extern from "Python.h":
    object PyObject_GenericGetDict(object, void*)
    object PyObject_VectorcallMethod(object, PyObject* const*, size_t, PyObject*)
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    PyObject* PyTuple_GET_ITEM(tuple, Py_ssize_t)

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


cdef bint has_hooks(object attributes) except -1:
    """Whether one of the registries in a module's real ``__dict__`` holds a hook."""
    cdef PyObject* hooks
    for name in HOOKS:
        hooks = PyDict_GetItemWithError(attributes, name)
        if hooks != NULL and <object>hooks:
            return True
    return False
