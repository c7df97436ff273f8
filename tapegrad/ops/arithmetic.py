"""Arithmetic between tensors and numbers."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import composite, method, op, takes_out
from tapegrad.ops.convert import check_written_shape
from tapegrad.ops.promotion import can_cast, result_type

add_op = op(
    "add",
    kernel=np.add,
    input="g",
    other="g",
    doc="Sum of two tensors, element by element.",
)
sub_op = op(
    "sub",
    kernel=np.subtract,
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
mul = op(
    "mul",
    kernel=np.multiply,
    method=True,
    inplace=True,
    input="mul(g, other)",
    other="mul(g, input)",
    doc="""Product, element by element: ``input * other``.

    Shapes broadcast and dtypes promote. Source: https://docs.pytorch.org/docs/2.13/generated/torch.mul.html
    """,
)
div_op = op(
    "div",
    kernel=np.true_divide,
    makes_float=True,
    input="div(g, other)",
    other=lambda g, input, other: -g * ((input / other) / other),
    doc="Quotient of two tensors, element by element.",
)
reciprocal = op(
    "reciprocal",
    kernel=np.reciprocal,
    makes_float=True,
    method=True,
    inplace=True,
    input=lambda g, out: -g * (out * out),
    doc="One divided by each element.",
)
neg_op = op("neg", kernel=np.negative, input="neg(g)", doc="Each element with its sign turned.")
remainder_op = op(
    "remainder",
    kernel=np.remainder,
    grad_name="RemainderBackward1",
    input="g",
    other=lambda g, input, other: -g * floor_divide(input, other),
    doc="Remainder with the divisor's sign: ``input - other * floor(input / other)``.",
)
remainder_number_op = op(
    "remainder_number",
    kernel=np.remainder,
    grad_name="RemainderBackward0",
    params=("input", "other"),
    input="g",
    doc="Remainder by a number, with its sign.",
)
fmod_op = op(
    "fmod",
    kernel=np.fmod,
    grad_name="FmodBackward1",
    input="g",
    other=lambda g, input, other: -g * div(input, other, rounding_mode="trunc"),
    doc="Remainder with the dividend's sign.",
)
fmod_number_op = op(
    "fmod_number",
    kernel=np.fmod,
    grad_name="FmodBackward0",
    params=("input", "other"),
    input="g",
    doc="Remainder by a number, with the dividend's sign.",
)
floor_divide_op = op(
    "floor_divide", kernel=np.floor_divide, doc="Quotient rounded down, without gradient."
)
trunc = op(
    "trunc", kernel=np.trunc, method=True, inplace=True, out="same", input=lambda g: g * 0.0,
    doc="Each element rounded towards zero.",
)  # fmt: skip


def _times(alpha, factor, partner):
    """``alpha * factor`` in the dtype in which it meets its partner."""
    if isinstance(factor, Tensor):
        factor = factor.to(result_type(factor, partner))
    return factor * alpha


add_scaled = op(
    "add_scaled",
    forward=composite(lambda input, other, alpha: add_op(input, _times(alpha, other, input))),
    grad_name="AddBackward0",
    params=("input", "other", "alpha"),
    input="g",
    other=lambda g, alpha: g * alpha,
    doc="``input + alpha * other``, element by element.",
)
sub_scaled = op(
    "sub_scaled",
    forward=composite(lambda input, other, alpha: sub_op(input, _times(alpha, other, input))),
    grad_name="SubBackward0",
    params=("input", "other", "alpha"),
    input="g",
    other=lambda g, alpha: g * -alpha,
    doc="``input - alpha * other``, element by element.",
)


def _rsub_scaled(name: str, grad_name: str):
    return op(
        name,
        forward=composite(
            lambda input, other, alpha: sub_op(other, _times(alpha, input, other))
        ),
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
mul_inplace = Tensor.mul_


def _combined(plain, scaled, input, other, alpha) -> Tensor:
    """``plain(input, alpha * other)`` as one entry of the tape."""
    if type(alpha) is int and alpha == 1:
        return plain(input, other)
    _check_alpha(plain.__name__, alpha, input, other)
    if _is_bool(input) and _is_bool(other):
        alpha = bool(alpha)
    if not isinstance(input, Tensor):
        return plain(input, other * alpha)
    return scaled(input, other, alpha)


def _check_alpha(name: str, alpha, input, other) -> None:
    """Refuse a factor that the operands' dtype cannot hold."""
    if not isinstance(alpha, (int, float)):
        raise TypeError(f"{name}(): argument 'alpha' must be Number, not {type(alpha).__name__}")
    if isinstance(alpha, float) and not (_is_float(input) or _is_float(other)):
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    if isinstance(alpha, bool) and not all(_is_bool(one) for one in (input, other)):
        raise RuntimeError("Boolean alpha only supported for Boolean results.")


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


