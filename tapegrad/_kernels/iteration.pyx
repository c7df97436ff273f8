"""Running a loop over arrays of any shape and layout, with as few launches as they allow.

Element-wise loops broadcast; kernels with core dimensions walk over all others. An operand may be a
Python number, stored in the dtype that the loop reads.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy, memset
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT16, NPY_INT32, NPY_INT64, NPY_INT8,
    NPY_UINT8, PyArray_BYTES, PyArray_DescrFromType, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS,
    PyArray_NDIM, PyArray_SIZE, PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, broadcast_shape, broadcast_strides, memory_order,
    merge_dimensions, operand_of,
)
from tapegrad._kernels.kernel cimport (
    Kernel, Loop, MAX_CORE_DIMS, Scalars, goes_by_planes, launch, launch_planes,
    launches_are_recorded, register_iteration,
)
from tapegrad._kernels.memory cimport (
    allocate, allocate_ordered, bytes_of, memory_meets, note_values_read, same_elements,
)

import numpy as np

from tapegrad._kernels.kernel import OURS, TYPE_NAMES

import_array()

cdef list CASTS = [None] * N_TYPES


cdef int register_cast(str type_name) except -1:
    """Make the kernel that casts to a dtype known, and to it the one that does so box by box."""
    cdef Kernel kernel = OURS["cast_to_" + type_name], boxes = OURS["cast_boxes_to_" + type_name]
    cdef int k
    CASTS[np.dtype(type_name).num] = kernel
    for k in range(N_TYPES):
        kernel.loops[k].boxes = &boxes.loops[k]
    return 0


for _name in OURS:
    if _name.startswith("cast_to_"):
        register_cast(_name[len("cast_to_"):])

cdef npy_intp ITEM_SIZES[N_TYPES]
for _number in range(N_TYPES):
    ITEM_SIZES[_number] = 0
for _number in TYPE_NAMES:
    ITEM_SIZES[_number] = PyArray_DescrFromType(_number).itemsize


cdef int run(Loop* loop, Operand* operands, int ndim, npy_intp* shape,
             npy_intp[MAX_OPERANDS][MAX_DIMS] strides, void* params, Scalars* scalars) except -1:
    """Launch a loop for every index of the outer shape, as few times as the layout allows."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef int n = kernel.n_operands, k, position, n_steps
    cdef int order[MAX_DIMS]
    cdef npy_intp index[MAX_DIMS]
    cdef npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    cdef npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]
    cdef char* args[MAX_OPERANDS]
    cdef char* handed[MAX_OPERANDS]     # a copy: NumPy's matmul moves the pointers it is given
    for k in range(ndim):
        if shape[k] == 0:
            return 0
    if ndim > 1:
        order_by_outputs(kernel, ndim, shape, strides, order)
        ndim = merge_dimensions(ndim, shape, n, strides, order)
    if ndim > 1 and loop.boxes != NULL:
        return run_boxes(loop.boxes, operands, ndim, shape, strides)
    n_steps = n
    if ndim > 1 and goes_by_planes(loop, shape[ndim - 1]):
        for k in range(n):
            args[k] = operands[k].data
        return launch_planes(loop, args, ndim, shape, strides, params)
    for k in range(n):
        args[k] = operands[k].data
        steps[k] = strides[k][ndim - 1] if ndim else 0
        for position in range(kernel.core_ndim[k]):
            dims[1 + kernel.core_letter[k][position]] = \
                operands[k].dims[operands[k].ndim - kernel.core_ndim[k] + position]
            steps[n_steps] = operands[k].strides[operands[k].ndim - kernel.core_ndim[k] + position]
            n_steps += 1
    dims[0] = shape[ndim - 1] if ndim else 1
    for k in range(ndim - 1):
        index[k] = 0
    while True:
        memcpy(handed, args, n * sizeof(char*))
        launch(loop, handed, dims, steps, params, scalars)
        position = ndim - 2
        while position >= 0:
            index[position] += 1
            for k in range(n):
                args[k] += strides[k][position]
            if index[position] < shape[position]:
                break
            for k in range(n):
                args[k] -= strides[k][position] * shape[position]
            index[position] = 0
            position -= 1
        if position < 0:
            return 0


