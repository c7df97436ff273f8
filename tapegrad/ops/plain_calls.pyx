"""Calls of layers' functions that are one op, or one between views, without entering Python.

Each class knows the commonest way to call one function, and leaves all others to it.
"""

cimport cython
from cpython.object cimport PyObject
from libc.math cimport sqrt
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_NDIM, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._core.op cimport Op, run_op
from tapegrad._core.public cimport CommonCall
from tapegrad._tensor.tensor cimport Tensor
from tapegrad.ops.batch_norm cimport move_towards
from tapegrad.ops.shape.reshaping cimport in_shape

import_array()

# ------------------------------------------------------------------------- what is looked at


cdef bint holds_floats(PyObject* given) noexcept:
    """Whether it is a tensor of float32 or float64."""
    return isinstance(<object>given, Tensor) \
        and PyArray_TYPE((<Tensor>given).array) in (NPY_FLOAT32, NPY_FLOAT64)


cdef bint has_type_of(PyObject* given, ndarray other) noexcept:
    """Whether it is a tensor of an array's dtype."""
    return isinstance(<object>given, Tensor) \
        and PyArray_TYPE((<Tensor>given).array) == PyArray_TYPE(other)


cdef bint is_vector(PyObject* given, ndarray like, npy_intp n) noexcept:
    """Whether it is a tensor of one dimension of so many elements in an array's dtype."""
    return has_type_of(given, like) and PyArray_NDIM((<Tensor>given).array) == 1 \
        and PyArray_DIMS((<Tensor>given).array)[0] == n


cdef bint are_ints(PyObject* given) noexcept:
    """Whether it is a tuple of ints; what equals one, as True does, is remembered as it."""
    if type(<object>given) is not tuple:
        return False
    for one in <tuple>given:
        if type(one) is not int:
            return False
    return True


cdef tuple shape_of(Tensor tensor):
    cdef int k
    return tuple([PyArray_DIMS(tensor.array)[k] for k in range(PyArray_NDIM(tensor.array))])


# ------------------------------------------------------------------------- products of rows


@cython.final
cdef class RowsByMatrix(CommonCall):
    """``matmul`` with a matrix behind a batch: views before and after one product."""

    cdef Op product, unsafe_view

    def __init__(self, Op product not None, Op unsafe_view not None):
        self.product, self.unsafe_view = product, unsafe_view

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef Tensor matrix
        if n != 2 or not are_rows_and_matrix(args[0], args[1], False) \
                or not PyArray_IS_C_CONTIGUOUS((<Tensor>args[0]).array):
            return None
        matrix = <Tensor>args[1]
        product = run_two(self.product, flattened(<Tensor>args[0]), matrix)
        return unflattened(self.unsafe_view, product, <Tensor>args[0], matrix, 1)


@cython.final
cdef class RowsByWeight(CommonCall):
    """``linear`` of what is no matrix: views before and after one product.

    Without a bias that is ``matmul`` with the view of a turned weight.
    """

    cdef Op linear, view, turn, product, unsafe_view

    def __init__(self, Op linear not None, Op view not None, Op turn not None, Op product not None,
                 Op unsafe_view not None):
        self.linear, self.view = linear, view
        self.turn, self.product, self.unsafe_view = turn, product, unsafe_view

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[3]
        cdef Tensor input, weight
        cdef object rows, product
        if n < 2 or n > 3 or not are_rows_and_matrix(args[0], args[1], True):
            return None
        input, weight = <Tensor>args[0], <Tensor>args[1]
        if n == 2 or <object>args[2] is None:
            if PyArray_NDIM(input.array) == 1 or not PyArray_IS_C_CONTIGUOUS(input.array):
                return None
            rows, stack[0] = flattened(input), <PyObject*>weight
            product = run_two(self.product, rows, run_op(self.turn, stack, 1))
            return unflattened(self.unsafe_view, product, input, weight, 0)
        if not is_vector(args[2], weight.array, PyArray_DIMS(weight.array)[0]):
            return None
        rows = flattened(input)
        stack[0], stack[1], stack[2] = args[2], <PyObject*>rows, args[1]
        product = run_op(self.linear, stack, 3)
        return unflattened(self.view, product, input, weight, 0)