def _refuse_bool_difference(input, other) -> None:
    if not (_is_bool(input) or _is_bool(other)):
        return
    if _is_bool(input) and _is_bool(other):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    raise RuntimeError(
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
        "invert a mask, use the `~` or `logical_not()` operator instead."
    )


def _is_bool(value) -> bool:
    return value.dtype is _types.bool if isinstance(value, Tensor) else isinstance(value, bool)


def add_(self: Tensor, other, *, alpha=1) -> Tensor:
    """In-place form of :func:`add`."""
    return _combined(add_inplace, add_scaled_inplace, self, other, alpha)


def sub_(self: Tensor, other, *, alpha=1) -> Tensor:
    """In-place form of :func:`sub`."""
    _refuse_bool_difference(self, other)
    return _combined(sub_inplace, sub_scaled_inplace, self, other, alpha)


def rsub(input, other, *, alpha=1) -> Tensor:
    """``other - alpha * input``, element by element."""
    _refuse_bool_difference(input, other)
    if isinstance(other, Tensor):
        return rsub_scaled(input, other, alpha)
    return _combined(_number_minus, rsub_number_scaled, input, other, alpha)


def _number_minus(input: Tensor, other) -> Tensor:
    return rsub_op(other, input)


@takes_out("cast")
def div(input, other, *, rounding_mode=None) -> Tensor:
    """Quotient, element by element; integers divide to floating point.

    ``rounding_mode`` is None, ``"floor"`` or ``"trunc"``; rounded, integers stay integers.
    """
    if rounding_mode is None:
        return div_op(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return _truncated_quotient(input, other)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"'{rounding_mode}'"
    )


def _truncated_quotient(input, other) -> Tensor:
    whole = not any(_is_float(one) for one in (input, other))
    if not whole:
        return trunc(div_op(input, other))
    _refuse_zero(other)
    return div_op(input - fmod_op(input, other), other).to((input + other).dtype)


def div_(self: Tensor, other, *, rounding_mode=None) -> Tensor:
    """In-place form of :func:`div`."""
    if rounding_mode is None:
        return _div_inplace(self, other)
    return self.copy_(div(self, other, rounding_mode=rounding_mode))


_div_inplace = InplaceOp(div_op)
_floor_divide_inplace = InplaceOp(floor_divide_op)
_remainder_inplace = InplaceOp(remainder_op)
_remainder_number_inplace = InplaceOp(remainder_number_op)


def rdiv(input: Tensor, other) -> Tensor:
    """``other / input`` for a number ``other``."""
    return reciprocal(input) * other


def _is_float(value) -> bool:
    return value.is_floating_point() if isinstance(value, Tensor) else isinstance(value, float)


def _refuse_zero(divisor) -> None:
    """Integer division by zero raises, before anything is written."""
    if _is_float(divisor):
        return
    zero = bool((divisor == 0).any()) if isinstance(divisor, Tensor) else divisor == 0
    if zero:
        raise RuntimeError("ZeroDivisionError")


def _guarded(input, other) -> None:
    if not _is_float(input):
        _refuse_zero(other)


@takes_out("cast")
def floor_divide(input, other) -> Tensor:
    """Quotient rounded down to a whole number, element by element; no gradient."""
    _guarded(input, other)
    return floor_divide_op(input, other)


@takes_out("cast")
def remainder(input, other) -> Tensor:
    """Remainder of the division, with the divisor's sign, as Python's ``%``."""
    _guarded(input, other)
    return (remainder_op if isinstance(other, Tensor) else remainder_number_op)(input, other)


@takes_out("cast")
def fmod(input, other) -> Tensor:
    """Remainder of the division, with the dividend's sign, as C's ``fmod``."""
    _guarded(input, other)
    return (fmod_op if isinstance(other, Tensor) else fmod_number_op)(input, other)


def floor_divide_(self: Tensor, other) -> Tensor:
    """In-place form of :func:`floor_divide`."""
    _guarded(self, other)
    return _floor_divide_inplace(self, other)


def remainder_(self: Tensor, other) -> Tensor:
    """In-place form of :func:`remainder`."""
    _guarded(self, other)
    written = _remainder_inplace if isinstance(other, Tensor) else _remainder_number_inplace
    return written(self, other)


@takes_out("same")
def neg(input: Tensor) -> Tensor:
    """Each element with its sign turned. Raises RuntimeError for bools."""
    if isinstance(input, Tensor) and input.dtype is _types.bool:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return neg_op(input)


# ------------------------------------------------------------------------------------ powers

