"""Products, quotients, signs turned."""

from __future__ import annotations

import numpy as np

from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, Kernel
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import attach, method, op, public, takes_out

mul = op(
    "mul",
    kernel=np.multiply,
    takes_numbers=True,
    widens_half=True,
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
    takes_numbers=True,
    widens_half=True,
    makes_float=True,
    input="div(g, other)",
    other=lambda g, input, other: -g * ((input / other) / other),
    doc="Quotient of two tensors, element by element.",
)
reciprocal = op(
    "reciprocal",
    kernel=Kernel.from_ufunc(np.reciprocal, ours=OURS["reciprocal"]),
    makes_float=True,
    method=True,
    inplace=True,
    input=lambda g, out: -g * (out * out),
    doc="One divided by each element.",
)
neg_op = op("neg", kernel=np.negative, input="neg(g)", doc="Each element with its sign turned.")
mul_inplace, _neg_inplace = InplaceOp(mul), InplaceOp(neg_op)


def _refuse_bool_negation(input) -> None:
    if isinstance(input, Tensor) and input.dtype is _types.bool:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )


@takes_out("same")
def neg(input: Tensor) -> Tensor:
    """Each element with its sign turned. Raises RuntimeError for bools."""
    _refuse_bool_negation(input)
    return neg_op(input)


def neg_(self: Tensor) -> Tensor:
    """In-place form of :func:`neg`."""
    _refuse_bool_negation(self)
    return _neg_inplace(self)


@method()
def positive(input: Tensor) -> Tensor:
    """The tensor itself. Raises RuntimeError for bools."""
    if input.dtype is _types.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@method("__rdiv__")
def rdiv(input: Tensor, other) -> Tensor:
    """``other / input`` for a number ``other``."""
    return reciprocal(input) * other


for _name, _function in {
    "multiply": mul, "multiply_": mul_inplace, "true_divide": div_op,
    "true_divide_": InplaceOp(div_op), "neg": neg, "negative": neg, "neg_": neg_,
    "negative_": neg_,
}.items():  # fmt: skip
    attach(_name, _function)

multiply, negative = public("multiply", mul), public("negative", neg)

__all__ = ["mul", "multiply", "neg", "negative", "positive", "reciprocal"]
