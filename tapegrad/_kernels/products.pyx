"""Products of matrices: of floats by our loops, others by NumPy's and the BLAS that it brings."""

from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT16, NPY_INT32, NPY_INT64, NPY_INT8,
    NPY_UINT8, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE,
    PyArray_NDIM, PyArray_STRIDES, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.arrays cimport contiguous
from tapegrad._kernels.geometry cimport MAX_DIMS, Operand, broadcast_shape, operand_of
from tapegrad._kernels.iteration cimport cast, elementwise, iterate
from tapegrad._kernels.kernel cimport (
    Kernel, Loop, has_wide_vectors, is_zen4, launch, thread_count,
)
from tapegrad._kernels.memory cimport allocate
from tapegrad._kernels.reductions cimport sums as sums_over

import numpy as np

from tapegrad._kernels.kernel import OURS, TYPE_NAMES

import_array()

cdef Kernel MATMUL = Kernel.from_ufunc(np.matmul)
cdef Kernel SMALL_MATMUL = OURS["small_matmul"]
cdef Kernel LARGE_MATMUL = OURS["large_matmul"]
cdef Kernel SMALL_PARTS = OURS["small_matmul_parts"]
cdef Kernel LARGE_PARTS = OURS["large_matmul_parts"]
cdef Kernel INNER_PRODUCT = OURS["inner_product"]
cdef Kernel ADD = Kernel.from_ufunc(np.add)
cdef Kernel ADD_ROW = OURS["add_row"]

cdef dict C_NAMES = {
    NPY_BOOL: "bool", NPY_INT8: "signed char", NPY_UINT8: "unsigned char", NPY_INT16: "short int",
    NPY_INT32: "int", NPY_INT64: "long int", NPY_FLOAT16: "c10::Half", NPY_FLOAT32: "float",
    NPY_FLOAT64: "double",
}


cdef enum:
    LARGE = 1048576             # products of two numbers from which on a second thread pays
    PACKED = 16777216           # and packing of both factors
    LONG = 1048576              # rows, depth or columns, so that nothing overflows
    MANY_ROWS = 504             # that a thread multiplies at once
    FEW_ROWS = 4                # and more: fewer are never packed
    THIN = 16                   # depth for which packing does not pay
    STRIP = 64                  # rows, and half as many columns as it pays for
    FEWEST = 32                 # rows or columns of a part
    ROWS_TOGETHER = 8           # of a tile
    BLOCK = 32768                # of long vectors
    PANEL = 32                  # columns: as many as two of the widest vectors have

for _kernel in (SMALL_MATMUL, SMALL_PARTS):
    (<Kernel>_kernel).is_shared, (<Kernel>_kernel).share_above = True, LARGE
INNER_PRODUCT.is_shared = True


cdef Loop* loop_of_product(int type_number, npy_intp n, npy_intp k, npy_intp m, npy_intp item,
                           const npy_intp* steps) except NULL:
    """The loop for ``(n, k) @ (k, m)``; ``steps`` are those between rows and columns of both.

    The BLAS is left what ours do not read: other dtypes, and matrices of gaps; and large products
    where vectors are narrow, or on one thread, but for a Zen 4, where it is slower. Its threads
    wait for one another, and then for more to do for tens of milliseconds, on processors that ours
    need.
    """
    cdef bint is_turned = steps[3] != item, is_large = <double>n * k * m > PACKED
    if (type_number != NPY_FLOAT32 and type_number != NPY_FLOAT64) \
            or n > LONG or k > LONG or m > LONG or (steps[2] != item and is_turned) \
            or (steps[0] | steps[1] | steps[2] | steps[3]) & (item - 1) \
            or is_large and n >= FEW_ROWS and not (
                has_wide_vectors() if thread_count() > 1 else is_zen4()):
        return MATMUL.loop_for(type_number)
    if is_large and n >= STRIP and m >= 2 * STRIP and k > THIN:
        return &LARGE_MATMUL.loops[type_number]
    return &SMALL_MATMUL.loops[type_number]


