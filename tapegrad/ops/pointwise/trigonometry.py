"""Circular and hyperbolic functions, and angles."""

from __future__ import annotations

import math

import numpy as np

from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, Kernel
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import alias, attach, composite, op, without_derivative
from tapegrad.ops.pointwise.selection import where_op

sin = op(
    "sin", kernel=Kernel.from_ufunc(np.sin, ours=OURS["sin"]),
    makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * input.cos(),
    doc="Sine of each element, in radians.",
)  # fmt: skip
cos = op(
    "cos", kernel=Kernel.from_ufunc(np.cos, ours=OURS["cos"]),
    makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * -input.sin(),
    doc="Cosine of each element, in radians.",
)  # fmt: skip
tan = op(
    "tan", kernel=np.tan, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * (out * out + 1),
    doc="Tangent of each element, in radians.",
)  # fmt: skip
asin = op(
    "asin", kernel=np.arcsin, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * (1 - input * input).rsqrt(),
    doc="Inverse sine of each element, in radians; NaN beyond -1 and 1.",
)  # fmt: skip
acos = op(
    "acos", kernel=np.arccos, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * -(1 - input * input).rsqrt(),
    doc="Inverse cosine of each element, in radians; NaN beyond -1 and 1.",
)  # fmt: skip
atan = op(
    "atan", kernel=np.arctan, makes_float=True, method=True, inplace=True,
    input=lambda g, input: g / (input * input + 1),
    doc="Inverse tangent of each element, in radians.",
)  # fmt: skip


def _inverse_square(x: Tensor, y: Tensor) -> Tensor:
    """One divided by the squared length of a vector; 0 for that of length 0."""
    square = x * x + y * y
    return where_op(square == 0, 0.0, square.reciprocal())


atan2 = op(
    "atan2", kernel=np.arctan2, makes_float=True, method=True, inplace=True, n_tensors=2,
    input=lambda g, input, other: g * (other * _inverse_square(input, other)),
    other=lambda g, input, other: g * (-input * _inverse_square(input, other)),
    doc="The angle of the vector ``(other, input)`` from the first axis, between -pi and pi.",
)  # fmt: skip
hypot = op(
    "hypot", kernel=Kernel.from_ufunc(np.hypot, ours=OURS["hypot"]),
    method=True, inplace=True, n_tensors=2,
    input=lambda g, input, out: g * (input / out),
    other=lambda g, other, out: g * (other / out),
    doc="``sqrt(input**2 + other**2)`` without overflow. For floating-point numbers only.",
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
    "tanh", kernel=Kernel.from_ufunc(np.tanh, ours=OURS["tanh"]),
    makes_float=True, method=True, inplace=True,
    input="tanh_backward(g, out)",
    doc="Hyperbolic tangent of each element.",
)  # fmt: skip
tanh_backward = op(
    "tanh_backward", kernel=OURS["tanh_backward"], params=("g_out", "result"),
    g_out="tanh_backward(g, result)",
    result=lambda g, g_out, result: g * g_out * result * -2,
    doc="A gradient times the slope of tanh, by its output: ``g * (1 - y * y)``.",
)  # fmt: skip
asinh = op(
    "asinh", kernel=np.arcsinh, makes_float=True, method=True,
    input=lambda g, input: g * (input * input + 1).rsqrt(),
    doc="Inverse hyperbolic sine of each element.",
)  # fmt: skip
acosh = op(
    "acosh", kernel=np.arccosh, makes_float=True, method=True,
    input=lambda g, input: g * (input * input - 1).rsqrt(),
    doc="Inverse hyperbolic cosine of each element; NaN below 1.",
)  # fmt: skip
atanh = op(
    "atanh", kernel=np.arctanh, makes_float=True, method=True,
    input=lambda g, input: g / (1 - input * input),
    doc="Inverse hyperbolic tangent of each element; NaN beyond -1 and 1.",
)  # fmt: skip

for _name, _kernel in (("asinh", np.arcsinh), ("acosh", np.arccosh), ("atanh", np.arctanh)):
    attach(f"{_name}_", InplaceOp(op(
        f"{_name}_", kernel=_kernel, makes_float=True,
        grad_name=f"{_name.capitalize()}Backward1",
        input=without_derivative(f"inplace version of {_name}"),
        doc=f"In-place form of :func:`{_name}`, which PyTorch cannot differentiate.",
    )))  # fmt: skip


def _times(factor: float):
    return composite(lambda input: input * factor)


deg2rad = op(
    "deg2rad", forward=_times(math.pi / 180), params=("input",),
    method=True, inplace=True, out="cast",
    grad_name="Deg2RadBackward0",
    input=lambda g: g * (math.pi / 180),
    doc="Each element from degrees to radians.",
)  # fmt: skip
rad2deg = op(
    "rad2deg", forward=_times(180 / math.pi), params=("input",),
    method=True, inplace=True, out="cast",
    grad_name="Rad2DegBackward0",
    input=lambda g: g * (180 / math.pi),
    doc="Each element from radians to degrees.",
)  # fmt: skip


def _sinc_gradient(g: Tensor, x: Tensor) -> Tensor:
    angle = x * math.pi
    square = x * x * math.pi
    return where_op(square == 0, 0.0, g * ((angle * angle.cos() - angle.sin()) / square))


sinc = op(
    "sinc", kernel=OURS["sinc"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: _sinc_gradient(g, input),
    doc="``sin(pi * x) / (pi * x)``, and 1 at zero.",
)  # fmt: skip

arcsin, arccos, arctan = alias("arcsin", asin), alias("arccos", acos), alias("arctan", atan)
arcsinh, arccosh = alias("arcsinh", asinh), alias("arccosh", acosh)
arctanh, arctan2 = alias("arctanh", atanh), alias("arctan2", atan2)

__all__ = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "deg2rad", "hypot", "rad2deg", "sin",
    "sinc", "sinh", "tan", "tanh",
]  # fmt: skip
