"""Arithmetic between tensors and numbers."""

from tapegrad.ops.arithmetic.division import (
    div,
    div_floor_op,
    div_trunc_op,
    floor_divide,
    floor_divide_,
    fmod,
    gcd,
    lcm,
    remainder,
    remainder_,
)
from tapegrad.ops.arithmetic.fused import addcdiv, addcmul, lerp
from tapegrad.ops.arithmetic.powers import (
    float_power,
    pow,
    pow_,
    pow_number,
    rpow,
    rsqrt,
    sqrt,
    square,
)
from tapegrad.ops.arithmetic.products import (
    div_op,
    mul,
    mul_inplace,
    neg,
    positive,
    rdiv,
    reciprocal,
)
from tapegrad.ops.arithmetic.sums import add, add_inplace, add_op, minus, minus_, rsub, sub

__all__ = [
    "add", "add_inplace", "add_op", "addcdiv", "addcmul", "div", "div_floor_op", "div_op",
    "div_trunc_op", "float_power", "floor_divide", "floor_divide_", "fmod", "gcd", "lcm", "lerp",
    "minus", "minus_", "mul", "mul_inplace", "neg", "positive", "pow", "pow_", "pow_number", "rdiv",
    "reciprocal", "remainder", "remainder_", "rpow", "rsqrt", "rsub", "sqrt", "square", "sub",
]  # fmt: skip
