"""Layout of the forward of operations."""

from cpython.object cimport PyObject
from numpy cimport ndarray

from tapegrad._core.op cimport Op
from tapegrad._tensor.tensor cimport Tensor

cdef object apply(Op op, PyObject** args, Py_ssize_t n)
cdef bint runs_kernel(Op op, PyObject** args, Py_ssize_t n)
cdef ndarray compute(Op op, PyObject** args, Tensor target)
cdef bint check_operands(Op op, PyObject** args, Py_ssize_t n) except -1
cdef object run_forward(Op op, PyObject** args, Py_ssize_t n)
cdef bint any_requires_grad(Op op, PyObject** args, Py_ssize_t n)
cdef int check_same_shape(ndarray target, ndarray result) except -1
cdef int check_result_cast(int source, int target) except -1
cdef tuple target_shape(ndarray array)
