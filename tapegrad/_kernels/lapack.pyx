"""NumPy's LAPACK on batches of matrices, without the functions in Python that stand around it.

NumPy's own loops are looked up as for any other kernel. They tell a failure as NumPy's functions
learn of it: by the processor's flag for invalid operations.
"""

from cpython.exc cimport PyErr_Occurred
from libc.string cimport memcpy
from numpy cimport (
    NPY_INT32, PyArray_BYTES, PyArray_DIMS, PyArray_NDIM, PyArray_STRIDES, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport output_dims
from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, broadcast_shape, operand_of,
)
from tapegrad._kernels.iteration cimport copy_into, fill, iterate
from tapegrad._kernels.kernel cimport Kernel, Loop
from tapegrad._kernels.memory cimport allocate, strided_view, type_number_of

import numpy as np

import_array()

cdef extern from "<fenv.h>" nogil:
    const int FE_INVALID
    int feclearexcept(int)
    int fetestexcept(int)

cdef object NUMPYS = np.linalg._umath_linalg
cdef dict ROUTINES = {}
# Before NumPy 2.2 there are two of those that give as many results as the smaller size.
cdef dict BY_SHAPE = {"svd_f": "svd_{}_f", "svd_s": "svd_{}_s", "qr_r_raw": "qr_r_raw_{}"}


cdef Kernel routine(str name, ndarray a):
    """One of NumPy's routines, for matrices of this shape."""
    cdef Kernel kernel
    if name in BY_SHAPE and not hasattr(NUMPYS, name):
        is_wide = PyArray_DIMS(a)[PyArray_NDIM(a) - 2] < PyArray_DIMS(a)[PyArray_NDIM(a) - 1]
        name = BY_SHAPE[name].format("m" if is_wide else "n")
    kernel = ROUTINES.get(name)
    if kernel is None:
        kernel = Kernel.from_ufunc(getattr(NUMPYS, name))
        kernel.is_shared = False        # the BLAS has threads, and each thread flags of its own
        kernel.flags_failure = True
        for k in range(N_TYPES):
            kernel.loops[k].needs_gil = False
        ROUTINES[name] = kernel
    return kernel


def lapack(str name not None, tuple inputs not None):
    """Run a routine into new memory; gives its results, in which matrices lie column by column.

    Raises ``numpy.linalg.LinAlgError`` where it fails for one of the matrices.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef Kernel kernel = routine(name, inputs[0])
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(<ndarray>inputs[0]))
    cdef ndarray array
    cdef npy_intp dims[MAX_DIMS]
    cdef list results = []
    cdef int k, ndim
    for k in range(kernel.n_operands):
        if k < kernel.n_in:
            array = inputs[k]
            if PyArray_TYPE(array) != loop.types[k]:
                raise TypeError(f"{name}() of {inputs[0].dtype} does not take {array.dtype}")
        else:
            ndim = output_dims(kernel, operands, k, dims)
            array = new_matrices(ndim, dims, loop.types[k], kernel.core_ndim[k] == 2)
            results.append(array)
        operands[k] = operand_of(array)
    feclearexcept(FE_INVALID)
    iterate(loop, operands, NULL)
    pass_on_error()
    if fetestexcept(FE_INVALID):
        feclearexcept(FE_INVALID)
        raise np.linalg.LinAlgError(f"{name}() failed")
    return results[0] if len(results) == 1 else tuple(results)


cdef int pass_on_error() except -1:
    """Raise what a routine has set, which is that it got no memory."""
    return -1 if PyErr_Occurred() != NULL else 0


cdef ndarray new_matrices(int ndim, npy_intp* dims, int type_number, bint has_columns):
    """New memory, in which matrices lie column by column."""
    if not has_columns:
        return allocate(ndim, dims, type_number)
    dims[ndim - 2], dims[ndim - 1] = dims[ndim - 1], dims[ndim - 2]
    return turned(allocate(ndim, dims, type_number))


def no_failures(ndarray a not None):
    """The status of a batch of matrices none of which has failed: zeros."""
    return fill(allocate(PyArray_NDIM(a) - 2, PyArray_DIMS(a), NPY_INT32), 0)


cpdef ndarray turned(ndarray x):
    """Matrices with rows and columns exchanged, as a view."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef int ndim = PyArray_NDIM(x), k
    for k in range(ndim):
        dims[k], strides[k] = PyArray_DIMS(x)[k], PyArray_STRIDES(x)[k]
    dims[ndim - 2], dims[ndim - 1] = dims[ndim - 1], dims[ndim - 2]
    strides[ndim - 2], strides[ndim - 1] = strides[ndim - 1], strides[ndim - 2]
    return strided_view(x, ndim, dims, strides, PyArray_BYTES(x))


def by_columns(ndarray x not None, dtype=None):
    """A copy with matrices column by column, as LAPACK and therefore PyTorch leave them.

    In another dtype if there is one.
    """
    cdef npy_intp dims[MAX_DIMS]
    memcpy(dims, PyArray_DIMS(x), PyArray_NDIM(x) * sizeof(npy_intp))
    number = PyArray_TYPE(x) if dtype is None else type_number_of(dtype)
    cdef ndarray result = new_matrices(PyArray_NDIM(x), dims, number, True)
    copy_into(result, x)
    return result


def batch_of(*arrays):
    """The shape to which the leading dimensions of some batches of matrices broadcast."""
    cdef Operand operands[MAX_OPERANDS]
    cdef int cores[MAX_OPERANDS]
    cdef npy_intp shape[MAX_DIMS]
    cdef int k, n = <int>len(arrays)
    for k in range(n):
        operands[k], cores[k] = operand_of(<ndarray?>arrays[k]), 2
    n = broadcast_shape(n, operands, cores, shape)
    return tuple([shape[k] for k in range(n)])
