"""Gradients of a weight that is used again and again: products of few rows, computed together.

A recurrent network in plain operations gives its weight a product ``g.T @ x`` a step, and the sum
of these is one product of all rows. From the second on, the rows are gathered here until they are
enough for the BLAS to be quick, so that no product of each step is made, nor added.
"""

cimport cython
from numpy cimport (
    NPY_FLOAT32, NPY_FLOAT64, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS,
    PyArray_ITEMSIZE, PyArray_NDIM, PyArray_STRIDES, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.iteration cimport CASTS
from tapegrad._kernels.kernel cimport Kernel, launch
from tapegrad._kernels.memory cimport allocate, strided_view
from tapegrad._kernels.products cimport product_of_matrices
from tapegrad._sweep.gradients cimport add
from tapegrad._tensor.tensor cimport Tensor, wrap

import_array()

cdef enum:
    GATHERED_ROWS = 256
    MOST_ROWS = 64              # of a product that is put off


@cython.final
@cython.freelist(16)
cdef class OuterProduct:
    """A gradient ``left.T @ right`` that a formula leaves to the sweep to compute."""

    def __cinit__(self, Tensor left not None, Tensor right not None):
        self.left, self.right = left, right

    cdef Tensor computed(self):
        return wrap(product_of_matrices(self.left.array, self.right.array, True, False))


cdef object computed(object result):
    """A formula's result, computed if that was left to the sweep."""
    return (<OuterProduct>result).computed() if type(result) is OuterProduct else result


@cython.final
cdef class Products:
    """The gradient of a leaf so far, and the factors of products that are still to be added."""

    cdef bint join(self, ndarray leaf, object a, object b) except -1:
        """Take over the product ``a.T @ b``; False where it is none to put off."""
        cdef ndarray left, right
        cdef npy_intp n
        if not isinstance(a, Tensor) or not isinstance(b, Tensor):
            return False
        left, right = (<Tensor>a).array, (<Tensor>b).array
        n = rows_of(left)
        if n > MOST_ROWS or not (is_factor(left, leaf, 0) and is_factor(right, leaf, 1)) \
                or n != rows_of(right):
            return False
        if self.left is None:
            self.left, self.right = gathering(leaf, 0), gathering(leaf, 1)
        if self.n_rows + n > GATHERED_ROWS:
            self.compute()
        copy_rows(self.left, self.n_rows, left, n)
        copy_rows(self.right, self.n_rows, right, n)
        self.n_rows += n
        return True

    cdef int take(self, Tensor gradient) except -1:
        """Add a gradient that is no product."""
        self.sum = gradient if self.sum is None else add(self.sum, gradient)
        return 0

    cdef int compute(self) except -1:
        """Compute what waits, and add it."""
        if self.n_rows > 0:
            self.take(wrap(product_of_matrices(first_rows(self.left, self.n_rows),
                                               first_rows(self.right, self.n_rows), True, False)))
        self.n_rows = 0
        return 0

    cdef Tensor total(self):
        """The whole gradient; it is given away."""
        cdef Tensor sum
        self.compute()
        sum, self.sum = self.sum, None
        return sum


cdef Products products_after(Tensor first):
    """What waits at a leaf: its first gradient, if that has arrived."""
    cdef Products products = Products.__new__(Products)
    products.sum = first
    return products


cdef inline npy_intp rows_of(ndarray factor) noexcept:
    return PyArray_DIMS(factor)[0] if PyArray_NDIM(factor) == 2 else 1


cdef bint is_factor(ndarray factor, ndarray leaf, int dim) noexcept:
    """Whether rows, or one, of a factor make a gradient that is what the leaf expects."""
    cdef int ndim = PyArray_NDIM(factor), type_number = PyArray_TYPE(leaf)
    return PyArray_NDIM(leaf) == 2 and (ndim == 1 or ndim == 2) \
        and PyArray_DIMS(factor)[ndim - 1] == PyArray_DIMS(leaf)[dim] \
        and PyArray_TYPE(factor) == type_number \
        and (type_number == NPY_FLOAT32 or type_number == NPY_FLOAT64) \
        and PyArray_IS_C_CONTIGUOUS(factor)


cdef ndarray gathering(ndarray leaf, int dim):
    """Room for the rows of one factor."""
    cdef npy_intp dims[2]
    dims[0], dims[1] = GATHERED_ROWS, PyArray_DIMS(leaf)[dim]
    return allocate(2, dims, PyArray_TYPE(leaf))


cdef int copy_rows(ndarray target, npy_intp start, ndarray source, npy_intp n) except -1:
    cdef npy_intp steps[2]
    cdef char* args[2]
    cdef npy_intp count = n * PyArray_DIMS(target)[1]
    args[0], args[1] = PyArray_BYTES(source), \
        PyArray_BYTES(target) + start * PyArray_STRIDES(target)[0]
    steps[0] = steps[1] = PyArray_ITEMSIZE(target)
    return launch((<Kernel>CASTS[PyArray_TYPE(target)]).loop_for(PyArray_TYPE(target)), args,
                  &count, steps, NULL, NULL)


cdef ndarray first_rows(ndarray matrix, npy_intp n):
    cdef npy_intp dims[2]
    dims[0], dims[1] = n, PyArray_DIMS(matrix)[1]
    return strided_view(matrix, 2, dims, PyArray_STRIDES(matrix), PyArray_BYTES(matrix))