cdef int run_boxes(Loop* loop, Operand* operands, int ndim, npy_intp* shape,
                   npy_intp[MAX_OPERANDS][MAX_DIMS] strides) except -1:
    """Launch a cast for the last dimensions at once: up to three, and one that threads share."""
    cdef int n_inner = min(ndim - 1, MAX_CORE_DIMS), k, d, position
    cdef npy_intp dims[MAX_CORE_DIMS]
    cdef npy_intp steps[2][MAX_CORE_DIMS]
    cdef Operand boxes[2]
    for d in range(MAX_CORE_DIMS):
        position = ndim - MAX_CORE_DIMS + d
        dims[d] = shape[position] if d >= MAX_CORE_DIMS - n_inner else 1
        for k in range(2):
            steps[k][d] = strides[k][position] if d >= MAX_CORE_DIMS - n_inner else 0
    for k in range(2):
        boxes[k].data, boxes[k].ndim, boxes[k].dims = operands[k].data, MAX_CORE_DIMS, dims
        boxes[k].strides = steps[k]
    return run(loop, boxes, ndim - n_inner, shape, strides, NULL, NULL)


cdef int order_by_outputs(Kernel kernel, int ndim, const npy_intp* shape,
                          npy_intp[MAX_OPERANDS][MAX_DIMS] strides, int* order) noexcept:
    """The order in which to walk: along the outputs' memory first, then along the inputs'."""
    cdef npy_intp ranked[MAX_OPERANDS][MAX_DIMS]
    cdef int n = kernel.n_operands, k, d, source
    for k in range(n):
        source = (k + kernel.n_in) % n
        for d in range(ndim):
            ranked[k][d] = strides[source][d] if strides[source][d] >= 0 else -strides[source][d]
    return memory_order(ndim, shape, n, ranked, order)


cdef int iterate(Loop* loop, Operand* operands, void* params) except -1:
    """Run a loop over operands with core dimensions, outputs given; checks that all sizes agree."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef npy_intp shape[MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef npy_intp sizes[MAX_OPERANDS * MAX_CORE_DIMS]
    cdef int ndim, k, position, letter
    cdef npy_intp size
    for letter in range(kernel.n_core):
        sizes[letter] = -1
    for k in range(kernel.n_operands):
        if operands[k].ndim < kernel.core_ndim[k]:
            raise ValueError(f"kernel {kernel.name}: operand {k} needs {kernel.core_ndim[k]} dims")
        for position in range(kernel.core_ndim[k]):
            letter = kernel.core_letter[k][position]
            size = operands[k].dims[operands[k].ndim - kernel.core_ndim[k] + position]
            if sizes[letter] not in (-1, size):
                raise ValueError(f"kernel {kernel.name}: operand {k} has {size}, expected "
                                 f"{sizes[letter]} in core dimension {position}")
            sizes[letter] = size
    for k in range(kernel.n_operands):
        if operands[k].ndim != kernel.core_ndim[k]:
            break
    else:
        return run(loop, operands, 0, shape, strides, params, NULL)
    ndim = broadcast_shape(kernel.n_operands, operands, kernel.core_ndim, shape)
    for k in range(kernel.n_in, kernel.n_operands):
        # An output without outer dimensions is one that every iteration adds to.
        for position in range(operands[k].ndim - kernel.core_ndim[k]):
            if operands[k].dims[position] != shape[position]:
                raise ValueError(
                    f"kernel {kernel.name}: output {k} does not have the inputs' shape")
    for k in range(kernel.n_operands):
        broadcast_strides(&operands[k], kernel.core_ndim[k], ndim, shape, strides[k])
    return run(loop, operands, ndim, shape, strides, params, NULL)


register_iteration(iterate)


cdef inline bint walks_flat(Operand* operand, int ndim, const npy_intp* dims, npy_intp itemsize) \
        noexcept:
    """Whether the operand has exactly these dimensions and lies row-major without gaps."""
    cdef npy_intp step = itemsize
    cdef int k
    if operand.ndim != ndim:
        return False
    for k in range(ndim - 1, -1, -1):
        if operand.dims[k] != dims[k] or operand.strides[k] != step:
            return False
        step *= dims[k]
    return True


cdef ndarray elementwise(Loop* loop, Operand* operands, ndarray out, Scalars* scalars,
                         void* params):
    """Run an element-wise loop with broadcasting into ``out``, or into new memory."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef int n_in = kernel.n_in, k, model = 0
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp steps[MAX_OPERANDS]
    cdef npy_intp count = 1
    cdef Operand* shaped
    for k in range(1, n_in):
        if operands[k].ndim > operands[model].ndim:
            model = k
    shaped = &operands[model]
    for k in range(n_in):
        args[k] = operands[k].data
        if operands[k].ndim == 0:
            steps[k] = 0
            continue
        steps[k] = ITEM_SIZES[loop.types[k]]
        if not walks_flat(&operands[k], shaped.ndim, shaped.dims, steps[k]):
            return broadcast_elementwise(loop, operands, out, scalars, params)
    if out is None:
        out = allocate(shaped.ndim, shaped.dims, loop.types[n_in])
    elif not PyArray_IS_C_CONTIGUOUS(out) or not walks_flat(
            shaped, PyArray_NDIM(out), PyArray_DIMS(out), ITEM_SIZES[loop.types[model]]):
        return broadcast_elementwise(loop, operands, out, scalars, params)
    for k in range(shaped.ndim):
        count *= shaped.dims[k]
    args[n_in] = PyArray_BYTES(out)
    steps[n_in] = ITEM_SIZES[loop.types[n_in]]
    launch(loop, args, &count, steps, params, scalars)
    return out


