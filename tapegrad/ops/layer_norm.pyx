"""Layer norm of arrays, there and back."""

from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, PyArray_BYTES, PyArray_DIMS, PyArray_ITEMSIZE,
    PyArray_NDIM, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.iteration cimport cast, fill
from tapegrad._kernels.kernel cimport Kernel, launch
from tapegrad._kernels.memory cimport allocate

import math

from tapegrad._kernels import OURS, reduce
from tapegrad.ops._arguments import refuse_integers

import_array()

cdef enum:
    # In how many parts the gradients of weight and bias are added up over rows of so many elements.
    MOST_PARTS = 4
    LEAST_PARTED = 65536

cdef Kernel FORWARD = OURS["layer_norm"], BACKWARD = OURS["layer_norm_backward"]
cdef object SUM = OURS["sum"]
cdef dict ONES = {}         # by dtype: what stands for a weight where none is given,
cdef dict ZEROS = {}        # and for a bias


cdef ndarray lone(dict known, int type_number, double number):
    """An array of one element, the same at each call."""
    cdef npy_intp size = 1
    if type_number not in known:
        known[type_number] = fill(allocate(1, &size, type_number), number)
    return known[type_number]


cdef npy_intp last_size(ndarray array, int n_last) noexcept:
    """How many elements the last dimensions have."""
    cdef npy_intp size = 1
    cdef int k, ndim = PyArray_NDIM(array)
    for k in range(ndim - n_last, ndim):
        size *= PyArray_DIMS(array)[k]
    return size


cdef npy_intp row_count(ndarray array, int n_last) noexcept:
    """How many groups of last dimensions there are."""
    cdef npy_intp count = 1
    cdef int k
    for k in range(PyArray_NDIM(array) - n_last):
        count *= PyArray_DIMS(array)[k]
    return count


def layer_norm_forward(ndarray input not None, ndarray weight, ndarray bias, int n_normalized,
                       double eps):
    """Each group of last dimensions normalised, scaled and shifted; its mean and ``1 / deviation``.
    """
    cdef ndarray result, mean, rstd
    cdef char* data[6]
    cdef npy_intp dims[2]
    cdef npy_intp steps[10]
    cdef npy_intp item = PyArray_ITEMSIZE(input)
    cdef int type_number = PyArray_TYPE(input), k, n_batch = PyArray_NDIM(input) - n_normalized
    if type_number == NPY_FLOAT16:              # its parameters may be floats already
        result, mean, rstd = layer_norm_forward(
            cast(input, NPY_FLOAT32), as_floats(weight), as_floats(bias), n_normalized, eps)
        return cast(result, NPY_FLOAT16), mean, rstd
    if type_number != NPY_FLOAT32 and type_number != NPY_FLOAT64:
        refuse_integers("LayerNormKernelImpl", input)
    input = contiguous(input)
    steps[7], steps[8] = item if weight is not None else 0, item if bias is not None else 0
    weight = lone(ONES, type_number, 1) if weight is None else contiguous(weight)
    bias = lone(ZEROS, type_number, 0) if bias is None else contiguous(bias)
    result = allocate(PyArray_NDIM(input), PyArray_DIMS(input), type_number)
    mean = allocate(n_batch, PyArray_DIMS(input), NPY_FLOAT64)
    rstd = allocate(n_batch, PyArray_DIMS(input), NPY_FLOAT64)
    for k, array in enumerate((input, weight, bias, result, mean, rstd)):
        data[k] = PyArray_BYTES(<ndarray>array)
    dims[0], dims[1] = row_count(input, n_normalized), last_size(input, n_normalized)
    steps[0] = steps[3] = dims[1] * item
    steps[1] = steps[2] = 0
    steps[4] = steps[5] = sizeof(double)
    steps[6] = steps[9] = item
    launch(&FORWARD.loops[type_number], data, dims, steps, &eps, NULL)
    return result, mean, rstd


cdef ndarray as_floats(ndarray given):
    return None if given is None else cast(given, NPY_FLOAT32)


def layer_norm_backward(ndarray g not None, ndarray input not None, ndarray weight,
                        ndarray mean not None, ndarray rstd not None, int n_normalized):
    """The gradients of input, weight and bias, in one kernel."""
    cdef ndarray slope, weight_slope, bias_slope
    cdef char* data[8]
    cdef npy_intp dims[3]
    cdef npy_intp steps[19]
    cdef npy_intp shape[2]
    cdef npy_intp item = PyArray_ITEMSIZE(input), n_parts
    cdef int type_number = PyArray_TYPE(input), k
    shape[0], shape[1] = row_count(input, n_normalized), last_size(input, n_normalized)
    n_parts = part_count(shape[0], shape[1])
    dims[0], dims[1], dims[2] = n_parts, shape[0] // n_parts, shape[1]
    input, g, mean, rstd = contiguous(input), contiguous(g), contiguous(mean), contiguous(rstd)
    # The kernel reads the weight as packed.
    weight = fill(allocate(1, &shape[1], type_number), 1) if weight is None else contiguous(weight)
    slope = allocate(PyArray_NDIM(input), PyArray_DIMS(input), type_number)
    shape[0] = n_parts
    weight_slope = fill(allocate(2, shape, type_number), 0)
    bias_slope = fill(allocate(2, shape, type_number), 0)
    for k, array in enumerate((g, input, weight, mean, rstd, slope, weight_slope, bias_slope)):
        data[k] = PyArray_BYTES(<ndarray>array)
    steps[8] = steps[10] = steps[15] = dims[2] * item           # from row to row
    steps[9] = steps[11] = steps[12] = steps[16] = steps[17] = steps[18] = item
    steps[13] = steps[14] = sizeof(double)
    steps[0] = steps[1] = steps[5] = dims[1] * steps[8]         # from part to part
    steps[2], steps[3], steps[4] = 0, dims[1] * steps[13], dims[1] * steps[14]
    steps[6] = steps[7] = steps[8]
    launch(&BACKWARD.loops[type_number], data, dims, steps, NULL, NULL)
    return slope, in_all(weight_slope, input, n_normalized), in_all(bias_slope, input, n_normalized)


cdef npy_intp part_count(npy_intp n_rows, npy_intp n) except? -1:
    """In how many parts rows are added up, whether or not there are threads to share them."""
    return math.gcd(n_rows, MOST_PARTS) if n_rows * n > LEAST_PARTED else 1


cdef object in_all(ndarray parts, ndarray input, int n_last):
    """What parts of the rows add up to, in the shape of the last dimensions."""
    cdef int k, ndim = PyArray_NDIM(input)
    total = parts[0] if PyArray_DIMS(parts)[0] == 1 else reduce(SUM, parts, (0,), False)
    if n_last == 1:
        return total
    return total.reshape([PyArray_DIMS(input)[k] for k in range(ndim - n_last, ndim)])
