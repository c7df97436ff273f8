"""Elements read and written by their numbers in row-major order."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import pick_numbers, place_numbers
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops.index.lines import refuse_shared, writing_ops


def _no_element(index: int, dim: int, count: int) -> Exception:
    return IndexError(
        f"out of range: tried to access index {index} on a tensor of {count} elements."
    )


def _take(input: np.ndarray, index: np.ndarray) -> np.ndarray:
    return pick_numbers(input, index, _no_element)


def _take_backward(values: np.ndarray, shape: tuple, index: np.ndarray) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    place_numbers("place_add", result, index, values, _no_element)
    return result


def _put(input, index, source, accumulate):
    """Values written or added at numbered elements."""
    place_numbers("place_add" if accumulate else "place", input, index, source, _no_element)


take_op = op(
    "take",
    forward=_take,
    input=lambda g, input_shape, index: take_backward(g, input_shape, index),
    doc="The elements with given numbers.",
)
take_backward = op(
    "take_backward",
    forward=_take_backward,
    values=lambda g, index: take_op(g, index),
    doc="Zeros with values added at numbered elements.",
)


def _put_slope(g: Tensor, index: Tensor, accumulate: bool) -> Tensor:
    return g if accumulate else g.put(index, g.new_zeros(index.shape))


_put_op, _put_inplace = writing_ops(
    "put", _put, "PutBackward0", True,
    input=lambda g, index, accumulate: _put_slope(g, index, accumulate),
    source=lambda g, source_shape, index: take_op(g, index).reshape(source_shape),
)  # fmt: skip


@takes_out(
    "take(): self and out expected to have the same dtype, but got self.dtype = {result} and "
    "out.dtype = {out}",
    may_overlap=False,
)
@method()
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements numbered ``index`` as if the tensor were one row. Shape: that of the index.

    Raises IndexError for a number out of range.
    """
    if index.dtype.name != "int64":
        kind = kernels.TYPE_NAMES[index.dtype.numpy.num]
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {kind}")
    if input.numel() == 0 and index.numel() != 0:
        raise IndexError("take(): tried to take from an empty tensor")
    return take_op(input, index)


def _check_put(self: Tensor, index: Tensor, source: Tensor) -> None:
    if index.dtype.name != "int64":
        kind = kernels.TYPE_NAMES[index.dtype.numpy.num]
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {kind}")
    if source.dtype is not self.dtype:
        names = [kernels.TYPE_NAMES[one.dtype.numpy.num] for one in (self, source)]
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{names[0]} and source.dtype = {names[1]}"
        )
    if source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel()}, index.numel() = {index.numel()}"
        )
    if self.numel() == 0 and index.numel():
        raise IndexError("put_(): Tried to put elements into an empty tensor")


@method()
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with values written, or added, at the elements numbered ``index``."""
    _check_put(input, index, source)
    return _put_op(input, index, source, bool(accumulate))


@method()
def put_(self: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """In-place form of :func:`put`."""
    _check_put(self, index, source)
    refuse_shared(self, source, index)
    return _put_inplace(self, index, source, bool(accumulate))


__all__ = ["put", "take"]
