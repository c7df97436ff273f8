"""Activations, softmax and dropout."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import composite, op
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.pointwise import sigmoid, tanh, where_op
from tapegrad.ops.random import bernoulli_mask

relu = op(
    "relu", kernel=OURS["relu"], method=True, inplace=True,
    input=lambda g, out: relu_backward(g, out),
    doc="Each element, or 0 if it is negative: ``max(x, 0)``.",
)  # fmt: skip
relu_backward = op(
    "relu_backward", kernel=OURS["relu_backward"], params=("g_out", "result"),
    g_out=lambda g, result: relu_backward(g, result),
    doc="A gradient where the output of relu is positive, else 0.",
)  # fmt: skip


def _with_params(name: str):
    """A forward function that runs a kernel of one input and some numbers."""

    def run(input: np.ndarray, numbers: tuple) -> np.ndarray:
        result = kernels.empty_like(input)
        OURS[name](input, result, params=numbers)
        return result

    return run


_leaky_relu, _elu, _softplus = map(_with_params, ("leaky_relu", "elu", "softplus"))


def _plain(name: str):
    def run(input: np.ndarray) -> np.ndarray:
        return kernels.pointwise(OURS[name], input)

    return run


leaky_relu = op(
    "leaky_relu",
    forward=lambda input, negative_slope=0.01: _leaky_relu(input, (negative_slope,)),
    inplace=True,
    input=lambda g, input, negative_slope: where_op(input > 0, g, g * negative_slope),
    doc="``x`` where positive, else ``negative_slope * x``.",
)
elu = op(
    "elu",
    forward=lambda input, alpha=1.0, scale=1.0, input_scale=1.0: _elu(
        input, (alpha, scale, input_scale)
    ),
    inplace=True,
    input=lambda g, input, alpha, scale, input_scale: where_op(
        input > 0,
        g * scale,
        g * ((input * input_scale).exp() * (alpha * scale * input_scale)),
    ),
    doc="``scale * x`` where positive, else ``scale * alpha * (exp(input_scale * x) - 1)``.",
)
softplus = op(
    "softplus",
    forward=lambda input, beta=1.0, threshold=20.0: _softplus(input, (beta, threshold)),
    input=lambda g, input, beta, threshold: where_op(
        input * beta > threshold, g, g * sigmoid(input * beta)
    ),
    doc="``log(1 + exp(beta * x)) / beta``; ``x`` itself where ``beta * x > threshold``.",
)
log_sigmoid = op(
    "log_sigmoid", forward=_plain("log_sigmoid"),
    input=lambda g, input: g * sigmoid(-input),
    doc="``log(1 / (1 + exp(-x)))``, without overflow.",
)  # fmt: skip
silu = op(
    "silu",
    forward=composite(lambda input: input * sigmoid(input)),
    params=("input",),
    inplace=True,
    input=lambda g, input: g * _silu_slope(input),
    doc="``x * sigmoid(x)``.",
)


def _silu_slope(x: Tensor) -> Tensor:
    gate = sigmoid(x)
    return gate * (x * (1 - gate) + 1)


_SQRT_HALF, _TANH_SCALE, _CUBIC = math.sqrt(0.5), math.sqrt(2 / math.pi), 0.044715


def _gelu(x: Tensor, approximate: str) -> Tensor:
    if approximate == "tanh":
        return x * 0.5 * (tanh((x + x * x * x * _CUBIC) * _TANH_SCALE) + 1)
    return x * 0.5 * ((x * _SQRT_HALF).erf() + 1)


def _gelu_slope(x: Tensor, approximate: str) -> Tensor:
    if approximate == "tanh":
        inner = tanh((x + x * x * x * _CUBIC) * _TANH_SCALE)
        inner_slope = (x * x * (3 * _CUBIC) + 1) * _TANH_SCALE
        return (inner + 1) * 0.5 + x * 0.5 * (1 - inner * inner) * inner_slope
    density = (x * x * -0.5).exp() * (1 / math.sqrt(2 * math.pi))
    return ((x * _SQRT_HALF).erf() + 1) * 0.5 + x * density


_gelu_op = op(
    "gelu",
    forward=composite(_gelu),
    params=("input", "approximate"),
    input=lambda g, input, approximate: g * _gelu_slope(input, approximate),
    doc="``x`` times the probability that a standard normal is below ``x``.",
)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """``x * P(N(0, 1) <= x)``; ``approximate="tanh"`` is the formula with tanh instead of erf."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return _gelu_op(input, approximate)


hardtanh = op(
    "hardtanh",
    forward=lambda input, min_val=-1.0, max_val=1.0: _limited(input, min_val, max_val),
    inplace=True,
    input=lambda g, input, min_val, max_val: where_op(
        (input > min_val) & (input < max_val), g, 0.0
    ),
    doc="``x``, at least ``min_val`` and at most ``max_val``.",
)


def _limited(input: np.ndarray, low, high) -> np.ndarray:
    low, high = (kernels.fill(kernels.empty((), input.dtype), one) for one in (low, high))
    return kernels.pointwise(OURS["clamp"], input, low, high)


# ------------------------------------------------------------------------- softmax


def _over_last(name: str):
    """A forward function that runs a kernel of rows along any dimension."""

    def run(input: np.ndarray, dim: int) -> np.ndarray:
        moved = np.moveaxis(input, dim, -1) if input.ndim else input.reshape(1)
        result = kernels.empty_like(moved)
        OURS[name](moved, result)
        return np.moveaxis(result, -1, dim) if input.ndim else result.reshape(())

    return run


softmax_op = op(
    "softmax",
    forward=_over_last("softmax"),
    input=lambda g, out, dim: out * (g - (g * out).sum(dim, keepdim=True)),
    doc="``exp(x) / sum(exp(x))`` along a dimension.",
)
log_softmax_op = op(
    "log_softmax",
    forward=_over_last("log_softmax"),
    input=lambda g, out, dim: g - out.exp() * g.sum(dim, keepdim=True),
    doc="``x - log(sum(exp(x)))`` along a dimension.",
)


def _softmax_along(operation, name: str):
    def along(input: Tensor, dim: int, dtype=None) -> Tensor:
        if dtype is not None:
            input = input.to(dtype)
        if not input.is_floating_point():
            raise NotImplementedError(
                f'"{name}" not implemented for \'{kernels.TYPE_NAMES[input.dtype.numpy.num]}\''
            )
        return operation(input, normal_dim(dim, input.ndim))

    along.__name__ = along.__qualname__ = operation.name
    along.__doc__ = operation.__doc__
    attach_method(operation.name, along)
    return along


softmax = _softmax_along(softmax_op, "softmax_lastdim_kernel_impl")
log_softmax = _softmax_along(log_softmax_op, "log_softmax_lastdim_kernel_impl")


def dropout(input: Tensor, p: float, training: bool) -> Tensor:
    """Each element set to 0 with probability ``p``, the others scaled by ``1 / (1 - p)``.

    Without ``training`` the tensor itself.
    """
    if p < 0 or p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        return input * Tensor._wrap(np.zeros((), input.dtype.numpy))
    return input * bernoulli_mask(input, 1 - p)
