"""The larger, the smaller, and what lies between bounds."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp, result_type_number
from tapegrad._kernels import OURS, TYPE_NAMES, Kernel
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import are_plain_bounds
from tapegrad.ops._declare import attach, method, op, public, takes_out
from tapegrad.ops._out import c_name
from tapegrad.ops.convert import check_written_shape
from tapegrad.ops.pointwise.selection import where_op
from tapegrad.ops.promotion import can_cast
from tapegrad.ops.tensor_types import type_name


def _share(g, a, b, loses):
    """None of a gradient where this side loses, half where both are equal; all of it for NaN."""
    return where_op(a == b, g * 0.5, where_op(loses, 0.0, g))


_MAXIMUM = Kernel.from_ufunc(np.maximum, ours=OURS["maximum"])
_MINIMUM = Kernel.from_ufunc(np.minimum, ours=OURS["minimum"])

maximum = op(
    "maximum", kernel=_MAXIMUM, method=True, n_tensors=2,
    input=lambda g, input, other: _share(g, input, other, input < other),
    other=lambda g, input, other: _share(g, input, other, other < input),
    doc="The larger of two elements; NaN if either is. Equal ones share the gradient.",
)  # fmt: skip
minimum = op(
    "minimum", kernel=_MINIMUM, method=True, n_tensors=2,
    input=lambda g, input, other: _share(g, input, other, input > other),
    other=lambda g, input, other: _share(g, input, other, other > input),
    doc="The smaller of two elements; NaN if either is. Equal ones share the gradient.",
)  # fmt: skip
fmax = op(
    "fmax", kernel=np.fmax, method=True, n_tensors=2,
    input=lambda g, input, other: where_op((input >= other) | (other != other), g, 0.0),
    other=lambda g, input, other: where_op((input >= other) | (other != other), 0.0, g),
    doc="The larger of two elements; the other one where one is NaN.",
)  # fmt: skip
fmin = op(
    "fmin", kernel=np.fmin, method=True, n_tensors=2,
    input=lambda g, input, other: where_op((input <= other) | (other != other), g, 0.0),
    other=lambda g, input, other: where_op((input <= other) | (other != other), 0.0, g),
    doc="The smaller of two elements; the other one where one is NaN.",
)  # fmt: skip

clamp_op = op(
    "clamp", kernel=OURS["clamp"], params=("input", "low", "high"), grad_name="ClampBackward1",
    input=lambda g, input, low, high: where_op((input >= low) & (input <= high), g, 0.0),
    doc="Each element, at least ``low`` and at most ``high``.",
)  # fmt: skip
clamp_tensor_op = op(
    "clamp_tensor", kernel=OURS["clamp"], params=("input", "low", "high"),
    grad_name="ClampBackward0",
    input=lambda g, input, low, high: where_op((input >= low) & (input <= high), g, 0.0),
    low=lambda g, input, low, high: where_op((input < low) & (low < high), g, 0.0),
    high=lambda g, input, low, high: where_op((input > high) | (high < low), g, 0.0),
    doc="Each element within bounds that are tensors.",
)  # fmt: skip
clamp_min_op = op(
    "clamp_min", kernel=_MAXIMUM, params=("input", "min"), n_tensors=1,
    input=lambda g, input, min: where_op(input >= min, g, 0.0),
    doc="Each element, at least a number.",
)  # fmt: skip
clamp_max_op = op(
    "clamp_max", kernel=_MINIMUM, params=("input", "max"), n_tensors=1,
    input=lambda g, input, max: where_op(input <= max, g, 0.0),
    doc="Each element, at most a number.",
)  # fmt: skip
clamp_min_tensor_op = op(
    "clamp_min_tensor", kernel=_MAXIMUM, params=("input", "min"), n_tensors=1,
    grad_name="ClampMinBackward1",
    input=lambda g, input, min: where_op(input >= min, g, 0.0),
    min=lambda g, input, min: where_op(input < min, g, 0.0),
    doc="Each element, at least a tensor's.",
)  # fmt: skip
clamp_max_tensor_op = op(
    "clamp_max_tensor", kernel=_MINIMUM, params=("input", "max"), n_tensors=1,
    grad_name="ClampMaxBackward1",
    input=lambda g, input, max: where_op(input <= max, g, 0.0),
    max=lambda g, input, max: where_op(input > max, g, 0.0),
    doc="Each element, at most a tensor's.",
)  # fmt: skip
_clamp_inplace, _clamp_tensor_inplace = InplaceOp(clamp_op), InplaceOp(clamp_tensor_op)
_clamp_min_inplace, _clamp_max_inplace = InplaceOp(clamp_min_op), InplaceOp(clamp_max_op)
_clamp_min_tensor_inplace = InplaceOp(clamp_min_tensor_op)
_clamp_max_tensor_inplace = InplaceOp(clamp_max_tensor_op)


@cache
def _limits(dtype: _types.dtype) -> tuple:
    if dtype.is_floating_point:
        return -math.inf, math.inf
    if dtype is _types.bool:
        return False, True
    info = np.iinfo(dtype.numpy)
    return int(info.min), int(info.max)


def _bounds(input: Tensor, min, max) -> tuple:
    """Both bounds and the dtype in which they meet the tensor; a missing one is the dtype's own."""
    if min is None:
        if max is None:
            raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
        dtype = _types.BY_NUMPY_NUMBER[result_type_number(input, max)]
        return _limits(dtype)[0], max, dtype
    if max is None:
        dtype = _types.BY_NUMPY_NUMBER[result_type_number(input, min)]
        return min, _limits(dtype)[1], dtype
    return min, max, _types.BY_NUMPY_NUMBER[result_type_number(input, min, max)]


