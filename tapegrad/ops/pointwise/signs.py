"""Signs and sizes."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, Kernel
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._declare import (
    alias,
    method,
    mixed_op,
    not_differentiable,
    op,
    takes_out,
)
from tapegrad.ops.create import zeros_like
from tapegrad.ops.pointwise.selection import where_op

abs = op(
    "abs", kernel=Kernel.from_ufunc(np.absolute, name="abs", without="?"),
    method=True, inplace=True, out="same",
    input=lambda g, input: g * input.sgn(),
    doc="Each element without its sign.",
)  # fmt: skip
sign = op(
    "sign", kernel=OURS["sign"], method=True, inplace=True, out="same",
    input=lambda g: zeros_like(g),
    doc="-1, 0 or 1 by each element's sign.",
)  # fmt: skip
sgn = op(
    "sgn", kernel=OURS["sign"], method=True, inplace=True, out="same",
    input=lambda g: zeros_like(g),
    doc="-1, 0 or 1 by each element's sign: :func:`sign`, as numbers here are real.",
)  # fmt: skip
signbit = op(
    "signbit", kernel=OURS["signbit"], method=True,
    out="signbit does not support non-boolean outputs.",
    doc="Where an element is below zero or minus zero.",
)  # fmt: skip


def _copied_slope(g, input, out):
    return where_op(input == 0, 0.0, g * (out / input))


copysign = mixed_op(
    "copysign", "CopysignBackward", numbers=(None, 1), kernel=OURS["copysign"], makes_float=True,
    method=True, inplace=True,
    input=lambda g, input, out: _copied_slope(g, input, out),
    other=lambda g: zeros_like(g),
    doc="The size of each element with the sign of ``other``.",
)  # fmt: skip
heaviside_op = op(
    "heaviside", kernel=OURS["heaviside"], n_tensors=2, grad_name="NotImplemented",
    input=not_differentiable("heaviside"), values=not_differentiable("heaviside"),
    doc="0 below zero, 1 above, and ``values`` at zero.",
)  # fmt: skip
_heaviside_inplace = InplaceOp(heaviside_op)


_DIFFERENT = "heaviside is not yet implemented for tensors with different dtypes."


def _check_same_dtype(input: Tensor, values: Tensor) -> None:
    are_tensors = isinstance(input, Tensor) and isinstance(values, Tensor)
    if are_tensors and input.dtype is not values.dtype:
        raise RuntimeError(_DIFFERENT)


@takes_out(_DIFFERENT)
@method()
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """The step function: 0 below zero, 1 above, and ``values`` at zero.

    Raises RuntimeError for tensors of different dtypes.
    """
    _check_same_dtype(input, values)
    return heaviside_op(input, values)


@method()
def heaviside_(self: Tensor, values: Tensor) -> Tensor:
    """In-place form of :func:`heaviside`."""
    _check_same_dtype(self, values)
    return _heaviside_inplace(self, values)


angle = op(
    "angle",
    forward=lambda input: _angle(input),
    method=True,
    out="cast",
    input=lambda g: zeros_like(g),
    doc="The angle of each number in the complex plane: 0 from zero on, pi below, NaN for NaN.",
)


def _angle(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind != "f":
        x = kernels.cast_array(x, get_default_dtype().numpy)
    is_below = kernels.pointwise(_STEP, kernels.pointwise(_NEGATIVE, x), 0.0)
    return kernels.pointwise(_MULTIPLY, is_below, math.pi, out=is_below)


_STEP, _NEGATIVE, _MULTIPLY = map(
    kernels.numpy_kernel, (np.heaviside, np.negative, np.multiply)
)


absolute = alias("absolute", abs)

__all__ = ["abs", "absolute", "angle", "copysign", "heaviside", "sgn", "sign", "signbit"]
