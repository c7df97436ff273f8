"""Layer norm of arrays, there and back, and of tensors where the call is a plain one."""

cimport cython
from cpython.object cimport PyObject
from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, PyArray_BYTES, PyArray_DIMS, PyArray_ITEMSIZE,
    PyArray_NDIM, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._core.op cimport Op, run_op
from tapegrad._core.public cimport CommonCall
from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.iteration cimport cast, fill
from tapegrad._kernels.kernel cimport Kernel, launch
from tapegrad._kernels.memory cimport allocate
from tapegrad._tensor.tensor cimport Tensor

import math

from tapegrad._kernels import OURS, reduce
from tapegrad.ops._arguments import refuse_integers

import_array()

cdef enum:
    # In how many parts the gradients of weight and bias are added up over rows of so many elements.
    MOST_PARTS = 4
    LEAST_PARTED = 65536

cdef Kernel FORWARD = OURS["layer_norm"], BACKWARD = OURS["layer_norm_backward"]
cdef object SUM = OURS["sum"], DEFAULT_EPS = 1e-5
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


@cython.final
cdef class LayerNormCall(CommonCall):
    """Of floating-point tensors of one dtype, by a tuple of sizes that fit."""

    cdef Op layer_norm

    def __init__(self, Op layer_norm not None):
        self.layer_norm = layer_norm

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[5]
        cdef PyObject* weight = args[2] if n > 2 else <PyObject*>None
        cdef PyObject* bias = args[3] if n > 3 else <PyObject*>None
        cdef PyObject* eps = args[4] if n > 4 else <PyObject*>DEFAULT_EPS
        cdef ndarray input
        cdef object n_normalized
        if n < 2 or not isinstance(<object>args[0], Tensor) or type(<object>args[1]) is not tuple \
                or type(<object>eps) is not float:
            return None
        input, n_normalized = (<Tensor>args[0]).array, len(<tuple>args[1])
        if PyArray_TYPE(input) not in (NPY_FLOAT32, NPY_FLOAT64) \
                or not ends_with(input, <tuple>args[1]) \
                or not is_parameter(weight, input, n_normalized) \
                or not is_parameter(bias, input, n_normalized):
            return None
        stack[0], stack[1], stack[2] = args[0], weight, bias
        stack[3], stack[4] = <PyObject*>n_normalized, eps
        return (<tuple>run_op(self.layer_norm, stack, 5))[0]


cdef bint ends_with(ndarray input, tuple sizes) except -1:
    """Whether the sizes are whole numbers, those of the last dimensions, at least one."""
    cdef Py_ssize_t k, n = len(sizes)
    cdef npy_intp* last
    if not 0 < n <= PyArray_NDIM(input):
        return False
    last = PyArray_DIMS(input) + PyArray_NDIM(input) - n
    for k in range(n):
        if type(sizes[k]) is not int or <object>sizes[k] != last[k]:
            return False
    return True


cdef bint is_parameter(PyObject* given, ndarray input, Py_ssize_t n_last) noexcept:
    """Whether there is none, or it has the dtype of an input and the shape of its last dimensions.
    """
    cdef ndarray array
    cdef Py_ssize_t k
    if <object>given is None:
        return True
    if not isinstance(<object>given, Tensor):
        return False
    array = (<Tensor>given).array
    if PyArray_TYPE(array) != PyArray_TYPE(input) or PyArray_NDIM(array) != n_last:
        return False
    for k in range(n_last):
        if PyArray_DIMS(array)[k] != PyArray_DIMS(input)[PyArray_NDIM(input) - n_last + k]:
            return False
    return True