def _check_kinds(input: Tensor, min, max) -> bool:
    """Whether the bounds are tensors, which either all or none of them are; else numbers."""
    kind: Any = Tensor if isinstance(min, Tensor) or isinstance(max, Tensor) else _NUMBERS
    if (min is None or isinstance(min, kind)) and (max is None or isinstance(max, kind)):
        return kind is Tensor
    raise TypeError("clamp() takes two tensors or two numbers as bounds")


_NUMBERS = (int, float)


def _check_numbers(dtype: _types.dtype, *bounds) -> None:
    """Refuse bounds that are numbers and that the dtype cannot hold."""
    for bound in bounds:
        if bound is not None and not isinstance(bound, Tensor):
            kernels.refuse_overflow(bound, dtype.numpy.num)


def _check_cast(dtype: _types.dtype, name: str, written: Tensor) -> None:
    if dtype is not written.dtype and not can_cast(dtype, written.dtype):
        raise RuntimeError(
            f"result type {TYPE_NAMES[dtype.numpy.num]} can't be cast to the desired output type "
            f"{name}"
        )


def _check_operand(function: str, input: Tensor, bound, *, is_written: bool = False) -> None:
    """Refuse one bound that is a number for the dtype in which it meets the tensor."""
    dtype = _types.BY_NUMPY_NUMBER[result_type_number(input, bound)]
    if is_written:
        _check_cast(dtype, c_name(input.dtype), input)
    if dtype is _types.bool:
        raise NotImplementedError(f"\"{function}_scalar_cpu\" not implemented for 'Bool'")
    kernels.refuse_overflow(bound, dtype.numpy.num)


def _clamp_bools(input: Tensor, min, max) -> Tensor:
    """Bounds of truth values: one tensor is taken, and nothing else."""
    if max is None and isinstance(min, Tensor):
        return clamp_min_tensor_op(input, min)
    if min is None and isinstance(max, Tensor):
        return clamp_max_tensor_op(input, max)
    kernel = "clamp_cpu" if isinstance(min, Tensor) else "clamp_scalar_cpu"
    raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


@takes_out("same")
@method()
def clamp(input: Tensor, min=None, max=None) -> Tensor:
    """Each element, at least ``min`` and at most ``max``: both numbers, both tensors, or one None.

    Raises RuntimeError where both are None.
    """
    if are_plain_bounds(input, min, max):
        return clamp_op(input, -math.inf if min is None else min, math.inf if max is None else max)
    has_tensors = _check_kinds(input, min, max)
    low, high, dtype = _bounds(input, min, max)
    if not has_tensors and (min is None or max is None):
        given = ("clamp_max", max) if min is None else ("clamp_min", min)
        _check_operand(given[0], input, given[1])
    _check_numbers(dtype, min, max)
    if dtype is _types.bool:
        return _clamp_bools(input, min, max)
    input = input if input.dtype is dtype else input.to(dtype)
    return (clamp_tensor_op if has_tensors else clamp_op)(input, low, high)


@method()
def clamp_(self: Tensor, min=None, max=None) -> Tensor:
    """In-place form of :func:`clamp`."""
    has_tensors = _check_kinds(self, min, max)
    low, high, dtype = _bounds(self, min, max)
    for bound in (min, max):
        if isinstance(bound, Tensor):
            check_written_shape(self, bound)
    _check_cast(dtype, type_name(self) if has_tensors else c_name(self.dtype), self)
    _check_numbers(dtype, min, max)
    if dtype is _types.bool:
        return self.copy_(_clamp_bools(self, min, max))
    return (_clamp_tensor_inplace if has_tensors else _clamp_inplace)(self, low, high)


@takes_out("same")
@method()
def clamp_min(input: Tensor, min) -> Tensor:
    """Each element, at least ``min``: a number or a tensor."""
    if isinstance(min, Tensor):
        return clamp_min_tensor_op(input, min)
    _check_operand("clamp_min", input, min)
    return clamp_min_op(input, min)


@takes_out("same")
@method()
def clamp_max(input: Tensor, max) -> Tensor:
    """Each element, at most ``max``: a number or a tensor."""
    if isinstance(max, Tensor):
        return clamp_max_tensor_op(input, max)
    _check_operand("clamp_max", input, max)
    return clamp_max_op(input, max)


@method()
def clamp_min_(self: Tensor, min) -> Tensor:
    """In-place form of :func:`clamp_min`."""
    if isinstance(min, Tensor):
        return _clamp_min_tensor_inplace(self, min)
    _check_operand("clamp_min", self, min, is_written=True)
    return _clamp_min_inplace(self, min)


@method()
def clamp_max_(self: Tensor, max) -> Tensor:
    """In-place form of :func:`clamp_max`."""
    if isinstance(max, Tensor):
        return _clamp_max_tensor_inplace(self, max)
    _check_operand("clamp_max", self, max, is_written=True)
    return _clamp_max_inplace(self, max)


for _name, _function in {"clip": clamp, "clip_": clamp_}.items():
    attach(_name, _function)

clip = public("clip", clamp)

__all__ = ["clamp", "clamp_max", "clamp_min", "clip", "fmax", "fmin", "maximum", "minimum"]
