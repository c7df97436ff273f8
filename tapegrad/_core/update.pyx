"""Updates of whole lists of tensors in one call, as optimizers make them."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport uint32_t
from numpy cimport (
    PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE,
    PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._core.forward cimport target_shape
from tapegrad._kernels.geometry cimport MAX_OPERANDS, Operand, operand_of
from tapegrad._kernels.iteration cimport iterate
from tapegrad._kernels.kernel cimport Kernel, Loop, launch
from tapegrad._kernels.memory cimport check_writable
from tapegrad._tensor.tensor cimport Tensor, note_write

import_array()

cdef extern from "Python.h":
    char* PyByteArray_AS_STRING(object)


def with_gradients(list parameters not None):
    """The parameters that have a gradient, and these gradients: two lists, as optimizers need."""
    cdef Tensor parameter
    cdef list found = [], gradients = []
    for parameter in parameters:
        if parameter._grad is not None:
            found.append(parameter)
            gradients.append(parameter._grad)
    return found, gradients


def update_each(Kernel kernel not None, tuple lists not None, tuple params=None, written=()):
    """Run an element-wise kernel over whole lists of tensors in one call, as optimizers do.

    ``lists[k][i]`` is operand k of the i-th run; ``written`` names the operands that change.
    Tensors must agree in shape within a run; the runs share ``params``.
    """
    cdef int k, n = kernel.n_operands
    cdef uint32_t is_written = 0
    cdef Py_ssize_t row, n_rows = len(<list?>lists[0])
    cdef Tensor tensor
    for k in range(n):
        if len(<list?>lists[k]) != n_rows:
            raise ValueError(f"{kernel.name}: lists of {n_rows} and {len(lists[k])} tensors")
    for k in written:
        is_written |= (<uint32_t>1) << k
    packed = kernel.pack(params)
    for row in range(n_rows):
        check_update(kernel, lists, row, is_written)
    for row in range(n_rows):
        update_one(kernel, lists, row, PyByteArray_AS_STRING(packed))
    for k in range(n):
        if is_written >> k & 1:
            for tensor in <list>lists[k]:
                note_write(tensor, kernel.name)


cdef int check_update(Kernel kernel, tuple lists, Py_ssize_t row, uint32_t is_written) except -1:
    """Refuse tensors that differ in shape or that must not be written, before anything is."""
    cdef ndarray first = (<Tensor?>(<list>lists[0])[row]).array, array
    cdef int k, d
    cdef bint fits
    for k in range(kernel.n_operands):
        array = (<Tensor?>(<list>lists[k])[row]).array
        fits = PyArray_NDIM(array) == PyArray_NDIM(first)
        for d in range(PyArray_NDIM(first) if fits else 0):
            fits = fits and PyArray_DIMS(array)[d] == PyArray_DIMS(first)[d]
        if not fits:
            raise RuntimeError(f"The size of tensor a {list(target_shape(array))} must match the "
                               f"size of tensor b {list(target_shape(first))}")
        if is_written >> k & 1:
            check_writable(array)
    return 0


cdef int update_one(Kernel kernel, tuple lists, Py_ssize_t row, void* params) except -1:
    """One run of an update; memory that lies flat is walked as one row."""
    cdef Operand operands[MAX_OPERANDS]
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp steps[MAX_OPERANDS]
    cdef PyObject* held[MAX_OPERANDS]
    cdef npy_intp count
    cdef ndarray array = (<Tensor>(<list>lists[0])[row]).array
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(array))
    cdef bint flat = True
    cdef int k, n_held = 0
    # A large run drops the GIL; another thread may then give a tensor other memory.
    try:
        for k in range(kernel.n_operands):
            array = (<Tensor>(<list>lists[k])[row]).array
            Py_INCREF(array)
            held[k] = <PyObject*>array
            n_held += 1
            if PyArray_TYPE(array) != loop.types[k]:
                raise RuntimeError(f"{kernel.name}: expected all tensors of one update to have the "
                                   f"same dtype, got {array.dtype}")
            flat = flat and PyArray_IS_C_CONTIGUOUS(array)
            operands[k] = operand_of(array)
            args[k], steps[k] = operands[k].data, PyArray_ITEMSIZE(array)
        if not flat:
            return iterate(loop, operands, params)
        count = PyArray_SIZE(array)
        return launch(loop, args, &count, steps, params, NULL)
    finally:
        for k in range(n_held):
            Py_XDECREF(held[k])
