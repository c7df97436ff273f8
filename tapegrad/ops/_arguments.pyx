"""What nearly every function asks of its arguments: compiled, for it costs each call a frame."""

from libc.float cimport DBL_MAX, FLT_MAX
from numpy cimport (
    NPY_FLOAT16, NPY_FLOAT32, NPY_FLOAT64, PyArray_DIMS, PyArray_NDIM, PyArray_SIZE, PyArray_TYPE,
    PyTypeNum_ISFLOAT, import_array, ndarray, npy_intp,
)

from tapegrad._kernels.geometry cimport MAX_DIMS
from tapegrad._kernels.memory cimport allocate, type_number_of
from tapegrad._kernels.views cimport read_sizes
from tapegrad._tensor.modes cimport default_float
from tapegrad._tensor.tensor cimport Tensor, wrap

import numpy as np

from tapegrad._kernels import TYPE_NAMES, empty_like
from tapegrad._tensor.modes import get_default_dtype, is_grad_enabled
from tapegrad._types import ALL_DTYPES, DEFAULT_DEVICES, as_dtype, device, dtype, kind_of
from tapegrad.ops._dims import sizes_of

import_array()

cdef frozenset HELD = frozenset(ALL_DTYPES)     # others are there by name only


cpdef int check_tensor(str function, str name, value, int position=1) except -1:
    """Refuse an argument that is no tensor, in PyTorch's words."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{function}(): argument '{name}' (position {position}) must be Tensor, "
                        f"not {kind_of(value)}")
    return 0


def check_tensors(str function, **arguments):
    """Refuse arguments, given in the order of their positions, that are no tensors."""
    cdef int position = 0
    for name, value in arguments.items():
        position += 1
        check_tensor(function, name, value, position)


def have_dtype_of(Tensor first not None, *others):
    """Whether all tensors, None aside, have the dtype of the first; what is no tensor has not."""
    cdef int number = PyArray_TYPE(first.array)
    for other in others:
        if other is not None and (
                not isinstance(other, Tensor) or PyArray_TYPE((<Tensor>other).array) != number):
            return False
    return True


def are_vectors(Py_ssize_t n, *given):
    """Whether all, None aside, are tensors of one dimension with that many elements."""
    cdef ndarray array
    for one in given:
        if one is None:
            continue
        if not isinstance(one, Tensor):
            return False
        array = (<Tensor>one).array
        if PyArray_NDIM(array) != 1 or PyArray_SIZE(array) != n:
            return False
    return True


cpdef bint are_matrices(a, b=None):
    """Whether one or two values are batches of matrices in one dtype that LAPACK has.

    A function that takes no other asks this first, and what is wrong only if the answer is no.
    """
    return is_batch(a) and (b is None or is_batch(b) and PyArray_TYPE((<Tensor>b).array)
                            == PyArray_TYPE((<Tensor>a).array))


cdef bint is_batch(value) noexcept:
    return isinstance(value, Tensor) and PyArray_NDIM((<Tensor>value).array) >= 2 \
        and PyArray_TYPE((<Tensor>value).array) in (NPY_FLOAT32, NPY_FLOAT64)


cpdef bint are_square(value):
    """Whether a value is a batch of square matrices in a dtype that LAPACK has."""
    return is_batch(value) and size_at((<Tensor>value).array, -1) == size_at(
        (<Tensor>value).array, -2)


cpdef bint form_equation(a, b, bint left=True):
    """Whether ``a @ x = b``, or ``x @ a = b``, is an equation of square batches of one shape."""
    cdef ndarray matrix, sides
    cdef int k, ndim
    if not are_square(a) or not are_matrices(a, b):
        return False
    matrix, sides = (<Tensor>a).array, (<Tensor>b).array
    ndim = PyArray_NDIM(matrix)
    if PyArray_NDIM(sides) != ndim or size_at(sides, -2 if left else -1) != size_at(matrix, -1):
        return False
    for k in range(ndim - 2):
        if PyArray_DIMS(sides)[k] != PyArray_DIMS(matrix)[k]:
            return False
    return True


cdef npy_intp size_at(ndarray array, int place) noexcept:
    """A size counted from the last."""
    return PyArray_DIMS(array)[PyArray_NDIM(array) + place]


cpdef int check_device(value) except -1:
    """Refuse a device other than the CPU for a new tensor; None stands for the default device."""
    if value is None:
        value = DEFAULT_DEVICES[-1]
    elif type(value) is str and value == "cpu":
        return 0
    elif type(value) is not device:
        value = device(value)
    if value.type != "cpu":
        refuse_device(value.type)
    return 0


cdef int refuse_device(str kind) except -1:
    if kind == "cuda":
        raise AssertionError(NO_CUDA)
    if kind == "xpu":
        raise AssertionError(NO_XPU)
    if kind == "mps":
        raise RuntimeError("PyTorch is not linked with support for mps devices")
    raise RuntimeError(f"tapegrad has no device '{kind}': tensors live on the CPU")


NO_CUDA = "Torch not compiled with CUDA enabled"
NO_XPU = "Torch not compiled with XPU enabled"


cpdef object dtype_or(value, str function, otherwise=None):
    """The dtype that an argument names, or another one for None: the default unless it is given."""
    if value is None:
        return get_default_dtype() if otherwise is None else otherwise
    return value if type(value) is dtype and value in HELD else as_dtype(value, function)


cpdef ndarray new_memory(str function, tuple args, keyword, kind, where):
    """Uninitialised memory for what a constructor is asked for: its sizes, as given, and dtype."""
    cdef npy_intp dims[MAX_DIMS]
    cdef int ndim, k
    check_device(where)
    cdef tuple shape = sizes_of(function, args, keyword)
    ndim = read_sizes(shape, dims)
    for k in range(ndim):
        if dims[k] < 0:
            refuse_negative(function, shape)
    return allocate(ndim, dims, default_float() if kind is None
                    else type_number_of(dtype_or(kind, function).numpy))


cdef int refuse_negative(str function, tuple shape) except -1:
    raise RuntimeError(
        f"{function}: Dimension size must be non-negative." if function == "zeros"
        else f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")


def memory_like(str function, input, kind, where):
    """Uninitialised memory like a tensor's, for what a constructor is asked for."""
    check_tensor(function, "input", input)
    check_device(where)
    return empty_like((<Tensor>input).array,
                      None if kind is None else dtype_or(kind, function).numpy)


