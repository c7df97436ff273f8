"""What forward functions do with arrays: casts, copies, and kernels run into new memory."""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.string cimport memcpy
from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS,
    PyArray_ITEMSIZE, PyArray_NDIM, PyArray_SIZE, PyArray_STRIDES, PyArray_TYPE, import_array,
    ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, broadcast_shape, check_ndim, move_last, operand_of,
)
from tapegrad._kernels.iteration cimport (
    ITEM_SIZES, cast, copy_into, elementwise, iterate, raise_output_shape, scalar_operand,
)
from tapegrad._kernels.kernel cimport MAX_PARAM_BYTES, Kernel, Loop, Scalars, launch
from tapegrad._kernels.memory cimport (
    allocate, allocate_like, check_writable, note_values_read, strided_view, type_number_of,
)
from tapegrad._kernels.views cimport permuted, read_sizes, reshaped_view

import_array()


def cast_array(ndarray array not None, dtype):
    """The array in another dtype, in new memory (also where the dtype is the same)."""
    return cast(array, type_number_of(dtype))


def copy_array(ndarray target not None, ndarray source not None):
    """Write the source's values, broadcast and cast, into the target."""
    check_writable(target)
    copy_into(target, source)


def overwrite(ndarray target not None, ndarray source not None):
    """As :func:`copy_array`, but a source that broadcasts to a larger shape is refused."""
    cdef Operand operands[2]
    cdef int[2] no_core = [0, 0]
    cdef npy_intp shape[MAX_DIMS]
    cdef int k, ndim
    operands[0], operands[1] = operand_of(target), operand_of(source)
    ndim = broadcast_shape(2, operands, no_core, shape)
    for k in range(ndim):
        if ndim > PyArray_NDIM(target) or shape[k] != PyArray_DIMS(target)[k]:
            raise_output_shape(target, ndim, shape)
    copy_array(target, source)


def copied(ndarray array not None):
    """A copy in the same memory order."""
    cdef ndarray result = allocate_like(array, PyArray_TYPE(array))
    copy_into(result, array)
    return result


cpdef ndarray row_major(ndarray array):
    """A row-major copy."""
    cdef ndarray result = allocate(PyArray_NDIM(array), PyArray_DIMS(array), PyArray_TYPE(array))
    copy_into(result, array)
    return result


cpdef ndarray contiguous(ndarray array):
    """The array itself where it is row-major, else a row-major copy."""
    return array if PyArray_IS_C_CONTIGUOUS(array) else row_major(array)


def rearranged(ndarray array not None, tuple parts not None, tuple order not None,
               tuple shape not None):
    """A row-major copy, in a shape, of an array whose dimensions are taken apart and reordered."""
    cdef ndarray apart = permuted(reshaped_view(contiguous(array), parts), order)
    return reshaped_view(row_major(apart), shape)


cpdef ndarray flat(ndarray array):
    """The elements in row-major order, in one dimension: a view unless they lie otherwise."""
    cdef npy_intp size = PyArray_SIZE(array), step = PyArray_ITEMSIZE(array)
    if not PyArray_IS_C_CONTIGUOUS(array):
        array = row_major(array)
    if PyArray_NDIM(array) == 1:
        return array
    return strided_view(array, 1, &size, &step, PyArray_BYTES(array))


def joined(ndarray array not None, int n_kept):
    """Dimensions from ``n_kept`` on as one: a view where the layout allows, else a copy."""
    return join_last_dimensions(array, n_kept)


cdef ndarray join_last_dimensions(ndarray array, int n_kept):
    """Dimensions from ``n_kept`` on as one: a view where the layout allows, else a copy."""
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_DIMS]
    cdef npy_intp size
    cdef int ndim = PyArray_NDIM(array), k
    memcpy(dims, PyArray_DIMS(array), ndim * sizeof(npy_intp))
    memcpy(strides, PyArray_STRIDES(array), ndim * sizeof(npy_intp))
    if ndim == n_kept:
        check_ndim(ndim + 1)
        dims[ndim], strides[ndim] = 1, PyArray_ITEMSIZE(array)
        return strided_view(array, ndim + 1, dims, strides, PyArray_BYTES(array))
    size, step = 1, strides[ndim - 1]
    for k in range(ndim - 1, n_kept - 1, -1):
        if dims[k] == 1:
            continue
        if size == 1:
            step = strides[k]
        elif strides[k] != step * size and PyArray_SIZE(array) > 0:
            return join_last_dimensions(contiguous(array), n_kept)
        size *= dims[k]
    dims[n_kept], strides[n_kept] = size, step
    return strided_view(array, n_kept + 1, dims, strides, PyArray_BYTES(array))


