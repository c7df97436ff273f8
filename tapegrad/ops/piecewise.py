"""Activations that are straight between kinks: shrinking, clipping and leaking.

Their slope is constant between the kinks, so a gradient depends on the input only through masks. It
is an operation of its own, as in PyTorch: recorded, it has second derivatives, which are zero.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_number, refuse_integers
from tapegrad.ops._declare import composite, op
from tapegrad.ops._floats import run_on_floats
from tapegrad.ops._slopes import slope_op
from tapegrad.ops.create import zeros_like
from tapegrad.ops.generators import default_generator
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.tensor_types import type_name

leaky_relu_backward = slope_op("leaky_relu_backward")
leaky_relu = op(
    "leaky_relu",
    forward=lambda input, negative_slope=0.01: run_on_floats("leaky_relu", input, negative_slope),
    inplace=True,
    inplace_grad_name="LeakyReluBackward1",
    input=lambda g, input, negative_slope: leaky_relu_backward(g, input, (negative_slope,)),
    doc="``x`` where positive, else ``negative_slope * x``.",
)

hardtanh_backward = slope_op("hardtanh_backward", "zero_outside")
hardtanh = op(
    "hardtanh",
    forward=lambda input, min_val=-1.0, max_val=1.0: _limited(input, min_val, max_val),
    inplace=True,
    input=lambda g, input, min_val, max_val: hardtanh_backward(g, input, (min_val, max_val)),
    doc="``x``, at least ``min_val`` and at most ``max_val``.",
)

threshold_backward = slope_op("threshold_backward", "zero_inside")
threshold = op(
    "threshold",
    forward=lambda input, threshold, value: _above(input, threshold, value),
    inplace=True,
    inplace_grad_name="ThresholdBackward1",
    input=lambda g, input, threshold: threshold_backward(g, input, (-math.inf, threshold)),
    doc="``x`` where above ``threshold``, else ``value``.",
)

hardshrink_backward = slope_op("hardshrink_backward", "zero_inside")
hardshrink = op(
    "hardshrink",
    out="same",
    forward=lambda input, lambd=0.5: run_on_floats("hardshrink", input, _limit(lambd)),
    method=True,
    input=lambda g, input, lambd: hardshrink_backward(g, input, (-lambd, lambd)),
    doc="``x`` where ``|x| > lambd``, else 0.",
)

softshrink_backward = slope_op("softshrink_backward", "zero_inside")
_softshrink_op = op(
    "softshrink",
    forward=lambda input, lambd: run_on_floats("softshrink", input, lambd),
    input=lambda g, input, lambd: softshrink_backward(g, input, (-lambd, lambd)),
    doc="``x`` moved towards 0 by ``lambd``, and 0 where that would cross it.",
)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """``x - lambd`` above ``lambd``, ``x + lambd`` below ``-lambd``, else 0."""
    refuse_integers("softshrink_check", input._array)
    largest = float(np.finfo(input.dtype.numpy).max)
    if not 0 <= lambd <= largest:
        raise RuntimeError(
            f"lambda must be in range [0, {largest:g}] for input dtype {type_name(input)}, but "
            f"found {lambd:g}"
        )
    return _softshrink_op(input, float(lambd))


# PyTorch's gradient has it in single precision, whatever the dtype.
_SIXTH = float(np.float32(1 / 6))
hardsigmoid_backward = slope_op("hardsigmoid_backward", "slope_inside")
hardsigmoid = op(
    "hardsigmoid",
    forward=lambda input: run_on_floats("hardsigmoid", input),
    inplace=True,
    input=lambda g, input: hardsigmoid_backward(g, input, (-3.0, 3.0, _SIXTH)),
    doc="``(x + 3) / 6``, at least 0 and at most 1.",
)

prelu_kernel_backward = op(
    "prelu_kernel_backward",
    forward=lambda g_out, input, weight: _prelu_slopes(g_out, input, weight),
    outputs=("input_slope", "weight_slope"),
    inputs=("g_out", "input", "weight"),
    gradients=lambda grads, g_out, input, weight: _prelu_second(grads, g_out, input, weight),
    doc="The gradients of prelu by its input and, for each element, by its weight.",
)
prelu_kernel = op(
    "prelu_kernel",
    kernel=OURS["prelu"],
    params=("input", "weight"),
    inputs=("input", "weight"),
    gradients=lambda g, input, weight: prelu_kernel_backward(g, input, weight),
    doc="``x`` where positive, else ``weight * x``.",
)


@composite
def _prelu_input_slope(g, input, weight):
    return where_op(input > 0, g, weight * g)


@composite
def _prelu_weight_slope(g, input):
    return where_op(input > 0, 0.0, input * g)


def _prelu_slopes(g: np.ndarray, input: np.ndarray, weight: np.ndarray) -> tuple:
    return _prelu_input_slope(g, input, weight), _prelu_weight_slope(g, input)


def _prelu_second(grads, g_out, input, weight) -> tuple:
    """By the gradient, the input and the weight; each takes part where the input is negative.

    As in PyTorch that leaves out 0, where the first derivative is the negative side's.
    """
    is_positive, none = input >= 0, zeros_like(g_out)
    by_input, by_weight = grads
    by_g, by_x, by_w = none, none, none
    if by_input is not None:
        by_g = where_op(is_positive, by_input, by_input * weight)
        by_w = where_op(is_positive, 0.0, by_input * g_out)
    if by_weight is not None:
        by_g = by_g + where_op(is_positive, 0.0, by_weight * input)
        by_x = where_op(is_positive, 0.0, by_weight * g_out)
    return by_g, by_x, by_w


# ------------------------------------------------------------------------- with a random slope


_MULTIPLY, _LESS_EQUAL = map(kernels.numpy_kernel, (np.multiply, np.less_equal))


def _with_slopes(input: np.ndarray, slopes) -> np.ndarray:
    if isinstance(slopes, float):
        return run_on_floats("leaky_relu", input, slopes)
    return kernels.pointwise(_MULTIPLY, input, slopes)


_rrelu_backward = op(
    "rrelu_with_noise_backward",
    forward=composite(lambda g_out, input, slopes: where_op(input > 0, g_out, g_out * slopes)),
    params=("g_out", "input", "slopes"),
    g_out=lambda g, input, slopes: _rrelu_backward(g, input, slopes),
    input=lambda g: zeros_like(g),
    doc="A gradient times the slope at the input, each element's own or one for all.",
)
_rrelu_with_noise = op(
    "rrelu_with_noise",
    forward=_with_slopes,
    params=("input", "slopes"),
    inplace=True,
    inplace_grad_name="RreluWithNoiseBackward1",
    input=lambda g, input, slopes: _rrelu_backward(g, input, slopes),
    doc="``x`` where positive, else ``x`` times a slope, each element's own or one for all.",
)


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
    generator=None, inplace: bool = False,
) -> Tensor:  # fmt: skip
    """``leaky_relu`` with a slope drawn for each element from [lower, upper), or their mean.

    Source: Xu et al. 2015.
    """
    for which, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {which} bound must be finite, got {bound:g}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    refuse_integers("rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu", input._array)
    if training and input.dtype is _types.float16:
        raise NotImplementedError("\"rrelu_with_noise_out_cpu\" not implemented for 'Half'")
    slopes: float | np.ndarray = (float(lower) + float(upper)) / 2
    if training:
        slopes = (generator or default_generator).draw_for(
            "leaky_slope", input._array, (float(lower), float(upper))
        )
    return input.rrelu_with_noise_(slopes) if inplace else _rrelu_with_noise(input, slopes)


# ------------------------------------------------------------------------- on arrays


def _limited(input: np.ndarray, low, high) -> np.ndarray:
    if input.dtype == np.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input.dtype.kind != "f":
        low, high = [int(kernels.element(limit, np.dtype(np.int64).num)) for limit in (low, high)]
        if input.dtype.kind == "u" and (low < 0 or high < 0):
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return kernels.pointwise(OURS["clamp"], input, *_scalars(input.dtype, low, high))


def _above(input: np.ndarray, threshold, value) -> np.ndarray:
    if input.dtype.kind == "f":
        return run_on_floats("threshold", input, threshold, value)
    if input.dtype == np.bool_:
        raise NotImplementedError("\"threshold_cpu\" not implemented for 'Bool'")
    limit = kernels.element(threshold, input.dtype.num)
    is_below = kernels.pointwise(_LESS_EQUAL, input, limit)
    (filler,) = _scalars(input.dtype, value)
    return kernels.pointwise(OURS["where"], is_below, filler, input, dtype=input.dtype)


def _scalars(dtype: np.dtype, *numbers) -> list[np.ndarray]:
    return [kernels.fill(kernels.empty((), dtype), number) for number in numbers]


def _limit(lambd: Any) -> float:
    """A number, for which a tensor without dimensions may stand."""
    if isinstance(lambd, np.ndarray) and lambd.ndim:
        raise TypeError("a limit is one number")
    check_number(lambd)
    return float(lambd)
