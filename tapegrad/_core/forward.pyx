"""From a call to the result: operands, promotion, the kernel, and whether a gradient is wanted."""

from cpython.dict cimport PyDict_GetItem
from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from numpy cimport (
    NPY_BOOL, NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, NPY_INT16, NPY_INT32, NPY_INT64, NPY_INT8,
    NPY_UINT8, PyArray_BYTES, PyArray_DIMS, PyArray_IS_C_CONTIGUOUS, PyArray_ITEMSIZE, PyArray_NDIM,
    PyArray_TYPE, import_array, ndarray, npy_intp,
)

from tapegrad._core.op cimport Op, register_execution
from tapegrad._core.promotion cimport common_type
from tapegrad._core.recording cimport record, record_single
from tapegrad._kernels.geometry cimport (
    MAX_DIMS, MAX_OPERANDS, N_TYPES, Operand, broadcast_shape, operand_of,
)
from tapegrad._kernels.iteration cimport cast, copy_into, elementwise, scalar_operand, store_number
from tapegrad._kernels.kernel cimport Kernel, Loop, Scalars, is_float, launch
from tapegrad._kernels.memory cimport allocate, check_overlap
from tapegrad._tensor.modes cimport default_float, is_recording
from tapegrad._tensor.tensor cimport (
    PLAIN_VIEW, VIEW_OF_MULTI_OUTPUT, Tensor, ViewKind, plain_number, register_apply, requires_grad,
    wrap, wrap_view,
)

import numpy as np

from tapegrad._types import kind_of

import_array()

cdef type NUMPY_SCALAR = np.generic

cdef extern from "Python.h":
    object PyObject_Vectorcall(object, PyObject* const*, size_t, PyObject*)

cdef enum:
    SMALL = 16384    # elements; below, no other thread runs while a kernel does


cdef object apply(Op op, PyObject** args, Py_ssize_t n):
    """Compute an op and, if a gradient is wanted, record it."""
    cdef Tensor out
    cdef ndarray result
    cdef Kernel kernel = op.kernel
    cdef int k
    if kernel is None:
        return apply_forward(op, args, n)
    if n != kernel.n_in:
        refuse_count(op, n)
    result = compute_alike(op, kernel_of(op, args), args, <int>n)
    if result is None:
        if op.prefers_kernel and not runs_kernel(op, args, n):
            return apply_forward(op, args, n)
        if not check_operands(op, args, n):
            return apply_to_numbers(op, args, n)
        result = compute(op, args, None)
    out = wrap(result)
    if op.n_edges > 0 and is_recording():
        for k in range(op.n_edges):
            if is_tensor(args[op.edge_param[k]]) \
                    and requires_grad(<Tensor>args[op.edge_param[k]]):
                if is_float(PyArray_TYPE(result)):
                    record_single(op, args, n, out)
                break
    return out


cdef bint runs_kernel(Op op, PyObject** args, Py_ssize_t n):
    """Whether an op computes by its kernel.

    One that has a forward function too does so for tensors of one dtype for which there is a loop,
    the last of which may be a number.
    """
    cdef Py_ssize_t k
    cdef int type_number
    if not op.prefers_kernel:
        return op.kernel is not None
    if n != op.kernel.n_in or not isinstance(<object>args[0], Tensor):
        return False
    type_number = PyArray_TYPE((<Tensor>args[0]).array)
    if type_number >= N_TYPES or op.kernel.loops[type_number].function == NULL:
        return False
    for k in range(1, n):
        if isinstance(<object>args[k], Tensor):
            if PyArray_TYPE((<Tensor>args[k]).array) != type_number:
                return False
        elif k < n - 1 or not is_plain_number(args[k]):
            return False
    return True


cdef inline bint is_tensor(PyObject* value) noexcept:
    """As isinstance, which is slow for what is none: for numbers, above all."""
    return type(<object>value) is Tensor or \
        not is_plain_number(value) and isinstance(<object>value, Tensor)


cdef inline bint is_plain_number(PyObject* value) noexcept:
    return PyFloat_CheckExact(<object>value) or PyLong_CheckExact(<object>value)


cdef inline Kernel kernel_of(Op op, PyObject** args):
    """The op's kernel, or the one that it has for the number among its operands."""
    cdef PyObject* found
    if op.kernels_by_number is None or not is_plain_number(args[op.kernel.n_in - 1]):
        return op.kernel
    found = PyDict_GetItem(op.kernels_by_number, <object>args[op.kernel.n_in - 1])
    return op.kernel if found == NULL else <Kernel>found