cdef bint is_small(int type_number, npy_intp n, npy_intp k, npy_intp m) noexcept:
    """Whether `loop_of_product` gives the loop that packs nothing, where lines lie packed."""
    return <double>n * k * m <= PACKED and max(n, k, m) <= LONG \
        and (type_number == NPY_FLOAT32 or type_number == NPY_FLOAT64)


cdef ndarray with_packed_lines(ndarray array):
    """The array itself where rows or columns of its matrices lie packed, else a row-major copy."""
    cdef int ndim = PyArray_NDIM(array)
    cdef npy_intp size = PyArray_ITEMSIZE(array)
    cdef npy_intp* strides = PyArray_STRIDES(array) + ndim - 2
    cdef npy_intp* dims = PyArray_DIMS(array) + ndim - 2
    if strides[1] == size and strides[0] >= dims[1] * size or \
            strides[0] == size and strides[1] >= dims[0] * size:
        return array
    return contiguous(array)


def matmul(ndarray a not None, ndarray b not None):
    """Matrix products ``(..., n, k) @ (..., k, m) -> (..., n, m)``, batch dimensions broadcast."""
    cdef Operand operands[3]
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim
    cdef int core[2]
    cdef npy_intp steps[4]
    cdef ndarray out
    a, b = with_packed_lines(a), with_packed_lines(b)
    operands[0], operands[1] = operand_of(a), operand_of(b)
    core[0] = core[1] = 2
    ndim = broadcast_shape(2, operands, core, dims)
    dims[ndim], dims[ndim + 1] = operands[0].dims[operands[0].ndim - 2], \
        operands[1].dims[operands[1].ndim - 1]
    out = allocate(ndim + 2, dims, PyArray_TYPE(a))
    operands[2] = operand_of(out)
    steps[0], steps[1] = operands[0].strides[operands[0].ndim - 2], \
        operands[0].strides[operands[0].ndim - 1]
    steps[2], steps[3] = operands[1].strides[operands[1].ndim - 2], \
        operands[1].strides[operands[1].ndim - 1]
    iterate(loop_of_product(PyArray_TYPE(a), dims[ndim], operands[0].dims[operands[0].ndim - 1],
                            dims[ndim + 1], PyArray_ITEMSIZE(a), steps), operands, NULL)
    return out


cpdef ndarray mm(ndarray a, ndarray b):
    """``a @ b`` of two matrices."""
    return product_of_matrices(a, b, False, False)


def mm_nt(ndarray a not None, ndarray b not None):
    """``a @ b.T``."""
    return product_of_matrices(a, b, False, True)


def mm_tn(ndarray a not None, ndarray b not None):
    """``a.T @ b``."""
    return product_of_matrices(a, b, True, False)


cdef ndarray product_of_matrices(ndarray a, ndarray b, int turn_a, int turn_b):
    """The product of two matrices, or of their transposes, without the general iteration.

    Raises PyTorch's refusals of sizes and dtypes that do not fit.
    """
    cdef npy_intp dims[2]
    cdef npy_intp inner = PyArray_DIMS(a)[1 - turn_a]
    cdef ndarray out
    dims[0], dims[1] = PyArray_DIMS(a)[turn_a], PyArray_DIMS(b)[1 - turn_b]
    if inner != PyArray_DIMS(b)[turn_b]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({dims[0]}x{inner} and "
                           f"{PyArray_DIMS(b)[turn_b]}x{dims[1]})")
    if PyArray_TYPE(a) != PyArray_TYPE(b):
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: "
                           f"{C_NAMES[PyArray_TYPE(a)]} != {C_NAMES[PyArray_TYPE(b)]}")
    a, b = with_packed_lines(a), with_packed_lines(b)
    out = allocate(2, dims, PyArray_TYPE(a))
    return multiplied(matrix(a, turn_a), matrix(b, turn_b), out, matrix(out, False))