def pointwise(Kernel kernel not None, *operands, ndarray out=None, dtype=None,
              tuple params=None):
    """Run an element-wise kernel on arrays of the loop's dtypes and on Python numbers.

    The result is new unless ``out`` is given; ``dtype`` says which loop where the first operand
    does not. An array of another dtype than the loop's stands for a number, and holds just one.
    """
    cdef Operand all_operands[MAX_OPERANDS]
    cdef Scalars scalars
    cdef Scalars* used = NULL
    cdef char block[MAX_PARAM_BYTES]
    cdef int k, number
    cdef Loop* loop
    number = PyArray_TYPE(<ndarray?>operands[0]) if dtype is None else type_number_of(dtype)
    loop = kernel.loop_for(number)
    for k in range(kernel.n_in):
        operand = operands[k]
        if isinstance(operand, ndarray) and PyArray_TYPE(<ndarray>operand) == loop.types[k]:
            all_operands[k] = operand_of(<ndarray>operand)
        else:
            used = &scalars
            if isinstance(operand, ndarray):
                note_values_read()
                operand = operand.item()
            scalar_operand(&all_operands[k], &scalars.slot[k], loop.types[k], operand)
    kernel.pack(params, block)
    return elementwise(loop, all_operands, out, used, block)


def outputs(Kernel kernel not None, tuple inputs not None, tuple shapes=None, tuple params=None):
    """Run a kernel with core dimensions into new memory; gives its outputs.

    Their shapes are those that the inputs lead to (see ``output_dims``), unless they are given.
    """
    cdef Loop* loop = NULL
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp dims[MAX_DIMS]
    cdef char block[MAX_PARAM_BYTES]
    cdef ndarray array
    cdef list results = []
    cdef int k, ndim, n = kernel.n_operands
    if shapes is not None:
        n = kernel.n_in + <int>len(shapes)
    for k in range(kernel.n_in):
        array = inputs[k]
        operands[k] = operand_of(array)
        if loop == NULL and PyArray_TYPE(array) < N_TYPES:
            loop = &kernel.loops[PyArray_TYPE(array)]
            if loop.function == NULL:
                loop = NULL
    if loop == NULL:
        raise NotImplementedError(f"kernel {kernel.name} has no loop for these dtypes")
    for k in range(kernel.n_in):
        if PyArray_TYPE(<ndarray>inputs[k]) != loop.types[k]:
            raise NotImplementedError(f"kernel {kernel.name}: input {k} has dtype "
                                      f"{inputs[k].dtype}, which its loop does not read")
    for k in range(kernel.n_in, n):
        ndim = output_dims(kernel, operands, k, dims) if shapes is None \
            else read_sizes(shapes[k - kernel.n_in], dims)
        array = allocate(ndim, dims, loop.types[k])
        operands[k] = operand_of(array)
        results.append(array)
    kernel.pack(params, block)
    iterate(loop, operands, block)
    return results[0] if len(results) == 1 else tuple(results)


cdef int output_dims(Kernel kernel, Operand* operands, int k, npy_intp* dims) except -1:
    """The sizes that the inputs give an output, and how many they are.

    One that no input has is the smaller one of the first, a matrix: there are as many singular
    values, pivots and reflections.
    """
    cdef int ndim, position
    for position in range(kernel.n_in):
        if operands[position].ndim < kernel.core_ndim[position]:
            raise ValueError(f"kernel {kernel.name}: operand {position} needs "
                             f"{kernel.core_ndim[position]} dims")
    ndim = broadcast_shape(kernel.n_in, operands, kernel.core_ndim, dims)
    for position in range(kernel.core_ndim[k]):
        dims[ndim + position] = core_size(kernel, operands, kernel.core_letter[k][position])
    return ndim + kernel.core_ndim[k]


