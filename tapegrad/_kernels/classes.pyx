"""The negative log-likelihood of rows of classes, in one launch there and one back.

Cross entropy is a log-softmax before it, and on the way back one launch for both.
"""

from libc.stdint cimport int64_t
from libc.string cimport memset
from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT64, PyArray_BYTES, PyArray_DIMS,
    PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM, PyArray_STRIDES, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._kernels.kernel cimport Kernel, is_float, launch
from tapegrad._kernels.memory cimport allocate

import numpy as np

from tapegrad._kernels.arrays import along
from tapegrad._kernels.kernel import OURS, KernelRefusal

import_array()

cdef Kernel TOTAL = OURS["nll_loss_total"]
cdef Kernel BACKWARD = OURS["nll_loss_backward"]
cdef Kernel LOGARITHMS = OURS["log_softmax"]
cdef Kernel LOGARITHMS_BACKWARD = OURS["log_softmax_backward"]
cdef Kernel BOTH_BACKWARD = OURS["cross_entropy_backward"]
cdef dict ONE = {
    NPY_FLOAT16: np.ones(1, np.float16), NPY_FLOAT32: np.ones(1, np.float32),
    NPY_FLOAT64: np.ones(1, np.float64),
}

cdef enum:
    NONE = 0            # numbers of reductions
    MEAN = 1

cdef struct Params:     # nll_total_params of _c/classes.c
    int64_t status, bad_index, ignore_index, is_mean


def nll_loss(general, ndarray input not None, ndarray target not None, ndarray weight,
             int reduction, int64_t ignore_index):
    """The loss over a matrix of classes and the total weight; ``general`` takes what is none."""
    cdef npy_intp dims[3]
    cdef npy_intp steps[9]
    cdef char* args[5]
    cdef Params params = Params(0, 0, ignore_index, reduction == MEAN)
    cdef ndarray loss, total
    if reduction == NONE or PyArray_NDIM(input) != 2 or not fits(
            PyArray_TYPE(input), PyArray_DIMS(input), target, weight):
        return general(input, target, weight, reduction, ignore_index)
    if weight is None:
        weight = ONE[PyArray_TYPE(input)]
    loss, total = allocate(0, NULL, PyArray_TYPE(input)), allocate(0, NULL, PyArray_TYPE(input))
    dims[0], dims[1], dims[2] = 1, PyArray_DIMS(input)[0], PyArray_DIMS(input)[1]
    memset(steps, 0, sizeof(steps))
    steps[5], steps[6] = PyArray_STRIDES(input)[0], PyArray_STRIDES(input)[1]
    steps[7], steps[8] = PyArray_STRIDES(target)[0], step_of(weight)
    args[0], args[1], args[2] = PyArray_BYTES(input), PyArray_BYTES(target), PyArray_BYTES(weight)
    args[3], args[4] = PyArray_BYTES(loss), PyArray_BYTES(total)
    try:
        launch(TOTAL.loop_for(PyArray_TYPE(input)), args, dims, steps, &params, NULL)
    except KernelRefusal as refusal:
        raise_bad_target(refusal)
    return loss, total


def nll_loss_backward(general, ndarray values not None, ndarray target not None, ndarray weight,
                      ndarray total not None, shape, int reduction, int64_t ignore_index):
    """The gradient of a reduced loss over a matrix of classes; ``general`` takes what is none."""
    cdef npy_intp dims[3]
    cdef npy_intp steps[10]
    cdef char* args[5]
    cdef Params params = Params(0, 0, ignore_index, reduction == MEAN)
    cdef int type_number = PyArray_TYPE(values)
    cdef ndarray result
    if PyArray_NDIM(values) != 0 or len(shape) != 2:
        return general(values, target, weight, total, shape, reduction, ignore_index)
    # A Size is a tuple whose own __getitem__ is a frame of Python.
    dims[0], dims[1], dims[2] = 1, (<tuple>shape)[0], (<tuple>shape)[1]
    if not fits(type_number, dims + 1, target, weight) or PyArray_TYPE(total) != type_number:
        return general(values, target, weight, total, shape, reduction, ignore_index)
    if weight is None:
        weight = ONE[type_number]
    result = allocate(2, dims + 1, type_number)
    memset(steps, 0, sizeof(steps))
    steps[6], steps[7] = PyArray_STRIDES(target)[0], step_of(weight)
    steps[8], steps[9] = PyArray_STRIDES(result)[0], PyArray_STRIDES(result)[1]
    args[0], args[1], args[2] = PyArray_BYTES(values), PyArray_BYTES(target), PyArray_BYTES(weight)
    args[3], args[4] = PyArray_BYTES(total), PyArray_BYTES(result)
    try:
        launch(BACKWARD.loop_for(type_number), args, dims, steps, &params, NULL)
    except KernelRefusal as refusal:
        raise_bad_target(refusal)
    return result


