"""Copies: to another dtype, to new memory, into existing memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_device, check_tensor
from tapegrad.ops._declare import attach, method, op, takes_tensors
from tapegrad.ops._dims import common_shape
from tapegrad.ops.memory_formats import check_format, copy_in, suggested_format

clone_op = op(
    "clone", forward=kernels.copied, params=("input",), input="g", doc="A copy in new memory."
)
to_copy = op(
    "to_copy",
    forward=lambda input, dtype: kernels.cast_array(input, dtype.numpy),
    input="g",
    doc="A copy in another dtype; its gradient comes back in the dtype of the input.",
)
contiguous_op = op(
    "contiguous",
    forward=kernels.contiguous,
    params=("input",),
    grad_name="CloneBackward0",
    input="g",
    doc="A row-major copy.",
)
row_major_op = op(
    "row_major",
    forward=kernels.row_major,
    params=("input",),
    grad_name="CloneBackward0",
    input="g",
    doc="A row-major copy, also of what is row-major.",
)
_clone_in = op(
    "clone_in",
    forward=lambda input, memory_format: copy_in(input, input.dtype, memory_format),
    grad_name="CloneBackward0",
    input="g",
    doc="A copy with its dimensions in a memory format's order.",
)
_to_copy_in = op(
    "to_copy_in",
    forward=lambda input, dtype, memory_format: copy_in(input, dtype.numpy, memory_format),
    grad_name="ToCopyBackward0",
    input="g",
    doc="A copy in a dtype with its dimensions in a memory format's order.",
)


def _zeros_like(g: Tensor) -> Tensor:
    return Tensor._wrap(kernels.fill(kernels.empty_like(g._array), 0))


copy_op = op(
    "copy_",
    forward=kernels.overwrite,
    params=("target", "source"),
    grad_name="CopyBackwards",
    writes=True,
    overwrites=True,
    target=lambda g: _zeros_like(g),
    source="g",
    doc="Overwrite a tensor with another's values, broadcast and cast.",
)
fill_op = op(
    "fill_",
    forward=kernels.fill,
    params=("input", "value"),
    grad_name="FillBackward2",
    writes=True,
    overwrites=True,
    input=lambda g: _zeros_like(g),
    doc="Set every element to a number.",
)
zero_op = op(
    "zero_",
    forward=lambda input: kernels.fill(input, 0),
    grad_name="ZeroBackward0",
    writes=True,
    overwrites=True,
    input=lambda g: _zeros_like(g),
    doc="Set every element to zero.",
)
fill_tensor_op = op(
    "fill_tensor_",
    forward=lambda input, value: _filled_with(input, value),
    grad_name="FillBackward3",
    writes=True,
    overwrites=True,
    input=lambda g: _zeros_like(g),
    value=lambda g: g.sum(),
    doc="Set every element to the value of a 0-d tensor, or to a number that stands for one.",
)


def _filled_with(target: np.ndarray, value) -> None:
    if isinstance(value, np.ndarray):
        kernels.copy_array(target, value)
    else:
        kernels.fill(target, value)


def _fill(input: np.ndarray, value) -> np.ndarray:
    return kernels.fill(kernels.empty_like(input), value)


def _fill_with_tensor(input: np.ndarray, value: np.ndarray) -> np.ndarray:
    result = kernels.empty_like(input)
    kernels.copy_array(result, value)
    return result


fill_copy_op = op(
    "fill",
    forward=_fill,
    input=lambda g: _zeros_like(g),
    doc="A copy with every element set to a number.",
)
fill_tensor_copy_op = op(
    "fill_tensor",
    forward=_fill_with_tensor,
    grad_name="FillBackward1",
    input=lambda g: _zeros_like(g),
    value=lambda g: g.sum(),
    doc="A copy with every element set to the value of a 0-d tensor.",
)
copy_inplace, fill_inplace, zero_inplace = map(InplaceOp, (copy_op, fill_op, zero_op))
fill_tensor_inplace = InplaceOp(fill_tensor_op)
attach("zero_", zero_inplace)


@method()
def copy_(self: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """Overwrite this tensor with the values of another, or with a number, broadcast and cast.

    Returns the tensor.
    """
    if isinstance(other, (int, float)):
        other = Tensor._wrap(np.asarray(other, self.dtype.numpy))
    check_tensor("copy_", "other", other)
    if not other.ndim:
        kernels.check_written(self._array, [other._array])
    return copy_inplace(self, other)


def check_written_shape(target: Tensor | np.ndarray, source: Tensor | np.ndarray) -> None:
    """Refuse to write what would have to be broadcast to a larger shape than the target's."""
    shape = target.shape
    if shape == source.shape:
        return
    broadcast = common_shape(shape, source.shape)
    if broadcast != shape:
        raise RuntimeError(
            f"output with shape {list(shape)} doesn't match the broadcast shape {list(broadcast)}"
        )