cdef int refuse_count(Op op, Py_ssize_t n) except -1:
    cdef Py_ssize_t n_in = op.kernel.n_in
    if n < n_in:
        missing = ", ".join([f'"{name}"' for name in op.params[n:n_in]])
        raise TypeError(f"{op.name}() missing {n_in - n} required positional arguments: {missing}")
    raise TypeError(f"{op.name}() takes {n_in} positional argument{'s' * (n_in > 1)} but {n} were "
                    "given")


cdef ndarray compute_alike(Op op, Kernel kernel, PyObject** args, int n):
    """The most common case at once: tensors of one dtype and shape without gaps, and no cast.

    One operand may be a number where the tensors hold floats. Gives None where anything is out of
    the ordinary; then the general way decides.
    """
    cdef ndarray result
    cdef PyObject* first = NULL         # borrowed, as the arguments are
    cdef PyObject* other
    cdef Loop* loop
    cdef Scalars scalars
    cdef char* pointers[MAX_OPERANDS]
    cdef npy_intp steps[MAX_OPERANDS]
    cdef npy_intp count = 1
    cdef int k, d, number = -1, type_number = 0, ndim = 0
    for k in range(n):
        if not is_tensor(args[k]):
            if number >= 0 or k < op.n_tensors or not is_plain_number(args[k]):
                return None
            number = k
            continue
        other = <PyObject*>(<Tensor>args[k]).array
        if not PyArray_IS_C_CONTIGUOUS(<ndarray>other):
            return None
        if first == NULL:
            first = other
            type_number, ndim = PyArray_TYPE(<ndarray>other), PyArray_NDIM(<ndarray>other)
            for d in range(ndim):
                count *= PyArray_DIMS(<ndarray>other)[d]
        elif PyArray_TYPE(<ndarray>other) != type_number or PyArray_NDIM(<ndarray>other) != ndim:
            return None
        else:
            for d in range(ndim):
                if PyArray_DIMS(<ndarray>other)[d] != PyArray_DIMS(<ndarray>first)[d]:
                    return None
        pointers[k], steps[k] = PyArray_BYTES(<ndarray>other), PyArray_ITEMSIZE(<ndarray>other)
    if first == NULL or count > SMALL or op.takes_mask:
        return None
    loop = &kernel.loops[type_number if type_number < N_TYPES else 0]
    if loop.function == NULL or loop.types[0] != type_number \
            or op.makes_float and not is_float(type_number):
        return None
    if number >= 0:
        if type_number != NPY_FLOAT32 and type_number != NPY_FLOAT64:
            return None
        store_number(&scalars.slot[0], type_number, <object>args[number])
        pointers[number], steps[number] = <char*>&scalars.slot[0], 0
    result = allocate(ndim, PyArray_DIMS(<ndarray>first), loop.types[n])
    pointers[n], steps[n] = PyArray_BYTES(result), PyArray_ITEMSIZE(result)
    launch(loop, pointers, &count, steps, NULL, &scalars if number >= 0 else NULL)
    return result


cdef bint check_operands(Op op, PyObject** args, Py_ssize_t n) except -1:
    """Refuse what is no operand; False where NumPy's scalars have to become numbers first."""
    cdef Py_ssize_t k
    cdef bint has_tensor = False, is_plain = True
    for k in range(n):
        arg = <object>args[k]
        if isinstance(arg, Tensor):
            has_tensor = True
        elif k < op.n_tensors:
            refuse_operand(op, args, k)
        elif isinstance(arg, NUMPY_SCALAR) and not isinstance(arg, float):
            is_plain = False
        elif not isinstance(arg, (float, int)):
            refuse_operand(op, args, k)
    if not has_tensor and not op.takes_numbers:
        refuse_operand(op, args, 0)
    return is_plain


cdef int refuse_operand(Op op, PyObject** args, Py_ssize_t k) except -1:
    raise TypeError(f"{op.name}(): argument '{op.params[k]}' (position {k + 1}) must be Tensor, "
                    f"not {kind_of(<object>args[k])}")


cdef object apply_to_numbers(Op op, PyObject** args, Py_ssize_t n):
    """Compute an op some of whose operands are NumPy's scalars."""
    cdef PyObject* stack[MAX_OPERANDS]
    cdef Py_ssize_t k
    plain = [<object>args[k] for k in range(n)]
    for k in range(n):
        plain[k] = plain_number(plain[k])
        stack[k] = <PyObject*>plain[k]
    return apply(op, stack, n)


