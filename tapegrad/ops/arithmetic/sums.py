"""Sums and differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp, Op, result_type_number
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import attach, composite, op, public, takes_out, takes_tensors
from tapegrad.ops.promotion import result_type

add_op = op(
    "add",
    kernel=np.add,
    takes_numbers=True,
    input="g",
    other="g",
    doc="Sum of two tensors, element by element.",
)
sub_op = op(
    "sub",
    kernel=np.subtract,
    takes_numbers=True,
    input="g",
    other="neg(g)",
    doc="Difference of two tensors, element by element.",
)
rsub_op = op(
    "rsub",
    kernel=np.subtract,
    grad_name="RsubBackward1",
    params=("number", "input"),
    input="neg(g)",
    doc="A number minus a tensor.",
)


def _times(alpha, factor, partner):
    """``alpha * factor`` in the dtype in which it meets its partner."""
    if isinstance(factor, Tensor) and not (
            isinstance(partner, Tensor) and partner.dtype is factor.dtype):
        factor = factor.to(result_type(factor, partner))
    return factor if type(alpha) is int and alpha == 1 else factor * alpha


def _scaled(plain: Op, input, other, alpha):
    """``plain(input, alpha * other)``, in float16 rounded once, as PyTorch's vectors do it."""
    if _is_half(input) and _is_half(other):
        return plain(_wide(input), _wide(other) * float(np.float16(alpha))).float().half()
    return plain(input, _times(alpha, other, input))


def _is_half(operand) -> bool:
    return not isinstance(operand, Tensor) or operand.dtype is _types.float16


def _wide(half):
    """A tensor of float16, or the number that stands for one, in double precision."""
    return half.double() if isinstance(half, Tensor) else float(np.float16(half))


add_scaled = op(
    "add_scaled",
    kernel=OURS["add_scaled"],
    forward=composite(lambda input, other, alpha: _scaled(add_op, input, other, alpha)),
    grad_name="AddBackward0",
    params=("input", "other", "alpha"),
    input="g",
    other=lambda g, alpha: g * alpha,
    doc="``input + alpha * other``, element by element.",
)
sub_scaled = op(
    "sub_scaled",
    kernel=OURS["sub_scaled"],
    forward=composite(lambda input, other, alpha: _scaled(sub_op, input, other, alpha)),
    grad_name="SubBackward0",
    params=("input", "other", "alpha"),
    input="g",
    other=lambda g, alpha: g * -alpha,
    doc="``input - alpha * other``, element by element.",
)


def _rsub_scaled(name: str, grad_name: str):
    return op(
        name,
        forward=composite(lambda input, other, alpha: _scaled(sub_op, other, input, alpha)),
        grad_name=grad_name,
        params=("input", "other", "alpha"),
        input=lambda g, alpha: g * -alpha,
        other="g",
        doc="``other - alpha * input``, element by element.",
    )


rsub_scaled = _rsub_scaled("rsub_scaled", "RsubBackward0")
rsub_number_scaled = _rsub_scaled("rsub_number_scaled", "RsubBackward1")

add_inplace, sub_inplace = InplaceOp(add_op), InplaceOp(sub_op)
add_scaled_inplace, sub_scaled_inplace = InplaceOp(add_scaled), InplaceOp(sub_scaled)


def _combined(plain, scaled, input, other, alpha) -> Tensor:
    """``plain(input, alpha * other)`` as one entry of the tape."""
    if type(alpha) is int and alpha == 1:
        return plain(input, other)
    if isinstance(other, np.ndarray):
        raise TypeError(f"{plain.__name__}() takes no array with a factor")
    check_factor(plain.__name__, "alpha", alpha, input, other)
    if is_bool(input) and is_bool(other):
        return plain(input, other & bool(alpha))
    if not isinstance(input, Tensor):
        return plain(input, other * alpha)
    return scaled(input, other, alpha)


def check_factor(name: str, argument: str, factor, *operands) -> None:
    """Refuse a factor that the operands' dtype cannot hold."""
    if not isinstance(factor, (int, float)):
        raise TypeError(
            f"{name}(): argument '{argument}' must be Number, not {type(factor).__name__}"
        )
    if isinstance(factor, float) and not any(map(is_float, operands)):
        raise RuntimeError(
            f"For integral input tensors, argument {argument} must not be a floating point number."
        )
    if isinstance(factor, bool) and not all(map(is_bool, operands)):
        raise RuntimeError(f"Boolean {argument} only supported for Boolean results.")
    check_held(factor, *operands)


