"""Tensors of draws, compiled: a frame of Python would cost more than a few numbers do."""

cimport cython
from numpy cimport PyArray_SIZE, PyArray_TYPE, ndarray

from tapegrad._kernels.arrays cimport draw
from tapegrad._kernels.kernel cimport is_float
from tapegrad._tensor.tensor cimport Tensor
from tapegrad.ops._arguments cimport finished, new_memory

from tapegrad._kernels import OURS, TYPE_NAMES
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.generators import default_generator

# What PyTorch calls the kernels when it refuses a dtype.
cdef dict REFUSING = {"uniform": "check_uniform_bounds", "normal": "normal_kernel_cpu"}


cpdef bint takes_dtype(str kernel, ndarray array) except -1:
    """Whether an array's dtype can be drawn; else nothing has to be, or it is refused.

    Normal numbers may be none in any dtype: PyTorch looks at it once there is one to draw.
    """
    if is_float(PyArray_TYPE(array)) or kernel not in REFUSING:
        return True
    if PyArray_SIZE(array) == 0 and kernel == "normal":
        return False
    raise NotImplementedError(
        f"\"{REFUSING[kernel]}\" not implemented for '{TYPE_NAMES[PyArray_TYPE(array)]}'")


cpdef Tensor drawn(str kernel, ndarray array, tuple params, generator, requires_grad):
    """A new tensor of draws into its memory."""
    if takes_dtype(kernel, array):
        generator = generator or default_generator
        if not draw(OURS[kernel], array, generator._state, generator._lock, params):
            generator.draw(kernel, array, params)
    return finished(array, requires_grad)


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def rand(*sizes, size=None, generator=None, dtype=None, layout=None, device=None,
         requires_grad=False, pin_memory=False) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    return drawn("uniform", new_memory("rand", sizes, size, dtype, device), (0.0, 1.0), generator,
                 requires_grad)


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def randn(*sizes, size=None, generator=None, dtype=None, layout=None, device=None,
          requires_grad=False, pin_memory=False) -> Tensor:
    """Numbers drawn from the normal distribution with mean 0 and deviation 1."""
    return drawn("normal", new_memory("randn", sizes, size, dtype, device), (0.0, 1.0), generator,
                 requires_grad)


def simple_range(tuple args):
    """The range and the shape of ``randint(low, high, shape)`` in int64, where both are plain.

    The range is its least number, how many there are and whether one needs two draws of 32 bits.
    """
    cdef Py_ssize_t n = len(args)
    if n < 2 or n > 3 or type(args[n - 1]) is not tuple:
        return None
    low, high = args[0] if n == 3 else 0, args[n - 2]
    if type(low) is not int or type(high) is not int or not -LARGE <= low < high <= LARGE:
        return None
    return (low, high - low, high - low >= 2**28), sizes_of("randint", (), args[n - 1])


cdef object LARGE = 2**62