cdef struct Matrix:
    char* data
    npy_intp n                  # rows
    npy_intp step               # from one to the next, in bytes
    npy_intp n_columns
    npy_intp column_step


cdef inline Matrix matrix(ndarray array, int turned) noexcept:
    """How a matrix, or its transpose, lies in memory."""
    cdef Matrix m
    m.data = PyArray_BYTES(array)
    m.n, m.n_columns = PyArray_DIMS(array)[turned], PyArray_DIMS(array)[1 - turned]
    m.step, m.column_step = PyArray_STRIDES(array)[turned], PyArray_STRIDES(array)[1 - turned]
    return m


cdef inline Matrix vector(ndarray array, int turned) noexcept:
    """How a vector without gaps lies in memory as a column or, turned, as a row."""
    cdef Matrix m
    cdef npy_intp n = PyArray_DIMS(array)[0], size = PyArray_ITEMSIZE(array)
    m.data = PyArray_BYTES(array)
    m.n, m.n_columns, m.step, m.column_step = n, 1, size, size
    if turned:
        m.n, m.n_columns, m.step = 1, n, n * size
    return m


cdef inline Matrix transposed(Matrix m) noexcept:
    m.n, m.n_columns, m.step, m.column_step = m.n_columns, m.n, m.column_step, m.step
    return m


cdef inline bint is_better_turned(Matrix a, Matrix b, Matrix target, npy_intp item) noexcept:
    """Whether it is packed rows by a vector: then the vector is a row, by packed columns."""
    return b.n_columns == 1 and a.n >= 4 and a.column_step == item and b.step == item \
        and target.step == item


cdef ndarray multiplied(Matrix a, Matrix b, ndarray out, Matrix target):
    """Multiply into an array, which lies as the target says; sizes are known to fit."""
    cdef npy_intp dims[4]
    cdef npy_intp steps[9]
    cdef char* args[3]
    if is_better_turned(a, b, target, PyArray_ITEMSIZE(out)):
        return multiplied(transposed(b), transposed(a), out, transposed(target))
    dims[0], dims[1], dims[2], dims[3] = 1, a.n, a.n_columns, b.n_columns
    steps[0] = steps[1] = steps[2] = 0
    args[0], args[1], args[2] = a.data, b.data, target.data
    steps[3], steps[4], steps[5], steps[6] = a.step, a.column_step, b.step, b.column_step
    steps[7], steps[8] = target.step, target.column_step
    if a.n > 0 and b.n_columns > 0:
        launch_product(loop_of_product(PyArray_TYPE(out), a.n, a.n_columns, b.n_columns,
                                       PyArray_ITEMSIZE(out), steps + 3), args, dims, steps)
    return out


cdef struct Parts:
    char* first                 # of the result
    npy_intp n, part, by_rows   # rows, or columns, of all parts and of one


cdef int launch_product(Loop* loop, char** args, npy_intp* dims, npy_intp* steps) except -1:
    """One product; as parts of its rows or columns where several threads may share them."""
    cdef Kernel kernel = SMALL_PARTS
    cdef Parts parts
    cdef npy_intp n = dims[1], m = dims[3]
    if n * dims[2] * m <= LARGE or thread_count() == 1:
        return launch(loop, args, dims, steps, NULL, NULL)
    if <void*>loop.kernel == <void*>LARGE_MATMUL:
        kernel = LARGE_PARTS
    elif <void*>loop.kernel != <void*>SMALL_MATMUL:
        return launch(loop, args, dims, steps, NULL, NULL)
    parts.by_rows = n >= m or n >= MANY_ROWS
    parts.first, parts.n = args[2], n if parts.by_rows else m
    parts.part = part_of(parts.n, ROWS_TOGETHER if parts.by_rows else PANEL)
    if parts.part == parts.n:
        return launch(loop, args, dims, steps, NULL, NULL)
    dims[0] = (parts.n + parts.part - 1) // parts.part
    steps[0] = parts.part * steps[3] if parts.by_rows else 0
    steps[1] = 0 if parts.by_rows else parts.part * steps[6]
    steps[2] = parts.part * steps[7 if parts.by_rows else 8]
    return launch(&kernel.loops[loop.types[0]], args, dims, steps, &parts, NULL)