cdef bint are_rows_and_matrix(PyObject* rows, PyObject* matrix, bint is_turned) noexcept:
    """Whether one holds floats, not as a matrix, and another one is a matrix for its rows."""
    cdef ndarray a, b
    cdef int ndim
    if not holds_floats(rows) or not has_type_of(matrix, (<Tensor>rows).array):
        return False
    a, b = (<Tensor>rows).array, (<Tensor>matrix).array
    ndim = PyArray_NDIM(a)
    if PyArray_NDIM(b) != 2 or ndim in (0, 2) or not is_turned and ndim == 1:
        return False
    return PyArray_DIMS(a)[ndim - 1] > 0 \
        and PyArray_DIMS(a)[ndim - 1] == PyArray_DIMS(b)[1 if is_turned else 0]


cdef object run_two(Op op, object first, object second):
    """Call an op with two arguments."""
    cdef PyObject* stack[2]
    stack[0], stack[1] = <PyObject*>first, <PyObject*>second
    return run_op(op, stack, 2)


cdef object flattened(Tensor input):
    """All rows as one matrix."""
    cdef npy_intp* dims = PyArray_DIMS(input.array)
    cdef npy_intp n_rows = 1
    cdef int k, last = PyArray_NDIM(input.array) - 1
    for k in range(last):
        n_rows *= dims[k]
    return in_shape(input, (n_rows, dims[last]))


cdef object unflattened(Op view, object product, Tensor input, Tensor matrix, int columns):
    """A product's rows in the place of the input's; its columns are that dimension of a matrix."""
    cdef npy_intp* dims = PyArray_DIMS(input.array)
    cdef int k, last = PyArray_NDIM(input.array) - 1
    shape = [dims[k] for k in range(last)]
    shape.append(PyArray_DIMS(matrix.array)[columns])
    return run_two(view, product, tuple(shape))


# ------------------------------------------------------------------------- norms

cdef object DEFAULT_EPS = 1e-5


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
        if n < 2 or not holds_floats(args[0]) or not are_ints(args[1]) \
                or type(<object>eps) is not float:
            return None
        input, n_normalized = (<Tensor>args[0]).array, len(<tuple>args[1])
        if not ends_with(input, <tuple>args[1]) or not is_scale(weight, input, n_normalized) \
                or not is_scale(bias, input, n_normalized):
            return None
        stack[0], stack[1], stack[2] = args[0], weight, bias
        stack[3], stack[4] = <PyObject*>n_normalized, eps
        return (<tuple>run_op(self.layer_norm, stack, 5))[0]


cdef bint ends_with(ndarray input, tuple sizes) except -1:
    """Whether the sizes are those of the last dimensions, at least one."""
    cdef Py_ssize_t k, n = len(sizes)
    cdef npy_intp* last
    if not 0 < n <= PyArray_NDIM(input):
        return False
    last = PyArray_DIMS(input) + PyArray_NDIM(input) - n
    for k in range(n):
        if <object>sizes[k] != last[k]:
            return False
    return True


cdef bint is_scale(PyObject* given, ndarray input, Py_ssize_t n_last) noexcept:
    """Whether there is none, or it has the dtype of an input and the shape of its last dimensions.
    """
    cdef ndarray array
    cdef Py_ssize_t k
    if <object>given is None:
        return True
    if not has_type_of(given, input):
        return False
    array = (<Tensor>given).array
    if PyArray_NDIM(array) != n_last:
        return False
    for k in range(n_last):
        if PyArray_DIMS(array)[k] != PyArray_DIMS(input)[PyArray_NDIM(input) - n_last + k]:
            return False
    return True


cdef enum:      # the arguments of functional.batch_norm
    INPUT, RUNNING_MEAN, RUNNING_VAR, SCALE, SHIFT, TRAINING, MOMENTUM, EPS, N_OF_BATCH_NORM


