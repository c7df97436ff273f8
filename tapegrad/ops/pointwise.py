"""Functions of each element."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, TYPE_NAMES
from tapegrad._tensor import Tensor, attach_method, get_default_dtype
from tapegrad._types import kind_of
from tapegrad.ops._declare import method, op, takes_out

exp = op(
    "exp", kernel=np.exp, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * out,
    doc="Exponential of each element.",
)  # fmt: skip
log = op(
    "log", kernel=np.log, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g / input,
    doc="Natural logarithm of each element; NaN below zero.",
)  # fmt: skip
log2 = op(
    "log2", kernel=np.log2, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g / (input * math.log(2)),
    doc="Logarithm to base 2 of each element.",
)  # fmt: skip
log10 = op(
    "log10", kernel=np.log10, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g / (input * math.log(10)),
    doc="Logarithm to base 10 of each element.",
)  # fmt: skip
log1p = op(
    "log1p", kernel=np.log1p, makes_float=True, method=True, inplace=True,
    grad_name="Log1PBackward0",
    input=lambda g, input: g / (input + 1),
    doc="``log(1 + x)``, accurate near zero.",
)  # fmt: skip
expm1 = op(
    "expm1", kernel=np.expm1, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * (out + 1),
    doc="``exp(x) - 1``, accurate near zero.",
)  # fmt: skip
sqrt = op(
    "sqrt", kernel=np.sqrt, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g / (out * 2),
    doc="Square root of each element; NaN below zero.",
)  # fmt: skip
sin = op(
    "sin", kernel=np.sin, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * input.cos(),
    doc="Sine of each element, in radians.",
)  # fmt: skip
cos = op(
    "cos", kernel=np.cos, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * -input.sin(),
    doc="Cosine of each element, in radians.",
)  # fmt: skip
tan = op(
    "tan", kernel=np.tan, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * (out * out + 1),
    doc="Tangent of each element, in radians.",
)  # fmt: skip
atan = op(
    "atan", kernel=np.arctan, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g / (input * input + 1),
    doc="Inverse tangent of each element, in radians.",
)  # fmt: skip
sinh = op(
    "sinh", kernel=np.sinh, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * input.cosh(),
    doc="Hyperbolic sine of each element.",
)  # fmt: skip
cosh = op(
    "cosh", kernel=np.cosh, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * input.sinh(),
    doc="Hyperbolic cosine of each element.",
)  # fmt: skip
tanh = op(
    "tanh", kernel=np.tanh, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * (1 - out * out),
    doc="Hyperbolic tangent of each element.",
)  # fmt: skip
sigmoid = op(
    "sigmoid", kernel=OURS["sigmoid"], makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * ((1 - out) * out),
    doc="Logistic function of each element: ``1 / (1 + exp(-x))``.",
)  # fmt: skip
erf = op(
    "erf", kernel=OURS["erf"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * (2 / math.sqrt(math.pi) * (-(input * input)).exp()),
    doc="Error function of each element: ``2/sqrt(pi) * integral of exp(-t²) from 0 to x``.",
)  # fmt: skip
abs = op(
    "abs", kernel=np.absolute, method=True, inplace=True, out="same",
    input=lambda g, input: g * input.sign(),
    doc="Each element without its sign.",
)  # fmt: skip
sign = op(
    "sign", kernel=OURS["sign"], method=True, inplace=True, out="same",
    input=lambda g: g * 0.0,
    doc="-1, 0 or 1 by each element's sign.",
)  # fmt: skip
floor_op = op(
    "floor", kernel=np.floor, inplace=True, input=lambda g: g * 0.0,
    doc="Each element rounded down.",
)  # fmt: skip
ceil_op = op(
    "ceil", kernel=np.ceil, inplace=True, input=lambda g: g * 0.0, doc="Each element rounded up."
)
round_op = op(
    "round", kernel=np.rint, inplace=True, input=lambda g: g * 0.0,
    doc="Each element rounded to the nearest whole number, halves to even.",
)  # fmt: skip
maximum_op = op(
    "maximum", kernel=np.maximum,
    input=lambda g, input, other: _share(g, input, other, input > other),
    other=lambda g, input, other: _share(g, input, other, other > input),
    doc="The larger of two elements; NaN if either is. Equal ones share the gradient.",
)  # fmt: skip
minimum_op = op(
    "minimum", kernel=np.minimum,
    input=lambda g, input, other: _share(g, input, other, input < other),
    other=lambda g, input, other: _share(g, input, other, other < input),
    doc="The smaller of two elements; NaN if either is. Equal ones share the gradient.",
)  # fmt: skip
where_op = op(
    "where", kernel=OURS["where"], takes_mask=True, params=("condition", "input", "other"),
    input=lambda g, condition: where_op(condition, g, 0.0),
    other=lambda g, condition: where_op(condition, 0.0, g),
    doc="The first value where a mask holds, else the second.",
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
isnan = op("isnan", kernel=OURS["isnan"], makes_float=True, method=True, doc="Whether NaN.")


def _share(g, a, b, wins):
    """All of a gradient where this side wins, half of it where both are equal."""
    return where_op(a == b, g * 0.5, where_op(wins, g, 0.0))


def _whole(operation):
    """Rounding leaves integers as they are."""

    def rounded(input: Tensor) -> Tensor:
        return operation(input) if input.is_floating_point() else input.clone()

    rounded.__name__ = operation.__name__
    rounded.__doc__ = operation.__doc__
    attach_method(operation.__name__, rounded)
    return rounded


def _of_tensors(operation):
    """Maximum and minimum take no numbers: that is what :func:`clamp` is for."""

    def checked(input: Tensor, other: Tensor) -> Tensor:
        if not isinstance(other, Tensor):
            raise TypeError(
                f"{operation.__name__}(): argument 'other' (position 2) must be Tensor, not "
                f"{kind_of(other)}"
            )
        return operation(input, other)

    checked.__name__ = operation.__name__
    checked.__doc__ = operation.__doc__
    attach_method(operation.__name__, checked)
    return checked


maximum, minimum = map(takes_out("cast"), (_of_tensors(maximum_op), _of_tensors(minimum_op)))
floor, ceil = map(takes_out("same"), (_whole(floor_op), _whole(ceil_op)))


@takes_out("same")
@method()
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Each element rounded to ``decimals`` places, halves to even."""
    if not input.is_floating_point():
        return input.clone()
    if decimals == 0:
        return round_op(input)
    scale = 10.0**decimals
    return round_op(input * scale) / scale


