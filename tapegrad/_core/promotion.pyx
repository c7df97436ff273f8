"""Promotion: the dtype in which operations on tensors and Python numbers compute."""

from cpython.object cimport PyObject
from libc.stdint cimport int8_t
from numpy cimport NPY_BOOL, NPY_INT64, PyArray_NDIM, PyArray_TYPE, import_array, ndarray

from tapegrad._kernels.geometry cimport MAX_OPERANDS, N_TYPES
from tapegrad._kernels.kernel cimport is_float
from tapegrad._tensor.modes cimport default_float
from tapegrad._tensor.tensor cimport Tensor

import numpy as np

from tapegrad._types import BY_NUMPY_NUMBER

import_array()

cdef int8_t promotion[N_TYPES][N_TYPES]


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
    if len(operands) > MAX_OPERANDS:
        raise TypeError(f"there are {len(operands)} operands, and room for {MAX_OPERANDS}")
    for k in range(len(operands)):
        args[k] = <PyObject*>operands[k]
    return common_type(args, len(operands))