cdef ndarray compute(Op op, PyObject** args, Tensor target):
    """Run an element-wise op's kernel; the result is new memory or, if given, the target's."""
    cdef int n = op.kernel.n_in, first = 1 if op.takes_mask else 0, k, type_number
    cdef Operand operands[MAX_OPERANDS]
    cdef Scalars scalars
    cdef PyObject* held[MAX_OPERANDS]
    cdef ndarray array, result, memory = None
    cdef Loop* loop
    cdef bint has_scalars = False, is_widened
    type_number = common_type(args + first, n - first)
    # PyTorch rounds the result, but not the number.
    is_widened = type_number == NPY_FLOAT16 and op.widens_half and has_number(args, n)
    if is_widened:
        type_number = NPY_FLOAT32
    if op.makes_float and not is_float(type_number):
        type_number = default_float()
    if op.kernel.loops[type_number].function == NULL:
        check_sizes(args, n, target)
        if target is not None:
            check_result_cast(type_number, PyArray_TYPE(target.array))
    loop = &kernel_of(op, args).loops[type_number]
    if loop.function == NULL:
        loop = op.kernel.loop_for(type_number)
    if target is not None and loop.types[n] == PyArray_TYPE(target.array):
        memory = target.array
    for k in range(n):
        held[k] = NULL
    try:
        for k in range(n):
            arg = <object>args[k]
            if isinstance(arg, Tensor):
                array = (<Tensor>arg).array
                if target is not None:
                    check_overlap(target.array, array)
                if PyArray_TYPE(array) != loop.types[k]:
                    array = cast(array, loop.types[k])
                Py_INCREF(array)
                held[k] = <PyObject*>array
                operands[k] = operand_of(array)
            else:
                scalar_operand(&operands[k], &scalars.slot[k], loop.types[k], arg)
                has_scalars = True
        result = elementwise(loop, operands, memory, &scalars if has_scalars else NULL, NULL)
    finally:
        for k in range(n):
            Py_XDECREF(held[k])
    if target is not None and memory is None:
        check_same_shape(target.array, result)
        check_result_cast(NPY_FLOAT16 if is_widened else loop.types[n], PyArray_TYPE(target.array))
        copy_into(target.array, result)
    return cast(result, NPY_FLOAT16) if is_widened and target is None else result


cdef bint has_number(PyObject** args, int n) noexcept:
    """Whether an operand beside float16 is a number, or a tensor of another dtype in its place."""
    cdef int k
    for k in range(n):
        if not is_tensor(args[k]) or PyArray_TYPE((<Tensor>args[k]).array) != NPY_FLOAT16:
            return True
    return False


cdef int check_sizes(PyObject** args, int n, Tensor target) except -1:
    """Refuse operands that do not broadcast, or not to the size of the tensor that is written.

    PyTorch does so before it looks for a kernel.
    """
    cdef Operand operands[MAX_OPERANDS]
    cdef int cores[MAX_OPERANDS]
    cdef npy_intp shape[MAX_DIMS]
    cdef int n_tensors = 0, k, ndim
    for k in range(n):
        if isinstance(<object>args[k], Tensor):
            operands[n_tensors] = operand_of((<Tensor>args[k]).array)
            cores[n_tensors] = 0
            n_tensors += 1
    ndim = broadcast_shape(n_tensors, operands, cores, shape)
    if target is not None:
        refuse_shape(target_shape(target.array), tuple([shape[k] for k in range(ndim)]))
    return 0


cdef int check_result_cast(int source, int target) except -1:
    """Refuse in-place results that the written tensor's dtype cannot hold."""
    if is_float(source) and not is_float(target) or target == NPY_BOOL and source != NPY_BOOL:
        names = {NPY_BOOL: "Bool", NPY_INT8: "Char", NPY_UINT8: "Byte", NPY_INT16: "Short",
                 NPY_INT32: "Int", NPY_INT64: "Long", NPY_FLOAT16: "Half", NPY_FLOAT32: "Float",
                 NPY_FLOAT64: "Double"}
        raise RuntimeError(f"result type {names[source]} can't be cast to the desired output type "
                           f"{names[target]}")
    return 0


cdef int check_same_shape(ndarray target, ndarray result) except -1:
    return refuse_shape(target_shape(target), target_shape(result))


cdef int refuse_shape(tuple target, tuple result) except -1:
    """Refuse to write what is larger than its target."""
    if len(target) < len(result) or np.broadcast_shapes(target, result) != target:
        raise RuntimeError(f"output with shape {list(target)} doesn't match the broadcast shape "
                           f"{list(result)}")
    return 0


