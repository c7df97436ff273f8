"""Arithmetic between tensors and numbers."""

from tapegrad.ops.arithmetic import fused
from tapegrad.ops.arithmetic.division import div, floor_divide, floor_divide_, remainder, remainder_
from tapegrad.ops.arithmetic.powers import pow, pow_, pow_number, rpow
from tapegrad.ops.arithmetic.products import div_op, mul, mul_inplace, neg, rdiv
from tapegrad.ops.arithmetic.sums import add_inplace, add_op, minus, minus_, rsub

__all__ = [
    "add_inplace", "add_op", "div", "div_op", "floor_divide", "floor_divide_", "fused", "minus",
    "minus_", "mul", "mul_inplace", "neg", "pow", "pow_", "pow_number", "rdiv", "remainder",
    "remainder_", "rpow", "rsub",
]  # fmt: skip