cdef inline npy_intp part_of(npy_intp n, npy_intp together) noexcept:
    """How much of ``n`` a part has: of few a thread has one, if there are enough for each.

    No part has so few that it is multiplied in another way than all would be.
    """
    cdef npy_intp part, n_parts, n_threads = min(<npy_intp>thread_count(), n // FEWEST)
    if n_threads < 2:
        return n
    n_parts = n_threads * max(n // (n_threads * MANY_ROWS), <npy_intp>1)
    part = (n + n_parts * together - 1) // (n_parts * together) * together
    while 0 < n % part < FEWEST // 2:
        part += together
    return min(part, n)


def mv(ndarray a not None, ndarray v not None):
    """``a @ v`` of a matrix and a vector whose sizes fit."""
    return matrix_times_vector(a, v, False)


def mv_tn(ndarray a not None, ndarray v not None):
    """``a.T @ v`` of a matrix and a vector whose sizes fit."""
    return matrix_times_vector(a, v, True)


cdef ndarray matrix_times_vector(ndarray a, ndarray v, int turned):
    cdef ndarray out = allocate(1, PyArray_DIMS(a) + turned, PyArray_TYPE(a))
    a, v = with_packed_lines(a), contiguous(v)
    return multiplied(matrix(a, turned), vector(v, False), out, vector(out, False))


def dot(ndarray a not None, ndarray b not None):
    """The inner product of two vectors whose sizes fit."""
    cdef ndarray out
    a, b = contiguous(a), contiguous(b)
    if PyArray_DIMS(a)[0] >= 2 * BLOCK and is_small(PyArray_TYPE(a), 1, BLOCK, 1):
        return sum_of_blocks(a, b)
    out = allocate(0, PyArray_DIMS(a), PyArray_TYPE(a))
    cdef Matrix row = vector(a, True), target = row
    target.data, target.n_columns = PyArray_BYTES(out), 1
    return multiplied(row, vector(b, False), out, target)


cdef ndarray sum_of_blocks(ndarray a, ndarray b):
    """The inner product of long vectors: of blocks, which threads share, and then their sum."""
    cdef npy_intp n = PyArray_DIMS(a)[0], n_sums = (n + BLOCK - 1) // BLOCK
    cdef npy_intp item = PyArray_ITEMSIZE(a)
    cdef int k
    cdef npy_intp dims[2]
    cdef npy_intp steps[5]
    cdef char* args[3]
    cdef ndarray sums = allocate(1, &n_sums, PyArray_TYPE(a))
    args[0], args[1], args[2] = PyArray_BYTES(a), PyArray_BYTES(b), PyArray_BYTES(sums)
    dims[0], dims[1] = n // BLOCK, BLOCK
    steps[0], steps[1], steps[2] = BLOCK * item, BLOCK * item, item
    steps[3] = steps[4] = item
    launch(&INNER_PRODUCT.loops[PyArray_TYPE(a)], args, dims, steps, NULL, NULL)
    if dims[0] < n_sums:
        for k in range(3):
            args[k] += dims[0] * steps[k]
        dims[0], dims[1] = 1, n % BLOCK
        launch(&INNER_PRODUCT.loops[PyArray_TYPE(a)], args, dims, steps, NULL, NULL)
    return sums_over(sums, None, False)


def outer(ndarray a not None, ndarray b not None):
    """The products of each element of a vector with each of another: a matrix."""
    cdef npy_intp dims[2]
    cdef ndarray out
    a, b = contiguous(a), contiguous(b)
    dims[0], dims[1] = PyArray_DIMS(a)[0], PyArray_DIMS(b)[0]
    out = allocate(2, dims, PyArray_TYPE(a))
    return multiplied(vector(a, False), vector(b, True), out, matrix(out, False))


def addmm(ndarray bias not None, ndarray a not None, ndarray b not None):
    """``bias + a @ b``; the bias is broadcast."""
    return sum_of_products(bias, a, b, False)


def linear(ndarray bias not None, ndarray a not None, ndarray b not None):
    """``bias + a @ b.T``; the bias is broadcast."""
    return sum_of_products(bias, a, b, True)


cdef ndarray sum_of_products(ndarray bias, ndarray a, ndarray b, int turn_b):
    """In float16 as PyTorch: the sum is rounded once."""
    cdef int kind = PyArray_TYPE(b)
    if PyArray_TYPE(bias) != kind or PyArray_TYPE(a) != kind or kind == NPY_BOOL:
        refuse_kinds(bias, a, b)
    if kind == NPY_FLOAT16:
        bias, a, b = cast(bias, NPY_FLOAT32), cast(a, NPY_FLOAT32), cast(b, NPY_FLOAT32)
        return cast(with_bias(product_of_matrices(a, b, False, turn_b), bias), NPY_FLOAT16)
    return with_bias(product_of_matrices(a, b, False, turn_b), bias)


def refuse_kinds(bias, a, b):
    """Raise PyTorch's refusal of dtypes that differ, or of truth values."""
    for name, one in (("self", bias), ("mat1", a)):
        if one.dtype != b.dtype:
            raise RuntimeError(f"{name} and mat2 must have the same dtype, but got "
                               f"{TYPE_NAMES[one.dtype.num]} and {TYPE_NAMES[b.dtype.num]}")
    raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")


cdef ndarray with_bias(ndarray product, ndarray bias):
    """A fresh matrix plus a bias, in the matrix's memory."""
    cdef Operand operands[3]
    cdef Loop* loop = &ADD_ROW.loops[PyArray_TYPE(product)]
    if loop.function != NULL and PyArray_NDIM(bias) == 1 \
            and PyArray_TYPE(bias) == PyArray_TYPE(product) and PyArray_IS_C_CONTIGUOUS(bias) \
            and PyArray_DIMS(bias)[0] == PyArray_DIMS(product)[1]:
        add_to_rows(loop, product, bias)
        return product
    if PyArray_NDIM(bias) <= 2:
        check_expands((<object>bias).shape, (<object>product).shape)
    operands[0], operands[1] = operand_of(product), operand_of(bias)
    return elementwise(ADD.loop_for(PyArray_TYPE(product)), operands, product, NULL, NULL)


cdef int check_expands(tuple shape, tuple wanted) except -1:
    """Raise PyTorch's refusal of a bias that is not broadcast to a matrix."""
    for k in range(1, len(shape) + 1):
        if shape[-k] not in (1, wanted[-k]):
            raise RuntimeError(
                f"The expanded size of the tensor ({wanted[-k]}) must match the existing size "
                f"({shape[-k]}) at non-singleton dimension {2 - k}.  Target sizes: {list(wanted)}. "
                f" Tensor sizes: {list(shape)}"
            )
    return 0


cdef int add_to_rows(Loop* loop, ndarray product, ndarray row) except -1:
    """Add one row to every row of a fresh matrix."""
    cdef npy_intp dims[3]
    cdef npy_intp steps[5]
    cdef char* args[2]
    args[0], args[1] = PyArray_BYTES(row), PyArray_BYTES(product)
    dims[0], dims[1], dims[2] = 1, PyArray_DIMS(product)[1], PyArray_DIMS(product)[0]
    steps[0] = steps[1] = 0
    steps[2] = steps[4] = PyArray_ITEMSIZE(product)
    steps[3] = PyArray_STRIDES(product)[0]
    return launch(loop, args, dims, steps, NULL, NULL)
