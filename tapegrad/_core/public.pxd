"""What serves calls of a function in Python before it is entered."""

from cpython.object cimport PyObject


cdef class CommonCall:
    cdef CommonCall other           # to try where this one serves nothing

    cdef object serve(self, PyObject* const* args, size_t n)
