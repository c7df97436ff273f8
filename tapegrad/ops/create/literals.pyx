"""Python's numbers, alone or in nested lists, as arrays: what most calls of ``tensor`` get."""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_CheckExact
from libc.stdint cimport int64_t
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT64, PyArray_BYTES, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport MAX_DIMS
from tapegrad._kernels.memory cimport allocate, keep_as_constant
from tapegrad._tensor.modes cimport default_float

import_array()

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) except? -1

cdef enum Kind:
    UNUSUAL = 0     # what is left to others, to refuse above all
    TRUTH = 1
    WHOLE = 2
    REAL = 3

cdef long long MOST_EXACT = 2**53       # whole numbers up to it are doubles


def array_of_literals(data, dtype):
    """A fresh array of a number, or of lists of them in lists of equal length; else None.

    Without a dtype truth values are bool, whole numbers int64 and others the default one. None,
    too, for truth values among numbers, for another dtype than float32, float64 or what is natural,
    and for whole numbers that it may not hold.
    """
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim = shape_of(data, dims), number, natural
    cdef Kind kind = UNUSUAL if ndim < 0 else kind_of(data, dims, ndim, 0)
    cdef ndarray array
    cdef npy_intp place = 0
    if kind == UNUSUAL:
        return None
    natural = NPY_BOOL if kind == TRUTH else NPY_INT64 if kind == WHOLE else default_float()
    number = natural if dtype is None else dtype.numpy.num
    if number != natural and (kind == TRUTH or number != NPY_FLOAT32 and number != NPY_FLOAT64) \
            or number == NPY_FLOAT16:
        return None
    array = allocate(ndim, dims, number)
    if not put(data, ndim, array, &place):
        return None
    keep_as_constant(array)
    return array


cdef int shape_of(object data, npy_intp* dims):
    """The sizes of nested lists, read off the first element of each; -1 for one without any."""
    cdef int ndim = 0
    while type(data) is list:
        if ndim == MAX_DIMS or PyList_GET_SIZE(data) == 0:
            return -1
        dims[ndim] = PyList_GET_SIZE(data)
        ndim += 1
        data = <object>PyList_GET_ITEM(data, 0)
    return ndim


cdef Kind kind_of(object data, const npy_intp* dims, int ndim, int depth):
    """The kind of the numbers in nested lists of these sizes."""
    cdef Kind result = UNUSUAL, one
    cdef npy_intp k
    if depth == ndim:
        return REAL if PyFloat_CheckExact(data) else WHOLE if PyLong_CheckExact(data) \
            else TRUTH if data is True or data is False else UNUSUAL
    if type(data) is not list or PyList_GET_SIZE(data) != dims[depth]:
        return UNUSUAL
    for k in range(dims[depth]):
        one = kind_of(<object>PyList_GET_ITEM(data, k), dims, ndim, depth + 1)
        if one == UNUSUAL or k > 0 and (one == TRUTH) != (result == TRUTH):
            return UNUSUAL
        result = max(result, one)
    return result


cdef bint put(object data, int n_levels, ndarray array, npy_intp* place) except -1:
    """Write numbers from a place on, which moves behind them; False for one that does not fit."""
    cdef npy_intp k
    cdef int overflow = 0
    cdef long long whole = 0
    cdef bint is_whole
    if n_levels > 0:
        for k in range(PyList_GET_SIZE(data)):
            if not put(<object>PyList_GET_ITEM(data, k), n_levels - 1, array, place):
                return False
        return True
    if PyArray_TYPE(array) == NPY_BOOL:
        PyArray_BYTES(array)[place[0]] = data is True
        place[0] += 1
        return True
    is_whole = PyLong_CheckExact(data)
    if is_whole:
        whole = PyLong_AsLongLongAndOverflow(data, &overflow)
    if PyArray_TYPE(array) == NPY_INT64:
        (<int64_t*>PyArray_BYTES(array))[place[0]] = whole
    elif overflow == 0 and not -MOST_EXACT <= whole <= MOST_EXACT:
        return False
    elif PyArray_TYPE(array) == NPY_FLOAT64:
        (<double*>PyArray_BYTES(array))[place[0]] = whole if is_whole else PyFloat_AS_DOUBLE(data)
    else:
        (<float*>PyArray_BYTES(array))[place[0]] = \
            <float>(<double>whole if is_whole else PyFloat_AS_DOUBLE(data))
    place[0] += 1
    return overflow == 0