def cross_entropy(general, ndarray input not None, ndarray target not None, ndarray weight,
                  int reduction, int64_t ignore_index):
    """The loss over a matrix of scores, the total weight, and the logarithms of probabilities."""
    logarithms = along(LOGARITHMS, input, 1)
    loss, total = nll_loss(general, logarithms, target, weight, reduction, ignore_index)
    return loss, total, logarithms


def cross_entropy_backward(general, ndarray values not None, ndarray target not None,
                           ndarray weight, ndarray total not None, shape, int reduction,
                           int64_t ignore_index, ndarray logarithms not None):
    """The gradient of the scores; ``general`` is that of the likelihood, where it must come first.
    """
    cdef npy_intp steps[9]
    cdef char* args[6]
    cdef Params params = Params(0, 0, ignore_index, reduction == MEAN)
    cdef int type_number = PyArray_TYPE(logarithms)
    cdef npy_intp* dims = PyArray_DIMS(logarithms)
    cdef ndarray result
    if not is_one_launch(values, target, weight, total, logarithms):
        slopes = nll_loss_backward(general, values, target, weight, total, shape, reduction,
                                   ignore_index)
        return along(LOGARITHMS_BACKWARD, slopes, logarithms, 1)
    if weight is None:
        weight = ONE[type_number]
    result = allocate(2, dims, type_number)
    memset(steps, 0, sizeof(steps))
    steps[0] = PyArray_STRIDES(values)[0] if PyArray_NDIM(values) > 0 else 0
    steps[1], steps[6] = PyArray_STRIDES(target)[0], step_of(weight)
    steps[7] = steps[8] = PyArray_ITEMSIZE(result)
    steps[4] = steps[5] = dims[1] * steps[8]
    args[0], args[1], args[2] = PyArray_BYTES(values), PyArray_BYTES(target), PyArray_BYTES(weight)
    args[3], args[4], args[5] = (
        PyArray_BYTES(total), PyArray_BYTES(logarithms), PyArray_BYTES(result))
    try:
        launch(BOTH_BACKWARD.loop_for(type_number), args, dims, steps, &params, NULL)
    except KernelRefusal as refusal:
        raise_bad_target(refusal)
    return result


cdef bint is_one_launch(ndarray values, ndarray target, ndarray weight, ndarray total,
                        ndarray logarithms) noexcept:
    """Whether all is as the kernel takes it: of one dtype, the logarithms without gaps."""
    cdef int type_number = PyArray_TYPE(logarithms)
    return type_number != NPY_FLOAT16 and PyArray_TYPE(values) == type_number \
        and PyArray_TYPE(total) == type_number and PyArray_IS_C_CONTIGUOUS(logarithms) \
        and fits(type_number, PyArray_DIMS(logarithms), target, weight) and (
            PyArray_NDIM(values) == 0
            or PyArray_NDIM(values) == 1 and PyArray_DIMS(values)[0] == PyArray_DIMS(target)[0])


cdef bint fits(int type_number, const npy_intp* dims, ndarray target, ndarray weight) noexcept:
    """Whether there is a target for each row, and a weight for each class if there are any."""
    if not is_float(type_number) or PyArray_TYPE(target) != NPY_INT64 \
            or PyArray_NDIM(target) != 1 or PyArray_DIMS(target)[0] != dims[0]:
        return False
    return weight is None or (
        PyArray_TYPE(weight) == type_number and PyArray_NDIM(weight) == 1
        and PyArray_DIMS(weight)[0] == dims[1])


cdef npy_intp step_of(ndarray weight) noexcept:
    """From one class's weight to the next: none where one stands for all."""
    return PyArray_STRIDES(weight)[0] if PyArray_DIMS(weight)[0] > 1 else 0


cdef int raise_bad_target(object refusal) except -1:
    raise IndexError(f"Target {refusal.args[0]} is out of bounds.") from None
