"""Layout of products of matrices."""

from numpy cimport ndarray, npy_intp

from tapegrad._kernels.kernel cimport Loop

cdef Loop* loop_of_product(int type_number, npy_intp n, npy_intp k, npy_intp m, npy_intp item,
                           const npy_intp* steps) except NULL
cdef ndarray product_of_matrices(ndarray a, ndarray b, int turn_a, int turn_b)
cdef int launch_product(Loop* loop, char** args, npy_intp* dims, npy_intp* steps) except -1
cdef bint is_small(int type_number, npy_intp n, npy_intp k, npy_intp m) noexcept