cdef tuple target_shape(ndarray array):
    cdef int k
    return tuple([PyArray_DIMS(array)[k] for k in range(PyArray_NDIM(array))])


cdef object apply_forward(Op op, PyObject** args, Py_ssize_t n):
    """Compute an op whose forward is a function on arrays."""
    cdef object result = run_forward(op, args, n)
    cdef Py_ssize_t k, n_params = op.n_params
    cdef PyObject* all_args[32]
    cdef bint recording
    cdef list outputs
    cdef Tensor out
    for k in range(n_params):
        all_args[k] = args[k] if k < n else \
            <PyObject*>(<object>op.defaults[k - n_params + len(op.defaults)])
    recording = op.n_edges > 0 and is_recording() and any_requires_grad(op, all_args, n_params)
    if not op.has_many_outputs:
        out = wrap_result(op, args, <ndarray?>result, PLAIN_VIEW)
        if recording and is_float(PyArray_TYPE(out.array)):
            record_single(op, all_args, n_params, out)
        return out
    outputs = [wrap_result(op, args, array, VIEW_OF_MULTI_OUTPUT) for array in result]
    if recording:
        record(op, all_args, n_params, outputs)
    return tuple(outputs)


def composite(function not None):
    """A forward function on arrays made from one on tensors, of ops that are already there."""

    def forward(*args):
        cdef list given = [wrap(<ndarray>one) if isinstance(one, ndarray) else one for one in args]
        return (<Tensor?>function(*given)).array

    return forward


cdef object run_forward(Op op, PyObject** args, Py_ssize_t n):
    """Call the forward function with arrays in the place of tensors."""
    cdef PyObject* stack[32]
    cdef Py_ssize_t k, n_params = op.n_params, n_required = n_params - len(op.defaults)
    cdef list arrays = None
    if not n_required <= n <= n_params:
        if n < n_required:
            missing = ", ".join(f'"{name}"' for name in op.params[n:n_required])
            raise TypeError(f"{op.name}() missing {n_required - n} required positional arguments: "
                            f"{missing}")
        raise TypeError(f"{op.name}() takes {n_params} positional arguments but {n} were given")
    for k in range(n_params):
        if k >= n:
            stack[k] = <PyObject*>(<object>op.defaults[k - n_required])
            continue
        arg = <object>args[k]
        if isinstance(arg, Tensor):
            stack[k] = <PyObject*>(<Tensor>arg).array
            if k >= n_required and PyArray_NDIM((<Tensor>arg).array) == 0:
                check_stands_for_number(op, k, <Tensor>arg)
        elif k == 0 and op.takes_sequence:
            arrays = [(<Tensor?>one).array for one in arg]
            stack[k] = <PyObject*>arrays
        elif k == 0 and not op.takes_sequence:
            raise TypeError(f"{op.name}(): argument '{op.params[0]}' (position 1) must be Tensor, "
                            f"not {kind_of(arg)}")
        else:
            stack[k] = args[k]
    return PyObject_Vectorcall(op.forward, stack, n_params, NULL)


cdef int check_stands_for_number(Op op, Py_ssize_t position, Tensor value) except -1:
    """Refuse a tensor in the place of an optional number if its gradient would be lost."""
    cdef int e
    if op.n_edges == 0 or not requires_grad(value):
        return 0
    for e in range(op.n_edges):
        if op.edge_param[e] == position:
            return 0
    raise TypeError(f"{op.name}(): argument '{op.params[position]}' (position {position + 1}) must "
                    "be Number, not Tensor")


cdef Tensor wrap_result(Op op, PyObject** args, ndarray array, ViewKind kind):
    if op.is_view:
        return wrap_view(<Tensor>args[0], array, kind)
    return wrap(array)


cdef bint any_requires_grad(Op op, PyObject** args, Py_ssize_t n):
    cdef int e
    cdef object arg
    if op.takes_sequence:
        for one in <object>args[0]:
            if requires_grad(<Tensor>one):
                return True
        return False
    for e in range(op.n_edges):
        if op.edge_param[e] < n:
            arg = <object>args[op.edge_param[e]]
            if isinstance(arg, Tensor) and requires_grad(<Tensor>arg):
                return True
    return False


cdef object run(object op, PyObject** args, Py_ssize_t n):
    return apply(<Op>op, args, n)


cdef object call_any(object op, PyObject** args, Py_ssize_t n):
    """What Python's operators run: an op, or a function that chooses one."""
    if isinstance(op, Op):
        return apply(<Op>op, args, n)
    return PyObject_Vectorcall(op, args, n, NULL)


register_execution(run, NULL)
register_apply(call_any)