cdef npy_intp core_size(Kernel kernel, Operand* operands, int letter) noexcept:
    cdef int k, position
    for k in range(kernel.n_in):
        for position in range(kernel.core_ndim[k]):
            if kernel.core_letter[k][position] == letter:
                return operands[k].dims[operands[k].ndim - kernel.core_ndim[k] + position]
    return min(operands[0].dims[operands[0].ndim - 1], operands[0].dims[operands[0].ndim - 2])


cpdef ndarray row_of(Kernel kernel, npy_intp n, int type_number, tuple params):
    """What a kernel of signature ``->(n)`` makes: numbers in order."""
    cdef npy_intp[2] steps = [0, 0]
    cdef npy_intp[2] dims = [1, n]
    cdef char block[MAX_PARAM_BYTES]
    cdef char* args[1]
    cdef Loop* loop = kernel.loop_for(type_number)
    cdef ndarray row = allocate(1, &n, type_number)
    args[0], steps[1] = PyArray_BYTES(row), PyArray_ITEMSIZE(row)
    kernel.pack(params, block)
    launch(loop, args, dims, steps, block, NULL)
    return row


cpdef bint draw(Kernel kernel, ndarray array, ndarray state, lock, tuple params) except -1:
    """Fill a row-major array with draws, which advance a generator's state; False if it has gaps.

    Nothing is drawn then. The lock keeps the draws of several threads apart.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef char block[MAX_PARAM_BYTES]
    cdef npy_intp size = PyArray_SIZE(array), step = PyArray_ITEMSIZE(array)
    if kernel.n_operands != 2:
        raise TypeError(f"kernel {kernel.name} is no stream of draws")
    if not PyArray_IS_C_CONTIGUOUS(array):
        return False
    operands[0], operands[1] = operand_of(array), operand_of(state)
    operands[0].ndim, operands[0].dims, operands[0].strides = 1, &size, &step
    kernel.pack(params, block)
    lock.acquire()
    try:
        iterate(kernel.loop_for(PyArray_TYPE(array)), operands, block)
    finally:
        lock.release()
    return True


def draw_for(Kernel kernel not None, ndarray array not None, ndarray result not None,
             ndarray state not None, lock, tuple params):
    """Fill a row-major array with draws that the elements of another one describe."""
    cdef Operand operands[MAX_OPERANDS]
    cdef char block[MAX_PARAM_BYTES]
    array, result = flat(array), flat(result)
    operands[0], operands[1], operands[2] = operand_of(array), operand_of(result), operand_of(state)
    kernel.pack(params, block)
    lock.acquire()
    try:
        iterate(kernel.loop_for(PyArray_TYPE(array)), operands, block)
    finally:
        lock.release()


def by_planes(Kernel kernel not None, tuple inputs not None, tuple sizes not None,
              tuple params=None):
    """Run a kernel that sees the last dimensions, as many as there are sizes, as one.

    Gives its outputs, in which these dimensions have the given sizes.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp dims[MAX_OPERANDS][MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef npy_intp shape[MAX_DIMS]
    cdef char block[MAX_PARAM_BYTES]
    cdef list arrays = [contiguous(array) for array in inputs]
    cdef ndarray array = arrays[0]
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(array))
    cdef int n_dims = <int>len(sizes), ndim = PyArray_NDIM(array), k, d
    for d in range(ndim):
        shape[d] = PyArray_DIMS(array)[d] if d < ndim - n_dims else sizes[d - ndim + n_dims]
    for k in range(kernel.n_operands):
        if k >= kernel.n_in:
            arrays.append(allocate(ndim, shape, loop.types[k]))
        array = arrays[k]
        if PyArray_TYPE(array) != loop.types[k]:
            raise TypeError(f"kernel {kernel.name}: operand {k} has dtype {array.dtype}")
        operands[k] = operand_of(array)
        join_packed(&operands[k], n_dims, dims[k], strides[k], PyArray_ITEMSIZE(array))
    kernel.pack(params, block)
    iterate(loop, operands, block)
    return arrays[-1] if kernel.n_operands == kernel.n_in + 1 else tuple(arrays[kernel.n_in:])


