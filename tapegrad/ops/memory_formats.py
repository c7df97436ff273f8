"""Memory formats: in which order the dimensions of images and volumes lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor


def check_format(function: str, given: Any) -> None:
    """Refuse what is no memory format, in PyTorch's words."""
    if not isinstance(given, _types.memory_format):
        raise TypeError(
            f"{function}(): argument 'memory_format' must be torch.memory_format, not "
            f"{_types.kind_of(given)}"
        )


def order_in(n_dims: int, memory_format: _types.memory_format) -> tuple[int, ...]:
    """The dimensions in a format's order, the last one densest.

    Raises RuntimeError for a number of dimensions that the format does not have.
    """
    order = memory_format.order
    if order is None:
        return tuple(range(n_dims))
    if n_dims != len(order):
        raise RuntimeError(
            f"required rank {len(order)} tensor to use {memory_format.name} format"
        )
    return order


def inverse_of(order: Sequence[int]) -> list[int]:
    """The order that undoes a transposition: where each dimension stands in ``order``."""
    return sorted(range(len(order)), key=order.__getitem__)


def empty_in(
    shape: Sequence[int], dtype: np.dtype, memory_format: _types.memory_format
) -> np.ndarray:
    """Uninitialised memory with its dimensions in a format's order."""
    order = order_in(len(shape), memory_format)
    if memory_format.order is None:
        return kernels.empty(shape, dtype)
    return kernels.empty([shape[dim] for dim in order], dtype).transpose(inverse_of(order))


def copy_in(
    input: np.ndarray, dtype: np.dtype, memory_format: _types.memory_format
) -> np.ndarray:
    """A copy in a dtype with its dimensions in a format's order."""
    copied = empty_in(input.shape, dtype, memory_format)
    kernels.copy_array(copied, input)
    return copied


def suggested_format(x: Tensor) -> _types.memory_format:
    """The format whose order a tensor's strides have: that of channels last, else row-major."""
    for format in (_types.channels_last, _types.channels_last_3d):
        if format.order is not None and len(format.order) == x.ndim and _follows(x, format.order):
            return format
    return _types.contiguous_format


def _follows(x: Tensor, order: tuple[int, ...]) -> bool:
    """Whether strides grow from the last dimension of an order to the first.

    Strides that fit the row-major order as well, such as those of one pixel, do not count.
    """
    shape, strides = x.shape, x.stride()
    if strides[1] == 0:
        return False
    least = 0
    for dim in reversed(order):
        if shape[dim] == 0 or strides[dim] < least or (dim == 0 and least == strides[1]):
            return False
        least = strides[dim] * max(shape[dim], 1)
    return True


__all__ = ["check_format", "copy_in", "empty_in", "inverse_of", "order_in", "suggested_format"]
