"""Exponentials, logarithms and what is made of them."""

from __future__ import annotations

import math

import numpy as np

from tapegrad._kernels import OURS, Kernel
from tapegrad.ops._declare import mixed_op, op
from tapegrad.ops.pointwise.selection import where_op

exp = op(
    "exp", kernel=Kernel.from_ufunc(np.exp, ours=OURS["exp"]),
    makes_float=True, method=True, inplace=True,
    input="mul(g, out)",
    doc="Exponential of each element.",
)  # fmt: skip
exp2 = op(
    "exp2", kernel=np.exp2, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * out * math.log(2),
    doc="2 to the power of each element.",
)  # fmt: skip
expm1 = op(
    "expm1", kernel=np.expm1, makes_float=True, method=True, inplace=True,
    input=lambda g, out: g * (out + 1),
    doc="``exp(x) - 1``, accurate near zero.",
)  # fmt: skip
log = op(
    "log", kernel=Kernel.from_ufunc(np.log, ours=OURS["log"]),
    makes_float=True, method=True, inplace=True,
    input="div(g, input)",
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
sigmoid = op(
    "sigmoid", kernel=OURS["sigmoid"], makes_float=True, method=True, inplace=True,
    input="sigmoid_backward(g, out)",
    doc="Logistic function of each element: ``1 / (1 + exp(-x))``.",
)  # fmt: skip
sigmoid_backward = op(
    "sigmoid_backward", kernel=OURS["sigmoid_backward"], params=("g_out", "result"),
    g_out="sigmoid_backward(g, result)",
    result=lambda g, g_out, result: g * g_out * (1 - result * 2),
    doc="A gradient times the slope of the sigmoid, by its output: ``g * (1 - y) * y``.",
)  # fmt: skip
logaddexp = op(
    "logaddexp", kernel=Kernel.from_ufunc(np.logaddexp, ours=OURS["logaddexp"]),
    method=True, n_tensors=2,
    input=lambda g, input, other: g / ((other - input).exp() + 1),
    other=lambda g, input, other: g / ((input - other).exp() + 1),
    doc="``log(exp(input) + exp(other))``, without overflow. For floating-point numbers only.",
)  # fmt: skip
logaddexp2 = op(
    "logaddexp2", kernel=np.logaddexp2, method=True, n_tensors=2,
    input=lambda g, input, other: g / ((other - input).exp2() + 1),
    other=lambda g, input, other: g / ((input - other).exp2() + 1),
    doc="``log2(2**input + 2**other)``, without overflow. For floating-point numbers only.",
)  # fmt: skip
xlogy = mixed_op(
    "xlogy", "XlogyBackward", kernel=OURS["xlogy"], makes_float=True, method=True, inplace=True,
    input=lambda g, input, other: where_op(
        (input == 0) & (other <= 0), 0.0, xlogy(g, other)
    ),
    other=lambda g, input, other: g * input / other,
    doc="``input * log(other)``, and 0 where ``input`` is 0 whatever ``other`` is but NaN.",
)  # fmt: skip

__all__ = [
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "logaddexp", "logaddexp2", "sigmoid",
    "xlogy",
]  # fmt: skip