cpdef Tensor finished(ndarray array, requires_grad):
    """What a constructor returns: a leaf over new memory."""
    if requires_grad is False or requires_grad is None:
        return wrap(array)
    if requires_grad is not True:
        raise TypeError(f"requires_grad must be bool, not {kind_of(requires_grad)}")
    if not PyTypeNum_ISFLOAT(PyArray_TYPE(array)):
        raise RuntimeError(
            "Only Tensors of floating point and complex dtype can require gradients")
    return wrap(array).requires_grad_()


def refuse_integers(str kernel, ndarray input not None):
    """Raise PyTorch's error of a kernel that has no loop but for floating-point dtypes."""
    if not PyTypeNum_ISFLOAT(PyArray_TYPE(input)):
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{TYPE_NAMES[input.dtype.num]}'")


def refuse_half(str kernel, ndarray input not None):
    """Raise PyTorch's error of a kernel that has a loop for wider floating-point dtypes alone."""
    if PyArray_TYPE(input) == NPY_FLOAT16:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Half'")


def float_of(str function, str name, value, int position):
    """A number, for which a tensor without dimensions and gradient may stand."""
    if type(value) is float:
        return value
    if not isinstance(value, (Tensor, int, float, np.number, np.bool_)) \
            or isinstance(value, Tensor) and (value.ndim or value.requires_grad):
        raise TypeError(f"{function}(): argument '{name}' (position {position}) must be float, "
                        f"not {kind_of(value)}")
    return float(value)


def are_plain_bounds(Tensor input not None, low, high):
    """Whether one or two numbers bound elements of float32 or float64, which holds them as such."""
    cdef int number = PyArray_TYPE(input.array)
    return (number == NPY_FLOAT32 or number == NPY_FLOAT64) and is_plain_bound(number, low) \
        and is_plain_bound(number, high) and (low is not None or high is not None)


cdef bint is_plain_bound(int number, value):
    cdef double most = FLT_MAX if number == NPY_FLOAT32 else DBL_MAX
    if type(value) is float:
        return -most <= <double>value <= most
    return value is None or type(value) is int and -2**53 <= value <= 2**53


def check_number(value):
    """Refuse a whole number of more than 64 bits, which PyTorch cannot keep."""
    if isinstance(value, int) and not -2**63 <= value < 2**64:
        raise OverflowError("int too big to convert" if value > 0 else
                            "can't convert negative int to unsigned")


def converted(Tensor input not None, kind):
    """A tensor in the dtype that an operation computes in; refused if its gradient is lost so."""
    result = input.to(kind)
    refuse_untaped(result, input)
    return result


def refuse_untaped(Tensor input not None, Tensor source not None):
    """Raise PyTorch's error of a gradient that would have to pass elements without one."""
    if source.requires_grad and is_grad_enabled() and not input.is_floating_point():
        name = TYPE_NAMES[PyArray_TYPE(input.array)]
        raise RuntimeError(f"Autograd not support dtype: {name}")
