"""Products of all rows of a tensor, whatever its number of dimensions, as one of matrices."""

cimport cython
from cpython.object cimport PyObject
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_NDIM, PyArray_TYPE,
    import_array, ndarray, npy_intp,
)

from tapegrad._core.op cimport Op, run_op
from tapegrad._core.public cimport CommonCall
from tapegrad._tensor.tensor cimport Tensor
from tapegrad.ops.shape.reshaping cimport in_shape

import_array()


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
        if not is_bias_of(args[2], weight.array):
            return None
        rows = flattened(input)
        stack[0], stack[1], stack[2] = args[2], <PyObject*>rows, args[1]
        product = run_op(self.linear, stack, 3)
        return unflattened(self.view, product, input, weight, 0)


cdef bint are_rows_and_matrix(PyObject* rows, PyObject* matrix, bint is_turned) noexcept:
    """Whether one holds floats, not as a matrix, and another one is a matrix for its rows."""
    cdef ndarray a, b
    if not isinstance(<object>rows, Tensor) or not isinstance(<object>matrix, Tensor):
        return False
    a, b = (<Tensor>rows).array, (<Tensor>matrix).array
    if PyArray_NDIM(b) != 2 or PyArray_NDIM(a) in (0, 2) or not is_turned and PyArray_NDIM(a) == 1:
        return False
    return PyArray_TYPE(a) in (NPY_FLOAT32, NPY_FLOAT64) and PyArray_TYPE(a) == PyArray_TYPE(b) \
        and PyArray_DIMS(a)[PyArray_NDIM(a) - 1] > 0 \
        and PyArray_DIMS(a)[PyArray_NDIM(a) - 1] == PyArray_DIMS(b)[1 if is_turned else 0]


cdef bint is_bias_of(PyObject* bias, ndarray weight) noexcept:
    """Whether a vector has the dtype of a weight and an element for each of its rows."""
    cdef ndarray array
    if not isinstance(<object>bias, Tensor):
        return False
    array = (<Tensor>bias).array
    return PyArray_NDIM(array) == 1 and PyArray_TYPE(array) == PyArray_TYPE(weight) \
        and PyArray_DIMS(array)[0] == PyArray_DIMS(weight)[0]


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
