"""Quotients rounded to whole numbers, remainders, common divisors."""

from __future__ import annotations

import numpy as np

from tapegrad._core import InplaceOp, result_type_number
from tapegrad._kernels import OURS, Kernel
from tapegrad._tensor import Tensor
from tapegrad._types import BY_NUMPY_NUMBER, dtype
from tapegrad.ops._declare import attach, not_differentiable, op, public, takes_out
from tapegrad.ops._dims import common_shape
from tapegrad.ops.arithmetic.products import div_op
from tapegrad.ops.arithmetic.sums import is_bool, is_float
from tapegrad.ops.convert import check_written_shape
from tapegrad.ops.create import zeros_like

_REMAINDER = Kernel.from_ufunc(np.remainder, ours=OURS["remainder"])
_FMOD = Kernel.from_ufunc(np.fmod, ours=OURS["fmod"])
remainder_op = op(
    "remainder",
    kernel=_REMAINDER,
    grad_name="RemainderBackward1",
    input="g",
    other=lambda g, input, other: -g * div(input, other, rounding_mode="floor"),
    doc="Remainder with the divisor's sign: ``input - other * floor(input / other)``.",
)
remainder_number_op = op(
    "remainder_number",
    kernel=_REMAINDER,
    grad_name="RemainderBackward0",
    params=("input", "other"),
    input="g",
    doc="Remainder by a number, with its sign.",
)
number_remainder_op = op(
    "number_remainder",
    kernel=_REMAINDER,
    grad_name="NotImplemented",
    params=("number", "other"),
    other=not_differentiable("remainder"),
    doc="What is left of a number divided by a tensor.",
)
fmod_op = op(
    "fmod",
    kernel=_FMOD,
    grad_name="FmodBackward1",
    input="g",
    other=lambda g, input, other: -g * div(input, other, rounding_mode="trunc"),
    doc="Remainder with the dividend's sign.",
)
fmod_number_op = op(
    "fmod_number",
    kernel=_FMOD,
    grad_name="FmodBackward0",
    params=("input", "other"),
    input="g",
    doc="Remainder by a number, with the dividend's sign.",
)
_FLOOR_DIVIDE = Kernel.from_ufunc(np.floor_divide, name="div_floor", ours=OURS["div_floor"])
floor_divide_op = op(
    "floor_divide",
    kernel=_FLOOR_DIVIDE,
    takes_numbers=True,
    widens_half=True,
    grad_name="NotImplemented",
    input=not_differentiable("floor_divide"),
    other=not_differentiable("floor_divide"),
    doc="Quotient rounded down; backward through it raises.",
)
div_floor_op = op(
    "div_floor",
    kernel=_FLOOR_DIVIDE,
    takes_numbers=True,
    widens_half=True,
    grad_name="DivBackward2",
    input=lambda g: zeros_like(g),
    other=lambda g: zeros_like(g),
    doc="Quotient rounded down, with a gradient of zeros.",
)
div_trunc_op = op(
    "div_trunc",
    kernel=OURS["div_trunc"],
    takes_numbers=True,
    widens_half=True,
    grad_name="DivBackward2",
    input=lambda g: zeros_like(g),
    other=lambda g: zeros_like(g),
    doc="Quotient rounded towards zero, with a gradient of zeros.",
)
gcd = op(
    "gcd", kernel=OURS["gcd"], n_tensors=2, method=True, inplace=True,
    doc="The largest whole number that divides both; 0 for two zeros.",
)  # fmt: skip
lcm = op(
    "lcm", kernel=OURS["lcm"], n_tensors=2, method=True, inplace=True,
    doc="The smallest whole number from 0 on that both divide.",
)  # fmt: skip

_div_inplace = InplaceOp(div_op)
_floor_divide_inplace = InplaceOp(floor_divide_op)
_div_rounded_inplace = {"floor": InplaceOp(div_floor_op), "trunc": InplaceOp(div_trunc_op)}
_remainder_inplace = InplaceOp(remainder_op)
_remainder_number_inplace = InplaceOp(remainder_number_op)
_fmod_inplace, _fmod_number_inplace = InplaceOp(fmod_op), InplaceOp(fmod_number_op)


