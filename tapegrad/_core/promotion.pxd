"""Layout of promotion."""

from cpython.object cimport PyObject

cdef int common_type(PyObject** args, int n) except -1