pow_tensor = op(
    "pow",
    kernel=np.power,
    grad_name="PowBackward1",
    input=lambda g, input, other: g * _power_slope(input, other),
    other=lambda g, input, other, out: g * _where_positive(input, other, out),
    doc="A tensor to the power of a tensor.",
)
pow_number = op(
    "pow_number",
    kernel=np.power,
    grad_name="PowBackward0",
    params=("input", "exponent"),
    input=lambda g, input, exponent: g * _number_power_slope(input, exponent),
    doc="A tensor to the power of a number.",
)
square_op = op(
    "square",
    kernel=np.square,
    grad_name="PowBackward0",
    input=lambda g, input: g * (input * 2),
    doc="Each element times itself.",
)
number_pow = op(
    "number_pow",
    kernel=np.power,
    grad_name="PowBackward2",
    params=("number", "exponent"),
    exponent=lambda g, number, out: g * (out * _log_of(number)),
    doc="A number to the power of a tensor.",
)


def _log_of(number) -> float:
    if number == 0:
        return -math.inf
    return math.log(number) if number > 0 else math.nan


def _power_slope(base, exponent):
    zero = exponent == 0
    return (exponent * pow(base, exponent - 1)).masked_fill(zero, 0.0)


def _number_power_slope(base, exponent):
    return base * 0.0 if exponent == 0 else pow(base, exponent - 1) * exponent


def _where_positive(base, exponent, out):
    # The slope of 0 ** b is 0 for b >= 0, where the formula gives 0 * -inf.
    undefined = (base == 0) & (exponent >= 0)
    return (out * base.log()).masked_fill(undefined, 0.0)


_pow_inplace, _pow_number_inplace = InplaceOp(pow_tensor), InplaceOp(pow_number)
_square_inplace = InplaceOp(square_op)


@takes_out("cast")
def pow(input, exponent) -> Tensor:
    """``input ** exponent``, element by element; either may be a number.

    Raises RuntimeError for an integer tensor to a negative whole number.
    """
    if not isinstance(input, Tensor):
        return number_pow(input, exponent)
    if not input.is_floating_point() and not _is_float(exponent):
        return _integer_power(input, exponent)
    if isinstance(exponent, Tensor):
        return pow_tensor(input, exponent)
    if exponent == 2 and input.is_floating_point():
        return square_op(input)
    return pow_number(input, exponent)


def _integer_power(base: Tensor, exponent) -> Tensor:
    """A power with a whole exponent of a tensor of integers or bools."""
    if isinstance(exponent, Tensor):
        return _integer_tensor_power(base, exponent)
    if exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if isinstance(exponent, bool):
        return base.clone() if exponent else (base == base).to(base.dtype)
    return pow_number(base.long() if _is_bool(base) else base, exponent)


def _integer_tensor_power(base: Tensor, exponent: Tensor) -> Tensor:
    """A negative exponent gives 1 / x truncated, so 0 but for 1 and -1."""
    if _is_bool(exponent):
        if _is_bool(base):
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
    if not self.is_floating_point() and not _is_float(exponent):
        return _integer_power_(self, exponent)
    if isinstance(exponent, Tensor):
        return _pow_inplace(self, exponent)
    if exponent == 2 and self.is_floating_point():
        return _square_inplace(self)
    return _pow_number_inplace(self, exponent)


def _integer_power_(self: Tensor, exponent) -> Tensor:
    if isinstance(exponent, Tensor):
        check_written_shape(self, exponent)
    result = _integer_power(self, exponent)
    if not can_cast(result.dtype, self.dtype):
        names = [TYPE_NAMES[one.dtype.numpy.num] for one in (result, self)]
        raise RuntimeError(
            f"result type {names[0]} can't be cast to the desired output type {names[1]}"
        )
    return self.copy_(result)


def rpow(input: Tensor, other) -> Tensor:
    """``other ** input`` for a number ``other``."""
    return number_pow(other, input)


@takes_out("cast")
def square(input: Tensor) -> Tensor:
    """Each element times itself."""
    return pow(input, 2)


for _name, _function in {
    "add": add, "add_": add_, "sub": sub, "sub_": sub_, "subtract": sub, "subtract_": sub_,
    "multiply": mul, "multiply_": mul_inplace, "div": div, "div_": div_, "divide": div,
    "divide_": div_, "true_divide": div_op, "rsub": rsub, "neg": neg, "negative": neg,
    "neg_": InplaceOp(neg_op), "negative_": InplaceOp(neg_op), "floor_divide": floor_divide,
    "floor_divide_": floor_divide_, "remainder": remainder, "remainder_": remainder_,
    "fmod": fmod, "pow": pow, "square": square, "square_": InplaceOp(square_op),
}.items():  # fmt: skip
    attach_method(_name, _function)

