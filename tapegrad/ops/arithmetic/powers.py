"""Powers and roots."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_number
from tapegrad.ops._declare import attach, method, op, takes_out
from tapegrad.ops.arithmetic.sums import check_held, is_bool, is_float
from tapegrad.ops.convert import check_written_shape
from tapegrad.ops.create import zeros_like
from tapegrad.ops.promotion import can_cast, result_type
from tapegrad.ops.tensor_types import type_name

pow_tensor = op(
    "pow",
    kernel=np.power,
    grad_name="PowBackward1",
    input=lambda g, input, other: _by_base(g, input, other),
    other=lambda g, input, other, out: g * _where_positive(input, other, out),
    doc="A tensor to the power of a tensor.",
)
# PyTorch computes these otherwise than the general power, so the last digit differs from that.
_EASY = (-2, -1, -0.5, 0.5, 2, 3)
pow_number = op(
    "pow_number",
    kernel=np.power,
    kernels_by_number=dict.fromkeys(_EASY, OURS["easy_power"]),
    grad_name="PowBackward0",
    params=("input", "exponent"),
    input=lambda g, input, exponent: _by_base_of_number(g, input, exponent),
    doc="A tensor to the power of a number.",
)
number_pow = op(
    "number_pow",
    kernel=np.power,
    grad_name="PowBackward2",
    params=("number", "exponent"),
    exponent=lambda g, number, out: g * _slope_of_number(number, out),
    doc="A number to the power of a tensor.",
)


def _slope_of_number(number, out: Tensor) -> Tensor:
    if number == 0:     # 0 or 1, for an exponent that is not negative
        return (out * -math.inf).masked_fill(out <= 1, 0.0)
    return out * (math.log(number) if number > 0 else math.nan)


def _by_base(g: Tensor, base: Tensor, exponent: Tensor) -> Tensor:
    return (g * (exponent * pow(base, exponent - 1))).masked_fill(exponent == 0, 0.0)


def _by_base_of_number(g: Tensor, base: Tensor, exponent) -> Tensor:
    if exponent == 0:
        return zeros_like(g)
    return g * ((base if exponent == 2 else pow(base, exponent - 1)) * exponent)


def _where_positive(base, exponent, out):
    # The slope of 0 ** b is 0 for b >= 0, where the formula gives 0 * -inf.
    undefined = (base == 0) & (exponent >= 0)
    return (out * base.log()).masked_fill(undefined, 0.0)


_pow_inplace, _pow_number_inplace = InplaceOp(pow_tensor), InplaceOp(pow_number)


@takes_out("cast")
def pow(input, exponent) -> Tensor:
    """``input ** exponent``, element by element; either may be a number.

    Raises RuntimeError for an integer tensor to a negative whole number.
    """
    if not isinstance(input, Tensor):
        if not isinstance(exponent, Tensor):
            raise TypeError("pow() takes a tensor")
        return rpow(exponent, input)
    if not input.is_floating_point() and not is_float(exponent):
        return _integer_power(input, exponent)
    if isinstance(exponent, Tensor):
        return pow_tensor(input, exponent)
    if input.is_floating_point():
        check_held(exponent, input)
    return pow_number(input, exponent)


def _integer_power(base: Tensor, exponent) -> Tensor:
    """A power with a whole exponent of a tensor of integers or bools."""
    if isinstance(exponent, Tensor):
        return _integer_tensor_power(base, exponent)
    if exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    check_held(exponent, base, exponent)
    if isinstance(exponent, bool):
        return base.clone() if exponent else (base == base).to(base.dtype)
    return pow_number(base.long() if is_bool(base) else base, exponent)


def _integer_tensor_power(base: Tensor, exponent: Tensor) -> Tensor:
    """A negative exponent gives 1 / x truncated, so 0 but for 1 and -1."""
    if is_bool(exponent):
        if is_bool(base):
            raise NotImplementedError("\"pow\" not implemented for 'Bool'")
        return pow_tensor(base, exponent)
    negative = exponent < 0
    power = pow_tensor(base, exponent.clamp(min=0))
    odd = (exponent % 2) != 0
    inverse = (base == 1).to(power.dtype) + (base == -1) * (1 - 2 * odd.to(power.dtype))
    return inverse.where(negative, power) if bool(negative.any()) else power


@method()
def pow_(self: Tensor, exponent) -> Tensor:
    """In-place form of :func:`pow`."""
    if not self.is_floating_point() and not is_float(exponent):
        return _integer_power_(self, exponent)
    if isinstance(exponent, Tensor):
        return _pow_inplace(self, exponent)
    if self.is_floating_point():
        check_held(exponent, self)
    return _pow_number_inplace(self, exponent)


def _integer_power_(self: Tensor, exponent) -> Tensor:
    if isinstance(exponent, Tensor):
        check_written_shape(self, exponent)
    result = _integer_power(self, exponent)
    if not can_cast(result.dtype, self.dtype):
        raise RuntimeError(
            f"result type {type_name(result)} can't be cast to the desired output type "
            f"{type_name(self)}"
        )
    return self.copy_(result)


def rpow(input: Tensor, other) -> Tensor:
    """``other ** input`` for a number ``other``."""
    if is_float(other) or (isinstance(input, Tensor) and is_float(input)):
        return number_pow(other, input)
    dtype = result_type(other, input).numpy
    return _integer_tensor_power(Tensor._wrap(np.asarray(other).astype(dtype)), input)


@takes_out("cast", refuses_grad="pow")
@method()
def square(input: Tensor) -> Tensor:
    """Each element times itself."""
    return pow(input, 2)


@method()
def square_(self: Tensor) -> Tensor:
    """In-place form of :func:`square`."""
    return pow_(self, 2)


def _as_double(value):
    if isinstance(value, Tensor):
        return value.double()
    check_number(value)
    return float(value)


@takes_out(
    "the output given to float_power has dtype {out} but the operation's result requires dtype "
    "{result}",
    refuses_grad="pow",
)
@method()
def float_power(input, exponent) -> Tensor:
    """``input ** exponent`` in double precision; either may be a number."""
    given = (input, exponent)
    if not all(isinstance(one, (Tensor, int, float)) for one in given) or not any(
        isinstance(one, Tensor) for one in given
    ):
        raise TypeError("float_power() takes a tensor")
    return pow(_as_double(input), _as_double(exponent))


@method()
def float_power_(self: Tensor, exponent) -> Tensor:
    """In-place form of :func:`float_power`. Raises RuntimeError unless the tensor is double."""
    if self.dtype is not _types.float64:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {type_name(self)} but the operation's "
            "result requires dtype Double"
        )
    return pow_(self, _as_double(exponent))


sqrt = op(
    "sqrt", kernel=np.sqrt, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g / (out * 2),
    doc="Square root of each element; NaN below zero.",
)  # fmt: skip


rsqrt = op(
    "rsqrt", kernel=OURS["rsqrt"], makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * (out * out * out * -0.5),
    doc="One divided by the square root of each element.",
)  # fmt: skip
attach("pow", pow)

__all__ = ["float_power", "pow", "rsqrt", "sqrt", "square"]
