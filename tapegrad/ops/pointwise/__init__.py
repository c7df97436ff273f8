"""Functions of each element."""

from tapegrad.ops.pointwise.bounds import clamp, maximum, minimum
from tapegrad.ops.pointwise.classes import imag, isfinite, isnan, real
from tapegrad.ops.pointwise.exponentials import exp2, expm1, log, log1p, sigmoid, xlogy
from tapegrad.ops.pointwise.rounding import ceil_op, floor_op, round_floats, round_op
from tapegrad.ops.pointwise.selection import where, where_op
from tapegrad.ops.pointwise.signs import abs
from tapegrad.ops.pointwise.trigonometry import sinc, tanh

__all__ = [
    "abs", "ceil_op", "clamp", "exp2", "expm1", "floor_op", "imag", "isfinite", "isnan", "log",
    "log1p", "maximum", "minimum", "real", "round_floats", "round_op", "sigmoid", "sinc", "tanh",
    "where", "where_op", "xlogy",
]  # fmt: skip