@cython.final
cdef class BatchNormCall(CommonCall):
    """With all arguments, of floats of one dtype, by running statistics or moving them."""

    cdef Op by_batch, by_given

    def __init__(self, Op by_batch not None, Op by_given not None):
        self.by_batch, self.by_given = by_batch, by_given

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[6]
        cdef npy_intp count
        if n != N_OF_BATCH_NORM or not holds_floats(args[INPUT]) \
                or type(<object>args[TRAINING]) is not bool \
                or type(<object>args[MOMENTUM]) is not float \
                or type(<object>args[EPS]) is not float or not <double><object>args[EPS] > 0:
            return None
        count = count_a_channel((<Tensor>args[INPUT]).array)
        if count == 0 or not are_per_channel(args):
            return None
        stack[0], stack[1], stack[2] = args[INPUT], args[SCALE], args[SHIFT]
        if not <object>args[TRAINING]:
            stack[3], stack[4], stack[5] = args[RUNNING_MEAN], args[RUNNING_VAR], args[EPS]
            return run_op(self.by_given, stack, 6)
        if count == 1:
            return None
        stack[3] = args[EPS]
        output, mean, var = run_op(self.by_batch, stack, 4)
        move_towards((<Tensor>args[RUNNING_MEAN]).array, (<Tensor>mean).array, 1,
                     <object>args[MOMENTUM])
        move_towards((<Tensor>args[RUNNING_VAR]).array, (<Tensor>var).array,
                     <double>count / (<double>count - 1), <object>args[MOMENTUM])
        return output


cdef npy_intp count_a_channel(ndarray input) noexcept:
    """How many elements each channel has; 0 also where there is none."""
    cdef npy_intp count = 1
    cdef int k
    if PyArray_NDIM(input) < 2:
        return 0
    for k in range(PyArray_NDIM(input)):
        count *= 1 if k == 1 and PyArray_DIMS(input)[1] > 0 else PyArray_DIMS(input)[k]
    return count


cdef bint are_per_channel(PyObject* const* args) noexcept:
    """Whether statistics are vectors that fit an input, and its scale and shift such or None."""
    cdef ndarray input = (<Tensor>args[INPUT]).array
    cdef int k
    for k in range(RUNNING_MEAN, TRAINING):
        if k >= SCALE and <object>args[k] is None:
            continue
        if not is_vector(args[k], input, PyArray_DIMS(input)[1]):
            return False
    return True


# ------------------------------------------------------------------------- attention

cdef enum:      # the arguments of scaled_dot_product_attention
    QUERY, KEY, VALUE, MASK, DROPOUT, IS_CAUSAL, FACTOR, ENABLE_GQA


@cython.final
cdef class HeadsCall(CommonCall):
    """Of floats of one dtype ``(batch, heads, places, features)``, without a mask or dropout."""

    cdef Op attention

    def __init__(self, Op attention not None):
        self.attention = attention

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[6]
        cdef object is_causal = False, factor = None
        if n <= VALUE or not are_heads(args) or not are_usual(args, n):
            return None
        if n > IS_CAUSAL:
            is_causal = <object>args[IS_CAUSAL]
        if n > FACTOR:
            factor = <object>args[FACTOR]
        if factor is None:
            factor = 1 / sqrt(<double>PyArray_DIMS((<Tensor>args[QUERY]).array)[3])
        stack[0], stack[1], stack[2] = args[QUERY], args[KEY], args[VALUE]
        stack[3], stack[4], stack[5] = <PyObject*>None, <PyObject*>factor, <PyObject*>is_causal
        return run_op(self.attention, stack, 6)


cdef bint are_usual(PyObject* const* args, size_t n) noexcept:
    """Whether what follows the heads is left out, as it is by default, or of the declared type."""
    return (n <= MASK or <object>args[MASK] is None) \
        and (n <= DROPOUT or is_zero(args[DROPOUT])) \
        and (n <= IS_CAUSAL or type(<object>args[IS_CAUSAL]) is bool) \
        and (n <= FACTOR or <object>args[FACTOR] is None or type(<object>args[FACTOR]) is float) \
        and (n <= ENABLE_GQA or <object>args[ENABLE_GQA] is False and n == ENABLE_GQA + 1)