cdef ndarray broadcast_elementwise(Loop* loop, Operand* operands, ndarray out, Scalars* scalars,
                                   void* params):
    """The general case: any layout, broadcast; new memory keeps the inputs' order of dimensions."""
    cdef Kernel kernel = <Kernel>loop.kernel
    cdef int n_in = kernel.n_in, ndim, k
    cdef npy_intp shape[MAX_DIMS]
    cdef npy_intp strides[MAX_OPERANDS][MAX_DIMS]
    cdef int order[MAX_DIMS]
    ndim = broadcast_shape(n_in, operands, kernel.core_ndim, shape)
    for k in range(n_in):
        broadcast_strides(&operands[k], 0, ndim, shape, strides[k])
    if out is None:
        memory_order(ndim, shape, n_in, strides, order)
        out = allocate_ordered(ndim, shape, order, loop.types[n_in])
    operands[n_in] = operand_of(out)
    if operands[n_in].ndim < ndim:
        raise_output_shape(out, ndim, shape)
    for k in range(operands[n_in].ndim):
        if k >= operands[n_in].ndim - ndim and \
                shape[k - operands[n_in].ndim + ndim] not in (1, operands[n_in].dims[k]):
            raise_output_shape(out, ndim, shape)
    ndim = operands[n_in].ndim
    for k in range(ndim):
        shape[k] = operands[n_in].dims[k]
    for k in range(n_in + 1):
        broadcast_strides(&operands[k], 0, ndim, shape, strides[k])
    run(loop, operands, ndim, shape, strides, params, scalars)
    return out


cdef int raise_output_shape(ndarray out, int ndim, const npy_intp* shape) except -1:
    wanted = [shape[k] for k in range(ndim)]
    raise RuntimeError(
        f"output with shape {[PyArray_DIMS(out)[k] for k in range(PyArray_NDIM(out))]} "
        f"doesn't match the broadcast shape {wanted}")


cdef ndarray cast(ndarray array, int type_number):
    """The array in another dtype, in new memory."""
    cdef Operand operands[2]
    operands[0] = operand_of(array)
    return elementwise((<Kernel>CASTS[type_number]).loop_for(PyArray_TYPE(array)), operands, None,
                       NULL, NULL)


cdef int copy_into(ndarray target, ndarray source) except -1:
    """Write the source's values, broadcast and cast, into the target; any overlap is right."""
    cdef Operand operands[2]
    if memory_meets(target, source):
        if same_elements(target, source):
            return 0
        source = cast(source, PyArray_TYPE(source))
    operands[0] = operand_of(source)
    elementwise((<Kernel>CASTS[PyArray_TYPE(target)]).loop_for(PyArray_TYPE(source)), operands,
                target, NULL, NULL)
    return 0


cpdef ndarray fill(ndarray array, object value):
    """Set every element to a number: Python's, or the one element of an array."""
    if type(value) is int and value == 0 and PyArray_IS_C_CONTIGUOUS(array) \
            and PyArray_SIZE(array) < SMALL and not launches_are_recorded():
        memset(PyArray_BYTES(array), 0, bytes_of(array))
        return array
    if not isinstance(value, (float, int)):
        note_values_read()
        value = value.item()
    refuse_overflow(value, PyArray_TYPE(array))
    return set_all(array, value)


cdef enum:
    SMALL = 16384    # elements; more are set by threads, without the GIL


def element(value, int type_number):
    """A number as an array without dimensions: as `fill`, but too large for float16 is infinity."""
    if not isinstance(value, (float, int)):
        note_values_read()
        value = value.item()
    refuse_overflow(value, NPY_FLOAT64 if type_number == NPY_FLOAT16 else type_number)
    return set_all(allocate(0, NULL, type_number), value)