def _rsqrt(input: np.ndarray) -> np.ndarray:
    if input.dtype.kind != "f":
        input = kernels.cast_array(input, get_default_dtype().numpy)
    root = kernels.pointwise(sqrt.kernel, input)
    return kernels.pointwise(_RECIPROCAL, root, out=root)


_RECIPROCAL = kernels.numpy_kernel(np.reciprocal)
rsqrt = op(
    "rsqrt", forward=_rsqrt, method=True, inplace=True,
    input=lambda g, out: g * (out * out * out * -0.5),
    doc="One divided by the square root of each element.",
)  # fmt: skip


def _limits(input: Tensor) -> tuple:
    if input.is_floating_point():
        return -math.inf, math.inf
    info = np.iinfo(input.dtype.numpy)
    return int(info.min), int(info.max)


def _bounds(input: Tensor, min, max) -> tuple:
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    lowest, highest = _limits(input)
    return (lowest if min is None else min), (highest if max is None else max)


@takes_out("same")
@method()
def clamp(input: Tensor, min=None, max=None) -> Tensor:
    """Each element, at least ``min`` and at most ``max``: numbers, tensors or None."""
    low, high = _bounds(input, min, max)
    if isinstance(low, Tensor) or isinstance(high, Tensor):
        return clamp_tensor_op(input, low, high)
    if not input.is_floating_point() and (isinstance(min, float) or isinstance(max, float)):
        floating = input.to(get_default_dtype())
        return clamp_op(floating, *_bounds(floating, min, max))
    return clamp_op(input, low, high)


_clamp_inplace = InplaceOp(clamp_op)


@method()
def clamp_(self: Tensor, min=None, max=None) -> Tensor:
    """In-place form of :func:`clamp`."""
    return _clamp_inplace(self, *_bounds(self, min, max))


@method()
def clamp_min(input: Tensor, min) -> Tensor:
    """Each element, at least ``min``."""
    return clamp(input, min=min)


@method()
def clamp_max(input: Tensor, max) -> Tensor:
    """Each element, at most ``max``."""
    return clamp(input, max=max)


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor, input: Any, other: Any) -> Tensor: ...
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """``input`` where the condition holds, else ``other``; alone, the condition's indices."""
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition.dtype.name not in ("bool", "uint8"):
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{TYPE_NAMES[condition.dtype.numpy.num]}"
        )
    return where_op(condition, input, other)


@method("where")
def _where_method(self: Tensor, condition: Tensor, other) -> Tensor:
    return where(condition, self, other)


for _alias, _of in {"absolute": abs, "clip": clamp, "clip_": clamp_}.items():
    attach_method(_alias, _of)
