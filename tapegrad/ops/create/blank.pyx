"""The commonest tensors of a shape, compiled: a frame of Python would cost more than they do."""

cimport cython
from numpy cimport ndarray

from tapegrad._kernels.iteration cimport fill
from tapegrad.ops._arguments cimport finished, new_memory

from tapegrad._types import preserve_format
from tapegrad.ops.memory_formats import check_format, empty_in


@cython.embedsignature(False)
def empty(*sizes, size=None, dtype=None, layout=None, device=None, requires_grad=False,
          pin_memory=False, memory_format=None):
    """Uninitialised memory of a shape; ``memory_format`` orders its dimensions."""
    cdef ndarray array = new_memory("empty", sizes, size, dtype, device)
    if memory_format is not None:
        check_format("empty", memory_format)
        if memory_format is preserve_format:
            raise RuntimeError("unsupported memory format Preserve")
        array = empty_in((<object>array).shape, array.dtype, memory_format)
    return finished(array, requires_grad)


@cython.embedsignature(False)
def zeros(*sizes, size=None, dtype=None, layout=None, device=None, requires_grad=False):
    """Zeros of a shape."""
    return finished(fill(new_memory("zeros", sizes, size, dtype, device), 0), requires_grad)


@cython.embedsignature(False)
def ones(*sizes, size=None, dtype=None, layout=None, device=None, requires_grad=False):
    """Ones of a shape."""
    return finished(fill(new_memory("ones", sizes, size, dtype, device), 1), requires_grad)