def check_held(number, *operands, is_wide: bool = False) -> None:
    """Refuse a number that the dtype in which operands meet cannot hold.

    ``is_wide`` says that float16 is computed in float32.
    """
    type_number = result_type_number(*operands)
    if is_wide and type_number == _HALF:
        type_number = _FLOAT
    kernels.refuse_overflow(number, type_number)


_HALF, _FLOAT = _types.float16.numpy.num, _types.float32.numpy.num


@takes_out("cast")
def add(input, other, *, alpha=1) -> Tensor:
    """Sum, element by element: ``input + alpha * other``. Shapes broadcast, dtypes promote."""
    return _combined(add_op, add_scaled, input, other, alpha)


@takes_out("cast")
def sub(input, other, *, alpha=1) -> Tensor:
    """Difference, element by element: ``input - alpha * other``. Shapes broadcast, dtypes promote.

    Raises RuntimeError for two tensors of bools.
    """
    _refuse_bool_difference(input, other)
    return _combined(sub_op, sub_scaled, input, other, alpha)


@takes_tensors
def minus(input: Tensor, other) -> Tensor:
    """What ``input - other`` does: :func:`sub` without its options."""
    kind = type(other)
    if input.dtype is _types.bool or (kind is not float and kind is not int and is_bool(other)):
        _refuse_bool_difference(input, other)
    return sub_op(input, other)


_SUMS: tuple[tuple[Any, Op], ...] = ((add, add_op), (sub, sub_op), (minus, sub_op))
for _sum, _op in _SUMS:
    _sum.take_shortcut(_op, is_sum=True, input=None, other=None)


def minus_(self: Tensor, other) -> Tensor:
    """What ``self -= other`` does."""
    if self.dtype is _types.bool or is_bool(other):
        _refuse_bool_difference(self, other)
    return sub_inplace(self, other)


def _refuse_bool_difference(input, other) -> None:
    if not (is_bool(input) or is_bool(other)):
        return
    if is_bool(input) and is_bool(other):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    raise RuntimeError(
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
        "invert a mask, use the `~` or `logical_not()` operator instead."
    )


def is_bool(value) -> bool:
    """Whether an operand, a tensor or a number, is one of bools."""
    return value.dtype is _types.bool if isinstance(value, Tensor) else isinstance(value, bool)


def is_float(value) -> bool:
    """Whether an operand, a tensor or a number, is a floating-point one."""
    return value.is_floating_point() if isinstance(value, Tensor) else isinstance(value, float)


def add_(self: Tensor, other, *, alpha=1) -> Tensor:
    """In-place form of :func:`add`."""
    return _combined(add_inplace, add_scaled_inplace, self, other, alpha)


def sub_(self: Tensor, other, *, alpha=1) -> Tensor:
    """In-place form of :func:`sub`."""
    _refuse_bool_difference(self, other)
    return _combined(sub_inplace, sub_scaled_inplace, self, other, alpha)


@takes_tensors
def rsub(input, other, *, alpha=1) -> Tensor:
    """``other - alpha * input``, element by element."""
    _refuse_bool_difference(input, other)
    if isinstance(other, Tensor):
        return _combined(_turned, rsub_scaled, input, other, alpha)
    return _combined(_number_minus, rsub_number_scaled, input, other, alpha)


def _number_minus(input: Tensor, other) -> Tensor:
    return rsub_op(other, input)


def _turned(input: Tensor, other: Tensor) -> Tensor:
    return rsub_scaled(input, other, 1)


_number_minus.__name__ = _turned.__name__ = "rsub"      # as messages call it


for _name, _function in {
    "add": add, "add_": add_, "sub": sub, "sub_": sub_, "subtract": sub, "subtract_": sub_,
}.items():  # fmt: skip
    attach(_name, _function)

subtract = public("subtract", sub)

__all__ = ["add", "rsub", "sub", "subtract"]