def by_places(Kernel kernel not None, tuple inputs not None, tuple shape not None,
              bytes params not None):
    """Run a kernel that sees all dimensions from the third one on as one.

    Gives its output, which has that shape; an input that is None has no elements. ``params`` are
    packed.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp dims[MAX_OPERANDS][MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef npy_intp sizes[MAX_DIMS]
    cdef char block[MAX_PARAM_BYTES]
    cdef npy_intp no_element = 0
    cdef list arrays = []
    cdef ndarray array
    cdef Loop* loop = kernel.loop_for(PyArray_TYPE(<ndarray?>inputs[0]))
    cdef int k, ndim = read_sizes(shape, sizes)
    for k in range(kernel.n_in + 1):
        if k == kernel.n_in:
            array = allocate(ndim, sizes, loop.types[k])
        elif inputs[k] is None:
            array = allocate(1, &no_element, loop.types[k])
        else:
            array = inputs[k]
            if not PyArray_IS_C_CONTIGUOUS(array) and PyArray_NDIM(array) > 2:
                array = join_last_dimensions(array, 2)
        if PyArray_TYPE(array) != loop.types[k]:
            raise TypeError(f"kernel {kernel.name}: operand {k} has dtype {array.dtype}")
        arrays.append(array)
        operands[k] = operand_of(array)
        if PyArray_NDIM(array) > 3:
            join_packed(&operands[k], PyArray_NDIM(array) - 2, dims[k], strides[k],
                        PyArray_ITEMSIZE(array))
    if len(params) != <Py_ssize_t>kernel.params_size:
        raise TypeError(f"kernel {kernel.name} takes {kernel.params_size} bytes of params")
    memcpy(block, PyBytes_AS_STRING(params), kernel.params_size)   # the kernel writes its status
    iterate(loop, operands, block)
    return arrays[kernel.n_in]


cdef int join_packed(Operand* operand, int n_dims, npy_intp* dims, npy_intp* strides,
                     npy_intp item_size) noexcept:
    """Let an operand that lies row-major have its last dimensions as one."""
    cdef int n_kept = operand.ndim - n_dims, k
    dims[n_kept], strides[n_kept] = 1, item_size
    for k in range(operand.ndim):
        if k < n_kept:
            dims[k], strides[k] = operand.dims[k], operand.strides[k]
        else:
            dims[n_kept] *= operand.dims[k]
    operand.ndim, operand.dims, operand.strides = n_kept + 1, dims, strides
    return 0


def along(Kernel kernel not None, *arguments):
    """Run a kernel of rows, such as ``(n)->(n)``, along one dimension of arrays of one shape.

    The arguments are the arrays and, last, the dimension. Halves are widened where the kernel has a
    loop for floats and none for them, and its result is rounded.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp dims[MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef ndarray first = arguments[0], array, result
    cdef Loop* loop
    if PyArray_TYPE(first) == NPY_FLOAT16 and kernel.loops[<int>NPY_FLOAT16].function == NULL:
        wide = [cast(array, NPY_FLOAT32) for array in arguments[:kernel.n_in]]
        return cast(along(kernel, *wide, arguments[kernel.n_in]), NPY_FLOAT16)
    loop = kernel.loop_for(PyArray_TYPE(first))
    result = allocate(PyArray_NDIM(first), PyArray_DIMS(first), loop.types[kernel.n_in])
    cdef int k, dim = arguments[kernel.n_in]
    cdef bint is_packed = PyArray_NDIM(first) > 0 and dim == PyArray_NDIM(first) - 1
    for k in range(kernel.n_operands):
        array = result if k == kernel.n_in else <ndarray?>arguments[k]
        is_packed = is_packed and PyArray_IS_C_CONTIGUOUS(array)
        operands[k] = operand_of(array)
    if is_packed:
        return along_rows(loop, operands, result)
    for k in range(kernel.n_operands):
        move_last(&operands[k], dim, dims, strides[k])
    iterate(loop, operands, NULL)
    return result


cdef ndarray along_rows(Loop* loop, Operand* operands, ndarray result):
    """The commonest case, packed rows, without the general iteration."""
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp dims[2]
    cdef npy_intp steps[2 * MAX_OPERANDS]
    cdef int k, n = (<Kernel>loop.kernel).n_operands
    dims[1] = PyArray_DIMS(result)[PyArray_NDIM(result) - 1]
    if PyArray_SIZE(result) == 0:
        return result
    dims[0] = PyArray_SIZE(result) // dims[1]
    for k in range(n):
        args[k], steps[n + k] = operands[k].data, ITEM_SIZES[loop.types[k]]
        steps[k] = dims[1] * steps[n + k]
    launch(loop, args, dims, steps, NULL, NULL)
    return result
