"""Layout of shapes and strides."""

from numpy cimport (
    PyArray_BYTES, PyArray_DIMS, PyArray_NDIM, PyArray_STRIDES, ndarray, npy_intp,
)

cdef enum:
    MAX_DIMS = 64
    MAX_OPERANDS = 8
    N_TYPES = 24


cdef struct Operand:
    char* data
    int ndim
    const npy_intp* dims
    const npy_intp* strides


# Here and not in the .pyx, so that other modules take it in.
cdef inline Operand operand_of(ndarray array) noexcept:
    cdef Operand operand
    operand.data = PyArray_BYTES(array)
    operand.ndim = PyArray_NDIM(array)
    operand.dims = PyArray_DIMS(array)
    operand.strides = PyArray_STRIDES(array)
    return operand


cdef int check_ndim(Py_ssize_t ndim) except -1
cdef int broadcast_strides(Operand* operand, int core_ndim, int ndim, const npy_intp* shape,
                           npy_intp* strides) noexcept
cdef int memory_order(int ndim, const npy_intp* shape, int n_operands,
                      npy_intp[MAX_OPERANDS][MAX_DIMS] strides, int* order) noexcept
cdef int merge_dimensions(int ndim, npy_intp* shape, int n_operands,
                          npy_intp[MAX_OPERANDS][MAX_DIMS] strides, int* order) noexcept
cdef int broadcast_shape(int n, Operand* operands, int* core_ndim, npy_intp* shape) except -1
cdef int move_last(Operand* operand, int dim, npy_intp* dims, npy_intp* strides) noexcept
cdef bint view_strides(ndarray array, int ndim, const npy_intp* dims, npy_intp* strides) noexcept
cdef bint reduced_last(ndarray array, bint* reduced, npy_intp* dims, npy_intp* strides,
                       int* n_kept) noexcept
cdef bint is_dense(ndarray array) noexcept