cdef ndarray set_all(ndarray array, object value):
    cdef Operand operands[2]
    cdef Scalars scalars
    cdef int source = NPY_FLOAT64 if isinstance(value, float) or value >= 2**63 else NPY_INT64
    scalar_operand(&operands[0], &scalars.slot[0], source, value)
    elementwise((<Kernel>CASTS[PyArray_TYPE(array)]).loop_for(source), operands, array, &scalars,
                NULL)
    return array


cdef int scalar_operand(Operand* operand, double* slot, int type_number, object value) except -1:
    """An operand that is a Python number, stored in the dtype that the loop reads."""
    store_number(slot, type_number, value)
    operand.data, operand.ndim = <char*>slot, 0
    operand.dims = operand.strides = NULL
    return 0


cdef int store_number(void* slot, int type_number, object value) except -1:
    """Write a Python number as an element of the given dtype."""
    if type_number == NPY_FLOAT32:
        (<float*>slot)[0] = as_double(value)
    elif type_number == NPY_FLOAT64:
        (<double*>slot)[0] = as_double(value)
    elif type_number == NPY_FLOAT16:
        with np.errstate(over="ignore"):        # it is infinity then
            (<uint16_t*>slot)[0] = np.float16(as_double(value)).view(np.uint16)
    elif type_number == NPY_BOOL:
        (<uint8_t*>slot)[0] = bool(value)
    else:
        if isinstance(value, float):
            refuse_overflow(value, type_number)
        store_integer(slot, type_number, int(value))
    return 0


cdef inline double as_double(object value) except? -1:
    """The value of a number, quickly for what most are; whole ones must fit 64 bits."""
    cdef int overflow = 0
    cdef double whole
    if PyFloat_CheckExact(value):
        return PyFloat_AS_DOUBLE(value)
    if not PyLong_CheckExact(value):
        return value
    whole = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow == 0:
        return whole
    refuse_size(value)
    return value


cdef int refuse_size(object value) except -1:
    """Refuse a whole number that has more than 64 bits, or that is below those with a sign."""
    if not -2**63 <= value < 2**64:
        raise OverflowError("int too big to convert" if value > 0 else
                            "can't convert negative int to unsigned")
    return 0


cdef int store_integer(void* slot, int type_number, object value) except -1:
    """Write a whole number; one that the dtype cannot hold wraps, as PyTorch's operands do."""
    cdef int64_t number
    refuse_size(value)
    number = <int64_t><uint64_t>(value & 0xFFFFFFFFFFFFFFFF)
    if type_number == NPY_INT64:
        (<int64_t*>slot)[0] = number
    elif type_number == NPY_INT32:
        (<int32_t*>slot)[0] = <int32_t>number
    elif type_number == NPY_INT16:
        (<int16_t*>slot)[0] = <int16_t>number
    else:
        (<int8_t*>slot)[0] = <int8_t>number
    return 0


cdef dict LIMITS = {
    NPY_UINT8: (0, 255, "uint8_t"), NPY_INT8: (-128, 127, "int8_t"),
    NPY_INT16: (-2**15, 2**15 - 1, "int16_t"), NPY_INT32: (-2**31, 2**31 - 1, "int"),
    NPY_INT64: (-2**63, 2**63 - 1, "int64_t"), NPY_FLOAT16: (-65504, 65504, "c10::Half"),
    NPY_FLOAT32: (-3.4028234663852886e38, 3.4028234663852886e38, "float"),
}


cpdef object refuse_overflow(object value, int type_number):
    """Refuse a Python number that an element of the dtype cannot hold, with PyTorch's text."""
    if type_number == NPY_FLOAT64 and PyFloat_CheckExact(value) or \
            type_number == NPY_FLOAT32 and PyFloat_CheckExact(value) and -1e38 < value < 1e38:
        return None             # most numbers, at once
    if isinstance(value, int):
        refuse_size(value)
    if type_number not in LIMITS:
        return None
    lowest, highest, name = LIMITS[type_number]
    is_special = isinstance(value, float) and value - value != 0
    if is_special and type_number in (NPY_FLOAT16, NPY_FLOAT32):
        return None
    if type_number == NPY_UINT8 and isinstance(value, int):
        lowest = -255       # PyTorch lets whole numbers wrap
    if is_special or not lowest <= value <= highest:
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return None