cdef bint is_zero(PyObject* given) noexcept:
    return type(<object>given) is float and <double><object>given == 0


cdef bint are_heads(PyObject* const* args) noexcept:
    """Whether query, key and value have the dtype and the sizes that the kernel reads."""
    cdef npy_intp* sizes[3]
    cdef int k, d
    if not holds_floats(args[QUERY]):
        return False
    for k in range(3):
        if not has_type_of(args[k], (<Tensor>args[QUERY]).array) \
                or PyArray_NDIM((<Tensor>args[k]).array) != 4:
            return False
        sizes[k] = PyArray_DIMS((<Tensor>args[k]).array)
        for d in range(4):
            if sizes[k][d] == 0 or d != 2 and sizes[k][d] != sizes[QUERY][d]:
                return False
    return sizes[VALUE][2] == sizes[KEY][2]


# ------------------------------------------------------------------------- convolutions

cdef enum:      # the arguments of conv1d, conv2d and conv3d
    IMAGES, WEIGHT, BIAS, STRIDE, PADDING, DILATION, GROUPS, N_OF_CONVOLUTION

cdef tuple DEFAULTS = (None, None, None, 1, 0, 1, 1)


@cython.final
cdef class ConvCall(CommonCall):
    """Of a batch of floats of one dtype, by whole numbers or tuples of them.

    ``find(n_dims, input_shape, weight_shape, bias_shape, stride, padding, dilation, groups)`` gives
    the geometry or raises RuntimeError.
    """

    cdef Op convolution
    cdef int n_dims
    cdef object find

    def __init__(self, Op convolution not None, int n_dims, find not None):
        self.convolution, self.n_dims, self.find = convolution, n_dims, find

    cdef object serve(self, PyObject* const* args, size_t n):
        cdef PyObject* stack[4]
        cdef PyObject* bias = args[BIAS] if n > BIAS else <PyObject*>None
        cdef object geometry
        if n > N_OF_CONVOLUTION or not are_batch_and_weight(args, n, self.n_dims) \
                or not are_windows(args, n):
            return None
        if <object>bias is not None and not (
                has_type_of(bias, (<Tensor>args[IMAGES]).array)
                and PyArray_NDIM((<Tensor>bias).array) == 1):
            return None
        try:
            geometry = self.find(
                self.n_dims, shape_of(<Tensor>args[IMAGES]), shape_of(<Tensor>args[WEIGHT]),
                None if <object>bias is None else shape_of(<Tensor>bias), given(args, n, STRIDE),
                given(args, n, PADDING), given(args, n, DILATION), given(args, n, GROUPS))
        except (RuntimeError, TypeError):
            return None                     # the function finds what is wrong first
        stack[0], stack[1], stack[2] = args[IMAGES], args[WEIGHT], bias
        stack[3] = <PyObject*>geometry
        return run_op(self.convolution, stack, 4)


cdef inline object given(PyObject* const* args, size_t n, size_t k):
    return <object>args[k] if k < n else DEFAULTS[k]


cdef bint are_batch_and_weight(PyObject* const* args, size_t n, int n_dims) noexcept:
    """Whether both are there, in one dtype, and slide along so many dimensions."""
    return n > WEIGHT and holds_floats(args[IMAGES]) \
        and has_type_of(args[WEIGHT], (<Tensor>args[IMAGES]).array) \
        and PyArray_NDIM((<Tensor>args[IMAGES]).array) == n_dims + 2 \
        and PyArray_NDIM((<Tensor>args[WEIGHT]).array) == n_dims + 2


cdef bint are_windows(PyObject* const* args, size_t n) noexcept:
    """Whether steps, gaps and borders are whole numbers or several, and groups a number."""
    cdef size_t k
    for k in range(STRIDE, n):
        if type(<object>args[k]) is not int and (k == GROUPS or not are_ints(args[k])):
            return False
    return True
