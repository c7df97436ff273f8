"""Tensors of a shape: uninitialised, or filled with one number."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import (
    check_device,
    dtype_or,
    finished,
    memory_like,
    new_memory,
)
from tapegrad.ops._declare import method, takes_out, takes_tensors
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.create import blank
from tapegrad.ops.create.blank import fill_value_of, is_plain
from tapegrad.ops.memory_formats import check_format, empty_in, inverse_of

empty, zeros, ones = map(takes_out("factory"), (blank.empty, blank.zeros, blank.ones))
full = takes_out("factory")(blank.full)


@takes_tensors
def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """A tensor without dimensions that holds one number, in the default dtype unless given."""
    check_device(device)
    dtype = dtype_or(dtype, "scalar_tensor")
    if is_plain(s):
        s = s.item()
    if not isinstance(s, (int, float)):
        kind = type(s).__name__
        raise TypeError(f"scalar_tensor(): argument 's' (position 1) must be Number, not {kind}")
    return finished(kernels.element(s, dtype.numpy.num), requires_grad)


@takes_tensors
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False,
                  pin_memory=False) -> Tensor:  # fmt: skip
    """Uninitialised memory seen with given sizes and strides, in elements.

    Raises RuntimeError where the two differ in length or a stride is negative.
    """
    check_device(device)
    size = sizes_of("empty_strided", (size,), (), "size")
    stride = sizes_of("empty_strided", (stride,), (), "stride")
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides "
            f"({len(stride)})"
        )
    if size and (min(size) < 0 or min(stride) < 0):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    reach = 0 if 0 in size else 1 + sum([(n - 1) * k for n, k in zip(size, stride, strict=True)])
    dtype = dtype_or(dtype, "empty_strided")
    flat = kernels.empty((reach,), dtype.numpy)
    return finished(kernels.strided(flat, size, stride, 0), requires_grad)


@method()
def new_empty_strided(self: Tensor, size, stride, dtype=None, layout=None, device=None,
                      pin_memory=False, requires_grad=False) -> Tensor:  # fmt: skip
    """Uninitialised memory seen with given sizes and strides, in this tensor's dtype."""
    return empty_strided(
        size, stride, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad
    )


@takes_tensors
def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None,
                   requires_grad=False, pin_memory=False) -> Tensor:  # fmt: skip
    """Uninitialised memory in which dimensions lie in the order ``physical_layout``, slowest first.
    """
    size = sizes_of("empty_permuted", (size,), (), "size")
    order = sizes_of("empty_permuted", (physical_layout,), (), "physical_layout")
    if len(order) != len(size):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(size)} is not equal to len(physical_layout) = {len(order)}"
        )
    for position, dim in enumerate(order):
        if not 0 <= dim < len(size):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got "
                f"{dim} at index {position}).  NB: negative dims not currently supported; file an "
                "issue if you want it."
            )
        if dim in order[:position]:
            raise RuntimeError("Duplicate dim not allowed")
    check_device(device)
    dtype = dtype_or(dtype, "empty_permuted")
    array = kernels.empty([size[dim] for dim in order], dtype.numpy)
    return finished(array.transpose(inverse_of(order)), requires_grad)


def like_array(name: str, input: Tensor, dtype, device, memory_format=None) -> np.ndarray:
    """Uninitialised memory like a tensor's, for the function of a name."""
    array = memory_like(name, input, dtype, device)
    if memory_format is None or memory_format is _types.preserve_format:
        return array
    check_format(name, memory_format)
    return empty_in(array.shape, array.dtype, memory_format)


@takes_tensors
def empty_like(input: Tensor, *, dtype=None, layout=None, device=None, requires_grad=False,
               memory_format=None) -> Tensor:  # fmt: skip
    """Uninitialised memory of another tensor's shape and dtype."""
    return finished(like_array("empty_like", input, dtype, device, memory_format), requires_grad)


@takes_tensors
def zeros_like(input: Tensor, *, dtype=None, layout=None, device=None, requires_grad=False,
               memory_format=None) -> Tensor:  # fmt: skip
    """Zeros of another tensor's shape and dtype."""
    array = kernels.fill(like_array("zeros_like", input, dtype, device, memory_format), 0)
    return finished(array, requires_grad)


@takes_tensors
def ones_like(input: Tensor, *, dtype=None, layout=None, device=None, requires_grad=False,
              memory_format=None) -> Tensor:  # fmt: skip
    """Ones of another tensor's shape and dtype."""
    array = kernels.fill(like_array("ones_like", input, dtype, device, memory_format), 1)
    return finished(array, requires_grad)


@takes_tensors
def full_like(input: Tensor, fill_value, *, dtype=None, layout=None, device=None,
              requires_grad=False, memory_format=None) -> Tensor:  # fmt: skip
    """One number in another tensor's shape and dtype."""
    array = like_array("full_like", input, dtype, device, memory_format)
    kernels.fill(array, fill_value_of("full_like", fill_value))
    return finished(array, requires_grad)


@method()
def new_zeros(self: Tensor, *size, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Zeros of a shape, in this tensor's dtype."""
    array = kernels.fill(new_memory("new_zeros", size, None, dtype or self.dtype, device), 0)
    return finished(array, requires_grad)


@method()
def new_ones(self: Tensor, *size, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Ones of a shape, in this tensor's dtype."""
    array = kernels.fill(new_memory("new_ones", size, None, dtype or self.dtype, device), 1)
    return finished(array, requires_grad)


@method()
def new_empty(self: Tensor, *size, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Uninitialised memory of a shape, in this tensor's dtype."""
    array = new_memory("new_empty", size, None, dtype or self.dtype, device)
    return finished(array, requires_grad)


@method()
def new_full(
    self: Tensor, size, fill_value, dtype=None, device=None, requires_grad=False
) -> Tensor:
    """One number in a shape, in this tensor's dtype."""
    return full(size, fill_value, dtype=dtype or self.dtype, device=device,
                requires_grad=requires_grad)


@takes_out("factory")
def eye(n, m=..., *, dtype=None, layout=None, device=None,
        requires_grad=False) -> Tensor:  # fmt: skip
    """A matrix with ones on its diagonal and zeros elsewhere."""
    if not (type(n) is int and n >= 0 and m is ...):
        _check_eye(n, n if m is ... else m)
    array = kernels.fill(new_memory("eye", (n, n if m is ... else m), None, dtype, device), 0)
    kernels.fill(kernels.diagonal(array, 0, 0, 1), 1)
    return finished(array, requires_grad)


def _check_eye(n, m) -> None:
    for position, (name, size) in enumerate((("n", n), ("m", m)), 1):
        if isinstance(size, bool) or not hasattr(size, "__index__"):
            kind = type(size).__name__
            raise TypeError(
                f"eye(): argument '{name}' (position {position}) must be int, not {kind}"
            )
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")


__all__ = [
    "empty", "empty_like", "empty_permuted", "empty_strided", "eye", "full", "full_like", "ones",
    "ones_like", "scalar_tensor", "zeros", "zeros_like",
]  # fmt: skip