@method()
def fill_(self: Tensor, value) -> Tensor:
    """Set every element to a number or to the value of a 0-d tensor; returns the tensor."""
    if not isinstance(value, Tensor):
        return fill_inplace(self, value)
    _check_filler(value)
    return fill_tensor_inplace(self, value)


def _check_filler(value: Tensor) -> None:
    if value.ndim > 0:
        raise RuntimeError(
            "fill_ only supports 0-dimension value tensor but got tensor with "
            f"{value.ndim} dimensions."
        )


@takes_tensors
def fill(input: Tensor, value) -> Tensor:
    """A tensor like the given one with every element set to a number or a 0-d tensor's value."""
    if not isinstance(value, Tensor):
        if isinstance(value, np.ndarray):
            raise TypeError("fill() takes a number or a tensor")
        return fill_copy_op(input, value)
    _check_filler(value)
    return fill_tensor_copy_op(input, value)


@method()
def clone(input: Tensor, *, memory_format=_types.preserve_format) -> Tensor:
    """A copy in new memory, with gradient; ``memory_format`` may order its dimensions."""
    if memory_format is None or memory_format is _types.preserve_format:
        return clone_op(input)
    if memory_format is _types.contiguous_format:
        return row_major_op(input)
    check_format("clone", memory_format)
    return _clone_in(input, memory_format)


@method()
def contiguous(input: Tensor, memory_format=_types.contiguous_format) -> Tensor:
    """The tensor itself where it lies without gaps in a format's order, else such a copy.

    The order is row-major unless given. Raises RuntimeError for a number of dimensions that the
    format does not have.
    """
    if memory_format is _types.contiguous_format:
        return input if input.is_contiguous() else contiguous_op(input)
    check_format("contiguous", memory_format)
    if input.is_contiguous(memory_format=memory_format):
        return input
    if memory_format is _types.preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return _clone_in(input, memory_format)


@method()
def to(input: Tensor, *args, dtype=None, device=None, other=None, non_blocking=False,
       copy=False, memory_format=None) -> Tensor:  # fmt: skip
    """The tensor in another dtype, or as another tensor's: itself if nothing changes.

    ``to(dtype)``, ``to(device, dtype)``, ``to(other)``; ``copy=True`` always copies, and a
    ``memory_format`` where the strides are not in its order.
    """
    if args and (args[0] is None or isinstance(args[0], (str, int, _types.device))):
        if isinstance(args[0], int) and len(args) > 1 and isinstance(args[1], bool):
            args = (_types.int64, *args[1:])    # which stands for a tensor, since no dtype follows
        else:
            device, args = args[0], args[1:]
    if device is not None:
        check_device(device)
    if args:
        dtype = args[0]
        if len(args) > 1:
            for flag in args[1:]:
                if not isinstance(flag, bool):
                    raise TypeError("to() takes two flags after what to convert to")
            copy = copy or True in args[2:]
        if isinstance(dtype, float):   # which stands for a tensor
            dtype = _types.float64
        elif isinstance(dtype, Tensor):
            dtype = dtype.dtype
    target = _types.as_dtype(dtype if other is None else other.dtype, "to")
    if target is input.dtype:
        target = None
    if memory_format is not None and memory_format is not _types.preserve_format:
        check_format("to", memory_format)
        if copy or target is not None or suggested_format(input) is not memory_format:
            return _to_copy_in(input, target or input.dtype, memory_format)
        return input
    if target is not None:
        return to_copy(input, target)
    return clone_op(input) if copy else input


def in_dtype(input: Tensor, dtype: _types.dtype) -> Tensor:
    """The tensor in another dtype, or itself: what ``to(dtype)`` comes to."""
    return input if input.dtype is dtype else to_copy(input, dtype)


@method()
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in another one's dtype."""
    return to(input, other.dtype)


def _converter(name: str, dtype: _types.dtype):
    def convert(input: Tensor, *, memory_format=_types.preserve_format) -> Tensor:
        if memory_format is _types.preserve_format:
            return input if input.dtype is dtype else to_copy(input, dtype)
        check_format(name, memory_format)
        return to(input, dtype, memory_format=memory_format)

    convert.__name__ = name
    convert.__doc__ = f"The tensor as {dtype}: itself if it is one."
    return convert


for _name, _dtype in {
    "float": _types.float32, "double": _types.float64, "half": _types.float16,
    "long": _types.int64, "int": _types.int32, "short": _types.int16, "char": _types.int8,
    "byte": _types.uint8, "bool": _types.bool, "bfloat16": _types.bfloat16,
    "chalf": _types.chalf, "cfloat": _types.cfloat, "cdouble": _types.cdouble,
}.items():  # fmt: skip
    attach(_name, _converter(_name, _dtype))

__all__ = ["clone", "fill"]
