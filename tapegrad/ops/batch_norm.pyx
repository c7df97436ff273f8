"""Batch norm of arrays, there and back, and how running statistics move."""

from numpy cimport PyArray_DIMS, PyArray_TYPE, import_array, ndarray

from tapegrad._kernels.geometry cimport MAX_OPERANDS, Operand, operand_of
from tapegrad._kernels.iteration cimport copy_into, elementwise, fill, iterate, scalar_operand
from tapegrad._kernels.kernel cimport MAX_PARAM_BYTES, Kernel, Scalars
from tapegrad._kernels.memory cimport allocate
from tapegrad._kernels.slabs cimport computable, factors, in_type_of, new_slabs, slabs

import numpy as np

from tapegrad._kernels import OURS
from tapegrad.ops._arguments import refuse_integers

import_array()

cdef Kernel BY_BATCH = OURS["batch_norm"], BY_GIVEN = OURS["batch_norm_given"]
cdef Kernel BACKWARD = OURS["batch_norm_backward"]
cdef Kernel ADD = Kernel.from_ufunc(np.add), MULTIPLY = Kernel.from_ufunc(np.multiply)


def normalized_by_batch(ndarray input not None, ndarray weight, ndarray bias, double eps):
    """Each channel normalised by its own mean and variance, which are given too."""
    refuse_integers("batch_norm", input)
    rows, result, target = new_slabs(computable(input))
    mean, var = statistic(rows), statistic(rows)
    run(BY_BATCH, (rows, per_row(weight, 1, rows), per_row(bias, 0, rows), target, mean, var),
        (eps,))
    return in_type_of(result, input), mean, var


def normalized_by_given(ndarray input not None, ndarray weight, ndarray bias, ndarray mean,
                        ndarray var not None, double eps):
    """Each channel normalised by a given mean, 0 if None, and variance."""
    refuse_integers("batch_norm", input)
    rows, result, target = new_slabs(computable(input))
    given = per_row(None, 0, rows)[:, 0] if mean is None else in_type_of(mean, rows)
    run(BY_GIVEN, (rows, per_row(weight, 1, rows), per_row(bias, 0, rows), given,
                   in_type_of(var, rows), target), (eps,))
    return in_type_of(result, input)


def slopes_of_channels(ndarray g not None, ndarray input not None, ndarray weight,
                       ndarray mean not None, ndarray var not None, double eps, int statistics):
    """The gradients of input, weight and bias, in one kernel; see _c/batch_norm_backward.c."""
    values = computable(input)
    rows, result, target = new_slabs(values)
    of_weight, of_bias = fill(statistic(rows), 0), fill(statistic(rows), 0)
    run(BACKWARD, (slabs(in_type_of(g, rows), values), rows, per_row(weight, 1, rows),
                   in_type_of(mean, rows), in_type_of(var, rows), target,
                   per_row(of_weight, 0, rows), per_row(of_bias, 0, rows)), (eps, statistics))
    return in_type_of(result, input), of_weight, of_bias


cdef ndarray statistic(ndarray rows):
    """New memory for a number a channel."""
    return allocate(1, PyArray_DIMS(rows), PyArray_TYPE(rows))


cdef ndarray per_row(ndarray given, double missing, ndarray rows):
    return factors(given, missing, rows, PyArray_DIMS(rows)[0], 1)


cdef int run(Kernel kernel, tuple arrays, tuple params) except -1:
    cdef Operand operands[MAX_OPERANDS]
    cdef char block[MAX_PARAM_BYTES]
    cdef int k = 0
    for array in arrays:
        operands[k] = operand_of(<ndarray>array)
        k += 1
    kernel.pack(params, block)
    return iterate(kernel.loop_for(PyArray_TYPE(<ndarray>arrays[0])), operands, block)


cpdef object move_towards(ndarray kept, ndarray given, double factor, double momentum):
    """Move a running statistic towards a factor times a new one, rounding once."""
    cdef Operand operands[3]
    cdef ndarray former = scaled(in_type_of(kept, given), 1 - momentum)
    cdef ndarray step = scaled(given, momentum * factor)
    cdef bint is_alike = PyArray_TYPE(kept) == PyArray_TYPE(given)
    operands[0], operands[1] = operand_of(former), operand_of(step)
    result = elementwise(&ADD.loops[PyArray_TYPE(given)], operands, kept if is_alike else None,
                         NULL, NULL)
    if not is_alike:
        copy_into(kept, result)


cdef ndarray scaled(ndarray array, double number):
    cdef Operand operands[3]
    cdef Scalars scalars
    cdef int type_number = PyArray_TYPE(array)
    operands[0] = operand_of(array)
    scalar_operand(&operands[1], &scalars.slot[1], type_number, number)
    return elementwise(&MULTIPLY.loops[type_number], operands, None, &scalars, NULL)
