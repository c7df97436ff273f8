"""Numbers in order, compiled: a frame of Python would cost more than a few of them do."""

cimport cython
from numpy cimport NPY_INT64, ndarray

from tapegrad._kernels.arrays cimport row_of
from tapegrad._kernels.kernel cimport Kernel
from tapegrad._tensor.tensor cimport Tensor
from tapegrad.ops._arguments cimport check_device, finished

import math

import numpy as np

from tapegrad._kernels import OURS, cast_array
from tapegrad._tensor.modes import get_default_dtype
from tapegrad._types import as_dtype
from tapegrad._types import bool as bool_dtype
from tapegrad._types import float32, float64, int64
from tapegrad.ops._dims import number_of

cdef Kernel COUNT = OURS["count"], ARANGE = OURS["arange"], LINSPACE = OURS["linspace"]
cdef tuple WHOLE = (int, np.integer)


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def arange(start, end=..., step=1, *, dtype=None, layout=None, device=None,
           requires_grad=False) -> Tensor:
    """Numbers from ``start`` up to, without, ``end``, ``step`` apart."""
    check_device(device)
    if end is ...:
        start, end = 0, number_of(start)
    else:
        start, end = number_of(start), number_of(end)
    step = number_of(step)
    dtype = as_dtype(dtype, "arange")
    if dtype is None:
        is_whole = isinstance(start, WHOLE) and isinstance(end, WHOLE) and isinstance(step, WHOLE)
        dtype = int64 if is_whole else get_default_dtype()
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) / step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    return finished(range_of(start, end, step, dtype), requires_grad)


cdef ndarray range_of(start, end, step, dtype):
    """Numbers in order, computed in double precision or as int64."""
    cdef ndarray numbers
    if dtype is bool_dtype:
        raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'")
    if dtype is int64:
        start, end, step = as_int64(start), as_int64(end), as_int64(step)
        if step == 0:
            raise ValueError("step must be nonzero")
        count = -((start - end) // step)
    else:
        count = math.ceil((end - start) / step)
    if count >= 2**63:
        raise RuntimeError("invalid size, possible overflow?")
    if dtype.is_floating_point:
        return row_of(ARANGE, count, dtype.numpy.num, (float(start), float(step)))
    numbers = row_of(COUNT, count, NPY_INT64, (as_int64(start), as_int64(step)))
    return numbers if dtype is int64 else cast_array(numbers, dtype.numpy)


cdef object as_int64(number):
    """A number without its fraction. Raises RuntimeError for more than 64 bits."""
    number = int(number)
    if not -2**63 <= number < 2**63:
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    return number


cpdef ndarray simple_row(start, end, steps, dtype):
    """``linspace`` of plain numbers in float32 or float64; None where more has to be looked at."""
    cdef double first, last, step
    cdef long n
    if type(steps) is not int or not 1 < steps < 2**31 or not (is_usual(start) and is_usual(end)):
        return None
    first, last, n = start, end, steps
    if dtype is float64:
        step = (last - first) / <double>(n - 1)
    elif dtype is float32:
        first, last = <float>first, <float>last
        step = (<float>last - <float>first) / <float>(n - 1)
    else:
        return None
    return row_of(LINSPACE, n, dtype.numpy.num, (first, last, step))


cdef bint is_usual(value):
    """Whether it is a number of Python's that no floating-point dtype has to round twice."""
    return (type(value) is float or type(value) is int) and -2**53 <= value <= 2**53