def _refuse_zero(input, other) -> None:
    """Integer division by zero raises, before anything is written."""
    if is_float(input) or is_float(other):
        return
    if not _holds_zero(other, BY_NUMPY_NUMBER[result_type_number(input, other)]):
        return
    if isinstance(input, Tensor) and isinstance(other, Tensor):
        common_shape(input.shape, other.shape)
    if not (is_bool(input) and is_bool(other)):  # which no kernel divides
        raise RuntimeError("ZeroDivisionError")


def _holds_zero(divisor, dtype: dtype) -> bool:
    """Whether a divisor is zero in the dtype that is divided in, which may not hold it."""
    if not isinstance(divisor, Tensor):
        return abs(divisor) < 2**64 and divisor % (1 << 8 * dtype.itemsize) == 0
    return bool((divisor.to(dtype) == 0).any())


def _refuse_zero_in_place(self: Tensor, other) -> None:
    if isinstance(other, Tensor):
        check_written_shape(self, other)
    if is_bool(other) or not is_bool(self):  # else what is written is no bool, which is refused
        _refuse_zero(self, other)


def _check_rounding(mode) -> None:
    if mode not in _div_rounded_inplace:
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{mode}'"
        )


@takes_out("cast")
def div(input, other, *, rounding_mode=None) -> Tensor:
    """Quotient, element by element; integers divide to floating point.

    ``rounding_mode`` is None, ``"floor"`` or ``"trunc"``; rounded, integers stay integers and the
    gradient is zero. Raises RuntimeError for another mode, and where an integer is divided by zero.
    """
    if rounding_mode is None:
        return div_op(input, other)
    _check_rounding(rounding_mode)
    _refuse_zero(input, other)
    return (div_floor_op if rounding_mode == "floor" else div_trunc_op)(input, other)


def div_(self: Tensor, other, *, rounding_mode=None) -> Tensor:
    """In-place form of :func:`div`."""
    if rounding_mode is None:
        return _div_inplace(self, other)
    _check_rounding(rounding_mode)
    _refuse_zero_in_place(self, other)
    return _div_rounded_inplace[rounding_mode](self, other)


@takes_out("cast")
def floor_divide(input, other) -> Tensor:
    """Quotient rounded down to a whole number, element by element; backward through it raises."""
    _refuse_zero(input, other)
    return floor_divide_op(input, other)


@takes_out("cast")
def remainder(input, other) -> Tensor:
    """Remainder of the division, with the divisor's sign, as Python's ``%``."""
    _refuse_zero(input, other)
    if not isinstance(other, Tensor):
        return remainder_number_op(input, other)
    return (remainder_op if isinstance(input, Tensor) else number_remainder_op)(input, other)


@takes_out("cast")
def fmod(input, other) -> Tensor:
    """Remainder of the division, with the dividend's sign, as C's ``fmod``."""
    if not isinstance(input, Tensor):
        raise TypeError("fmod() takes a tensor first")
    _refuse_zero(input, other)
    return (fmod_op if isinstance(other, Tensor) else fmod_number_op)(input, other)


def floor_divide_(self: Tensor, other) -> Tensor:
    """In-place form of :func:`floor_divide`."""
    _refuse_zero_in_place(self, other)
    return _floor_divide_inplace(self, other)


def remainder_(self: Tensor, other) -> Tensor:
    """In-place form of :func:`remainder`."""
    _refuse_zero_in_place(self, other)
    written = _remainder_inplace if isinstance(other, Tensor) else _remainder_number_inplace
    return written(self, other)


def fmod_(self: Tensor, other) -> Tensor:
    """In-place form of :func:`fmod`."""
    _refuse_zero_in_place(self, other)
    return (_fmod_inplace if isinstance(other, Tensor) else _fmod_number_inplace)(self, other)


for _name, _function in {
    "div": div, "div_": div_, "divide": div, "divide_": div_, "floor_divide": floor_divide,
    "floor_divide_": floor_divide_, "remainder": remainder, "remainder_": remainder_,
    "fmod": fmod, "fmod_": fmod_, "__idiv__": _div_inplace,
}.items():  # fmt: skip
    attach(_name, _function)

true_divide, divide = public("true_divide", div), public("divide", div)

__all__ = ["div", "divide", "floor_divide", "fmod", "gcd", "lcm", "remainder", "true_divide"]
