"""The commonest tensors of a shape, compiled: a frame of Python would cost more than they do."""

cimport cython
from numpy cimport ndarray

from tapegrad._kernels.iteration cimport fill
from tapegrad._tensor.tensor cimport Tensor
from tapegrad.ops._arguments cimport finished, new_memory

import numpy as np

from tapegrad._types import bool as bool_dtype
from tapegrad._types import int64, preserve_format
from tapegrad.ops.memory_formats import check_format, empty_in

cdef type NUMPY_SCALAR = np.generic


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def empty(*sizes, size=None, dtype=None, layout=None, device=None, requires_grad=False,
          pin_memory=False, memory_format=None) -> Tensor:
    """Uninitialised memory of a shape; ``memory_format`` orders its dimensions."""
    cdef ndarray array = new_memory("empty", sizes, size, dtype, device)
    if memory_format is not None:
        check_format("empty", memory_format)
        if memory_format is preserve_format:
            raise RuntimeError("unsupported memory format Preserve")
        array = empty_in((<object>array).shape, array.dtype, memory_format)
    return finished(array, requires_grad)


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def zeros(*sizes, size=None, dtype=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """Zeros of a shape."""
    return finished(fill(new_memory("zeros", sizes, size, dtype, device), 0), requires_grad)


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def ones(*sizes, size=None, dtype=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """Ones of a shape."""
    return finished(fill(new_memory("ones", sizes, size, dtype, device), 1), requires_grad)


cdef object REQUIRED = object()


@cython.annotation_typing(False)
@cython.embedsignature(False)
@cython.binding(True)
def full(size=REQUIRED, fill_value=REQUIRED, *, dtype=None, layout=None, device=None,
         requires_grad=False) -> Tensor:
    """A shape filled with one number; the dtype is that of the number unless given."""
    if size is REQUIRED or fill_value is REQUIRED:
        refuse_missing("full", {"size": size, "fill_value": fill_value})
    if not isinstance(size, (tuple, list)):
        raise TypeError("full(): argument 'size' (position 1) must be tuple of ints, not "
                        f"{type(size).__name__}")
    if isinstance(fill_value, Tensor):
        dtype = dtype or fill_value.dtype
    fill_value = fill_value_of("full", fill_value)
    if dtype is None and not isinstance(fill_value, float):
        dtype = bool_dtype if isinstance(fill_value, bool) else int64
    return finished(fill(new_memory("full", (), size, dtype, device), fill_value), requires_grad)


cdef int refuse_missing(str function, dict arguments) except -1:
    """Report arguments that were left out, in PyTorch's words."""
    missing = [f'"{name}"' for name, value in arguments.items() if value is REQUIRED]
    noun = "arguments" if len(missing) == 1 else "argument"
    raise TypeError(f"{function}() missing {len(missing)} required positional {noun}: "
                    f"{', '.join(missing)}")


def is_plain(value):
    """Whether it is a tensor that may stand for a number: it has no gradient to lose."""
    return isinstance(value, Tensor) and value.ndim == 0 and not value.requires_grad


cpdef object fill_value_of(str function, value):
    """The number to fill with; that of a tensor without dimensions, too."""
    if isinstance(value, NUMPY_SCALAR) or is_plain(value):
        value = value.item()
    if not isinstance(value, (int, float)):
        raise TypeError(f"{function}(): argument 'fill_value' (position 2) must be Number, not "
                        f"{type(value).__name__}")
    return value
