"""Smooth activations and softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad._types import as_dtype, float16
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import attach, op, takes_out
from tapegrad.ops._dims import normal_dim
from tapegrad.ops._floats import HALF, on_floats, rounded_once, run_on_floats
from tapegrad.ops._slopes import slope_op
from tapegrad.ops.create import zeros_like
from tapegrad.ops.pointwise import sigmoid, tanh, where_op
from tapegrad.ops.pointwise.exponentials import sigmoid_backward
from tapegrad.ops.shape import cat

OURS["relu"].refusals = {"Bool": (RuntimeError, "Boolean inputs not supported for relu")}
relu = op(
    "relu", kernel=OURS["relu"], method=True, inplace=True, out="none",
    input="relu_backward(g, out)",
    doc="Each element, or 0 if it is negative: ``max(x, 0)``.",
)  # fmt: skip
relu_backward = op(
    "relu_backward", kernel=OURS["relu_backward"], params=("g_out", "result"),
    g_out="relu_backward(g, result)",
    result=lambda g: zeros_like(g),
    doc="A gradient where the output of relu is positive, else 0.",
)  # fmt: skip


def _elu_bend(g, g_out, input, numbers) -> Tensor:
    below = elu_backward(g * g_out * numbers[2], input, numbers)
    return below * (input < 0).to(input.dtype)


elu_backward = slope_op("elu_backward", input=_elu_bend)
elu = op(
    "elu",
    forward=lambda input, alpha=1.0, scale=1.0, input_scale=1.0: run_on_floats(
        "elu", input, alpha, scale, input_scale
    ),
    inplace=True,
    inplace_grad_name="EluBackward1",
    input=lambda g, input, alpha, scale, input_scale: elu_backward(
        g, input, (alpha, scale, input_scale)
    ),
    doc="``scale * x`` where positive, else ``scale * alpha * (exp(input_scale * x) - 1)``.",
)
celu = op(
    "celu",
    forward=lambda input, alpha=1.0: run_on_floats("elu", input, alpha, 1.0, 1.0 / alpha),
    inplace=True,
    inplace_grad_name="CeluBackward1",
    # PyTorch's gradient has alpha in single precision, whatever the dtype.
    input=lambda g, input, alpha: elu_backward(
        g, input, (alpha, 1.0, 1 / float(np.float32(alpha)))
    ),
    doc="``x`` where positive, else ``alpha * (exp(x / alpha) - 1)``.",
)


def _softplus_bend(g, g_out, input, numbers) -> Tensor:
    beta, threshold = numbers
    gate = sigmoid(input * beta)
    return where_op(input * beta > threshold, 0.0, g * g_out * (gate * (1 - gate) * beta))


softplus_backward = slope_op("softplus_backward", input=_softplus_bend)
softplus = op(
    "softplus",
    forward=lambda input, beta=1.0, threshold=20.0: run_on_floats(
        "softplus", input, beta, threshold
    ),
    input=lambda g, input, beta, threshold: softplus_backward(g, input, (beta, threshold)),
    doc="``log(1 + exp(beta * x)) / beta``; ``x`` itself where ``beta * x > threshold``.",
)
log_sigmoid_backward = slope_op(
    "log_sigmoid_backward",
    input=lambda g, g_out, input: -g * g_out * (sigmoid(input) * sigmoid(-input)),
)
log_sigmoid = op(
    "log_sigmoid",
    forward=lambda input: kernels.pointwise(OURS["log_sigmoid"], kernels.contiguous(input)),
    input="log_sigmoid_backward(g, input)",
    doc="``log(1 / (1 + exp(-x)))``, without overflow.",
)  # fmt: skip


def _silu_bend(g, g_out, input) -> Tensor:
    gate = sigmoid(input)
    return g * g_out * (gate * (1 - gate) * (input * (1 - gate * 2) + 2))


silu_backward = slope_op("silu_backward", input=_silu_bend)
silu = op(
    "silu",
    forward=lambda input: run_on_floats("silu", input),
    inplace=True,
    input="silu_backward(g, input)",
    doc="``x * sigmoid(x)``.",
)
mish = op(
    "mish",
    forward=on_floats("mish_cpu", lambda input: input * tanh(softplus(input))),
    params=("input",),
    inplace=True,
    input=lambda g, input: _times_slope(g, input, _mish_slope),
    doc="``x * tanh(softplus(x))``.",
)


def _times_slope(g: Tensor, x: Tensor, slope: Callable[[Tensor], Tensor]) -> Tensor:
    """``g`` times the slope at ``x``; float16 is computed in float and rounded once."""
    if x.dtype is float16:
        return (g.float() * slope(x.float())).half()
    return g * slope(x)


def _mish_slope(x: Tensor) -> Tensor:
    # The exponential overflows where softplus would not; the second derivative is then NaN, as
    # PyTorch's is.
    gate = tanh(x.exp().log1p())
    return gate + x * sigmoid(x) * (1 - gate * gate)


_TANH_SCALE, _CUBIC = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_bend(x: Tensor) -> Tensor:
    inner = tanh((x + x * x * x * _CUBIC) * _TANH_SCALE)
    inside_slope = (x * x * (3 * _CUBIC) + 1) * _TANH_SCALE
    bent = inside_slope + x * (x * (3 * _CUBIC * _TANH_SCALE) - inner * inside_slope * inside_slope)
    return (1 - inner * inner) * bent


def _normal_density(x: Tensor) -> Tensor:
    return (x * x * -0.5).exp() * (1 / math.sqrt(2 * math.pi))


_gelu_op = op(
    "gelu", kernel=OURS["gelu"],
    input="gelu_backward(g, input)",
    doc="``x`` times the probability that a standard normal is below ``x``.",
)  # fmt: skip
gelu_backward = op(
    "gelu_backward", kernel=OURS["gelu_backward"], params=("g_out", "input"),
    g_out="gelu_backward(g, input)",
    input=lambda g, g_out, input: g * g_out * _normal_density(input) * (2 - input * input),
    doc="A gradient times the slope of gelu.",
)  # fmt: skip
_gelu_tanh_op = op(
    "gelu_tanh", kernel=OURS["gelu_tanh"], grad_name="GeluBackward0",
    input="gelu_tanh_backward(g, input)",
    doc="``gelu`` with tanh in place of erf.",
)  # fmt: skip
gelu_tanh_backward = op(
    "gelu_tanh_backward", kernel=OURS["gelu_tanh_backward"], params=("g_out", "input"),
    grad_name="GeluBackwardBackward0",
    g_out="gelu_tanh_backward(g, input)",
    input=lambda g, g_out, input: _times_slope(g * g_out, input, _gelu_tanh_bend),
    doc="A gradient times the slope of that.",
)  # fmt: skip


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """``x * P(N(0, 1) <= x)``; ``approximate="tanh"`` is the formula with tanh instead of erf."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    refuse_integers("GeluKernelImpl", input._array)
    return (_gelu_tanh_op if approximate == "tanh" else _gelu_op)(input)


hardswish_backward = slope_op(
    "hardswish_backward",
    input=lambda g, g_out, input: where_op((input > -3) & (input < 3), g * g_out / 3, 0.0),
)
hardswish = op(
    "hardswish",
    forward=lambda input: run_on_floats("hardswish", input),
    inplace=True,
    input="hardswish_backward(g, input)",
    doc="``x * (x + 3) / 6`` between -3 and 3; 0 below, ``x`` above.",
)


def _glu_slope(g: Tensor, input: Tensor, dim: int) -> Tensor:
    values, gates = input.chunk(2, dim)
    gate = sigmoid(gates)
    return cat((g * gate, sigmoid_backward(g * values, gate)), dim)


def _glu(input: np.ndarray, dim: int) -> np.ndarray:
    refuse_integers("glu_cpu", input)
    if input.dtype is HALF:
        return rounded_once(_glu, input, dim)
    half = input.shape[dim] // 2
    values, gates = kernels.pieces(input, dim, (half, half))
    gate = kernels.pointwise(sigmoid.kernel, gates)
    return kernels.pointwise(_MULTIPLY, values, gate)


_MULTIPLY = kernels.numpy_kernel(np.multiply)


_glu_op = op(
    "glu",
    forward=_glu,
    input=lambda g, input, dim: _glu_slope(g, input, dim),
    doc="The first half of a dimension times the sigmoid of the second.",
)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along ``dim`` times the sigmoid of the second. Source: Dauphin et al. 2017."""
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = normal_dim(dim, input.ndim)
    if input.shape[dim] % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}"
        )
    return _glu_op(input, dim)


# ------------------------------------------------------------------------- softmax


def _rows(name: str) -> partial:
    """A forward function that runs a kernel of rows along any dimension."""
    return partial(kernels.along, OURS[name])


softmax_op = op(
    "softmax",
    forward=_rows("softmax"),
    params=("input", "dim"),
    input="softmax_backward(g, out, dim)",
    doc="``exp(x) / sum(exp(x))`` along a dimension.",
)
softmax_backward = op(
    "softmax_backward",
    forward=_rows("softmax_backward"),
    params=("values", "result", "dim"),
    values="softmax_backward(g, result, dim)",
    result=lambda g, values, result, dim: (
        g * (values - (values * result).sum(dim, keepdim=True))
        - values * (g * result).sum(dim, keepdim=True)
    ),
    doc="``out * (g - sum(g * out))`` along a dimension.",
)
log_softmax_op = op(
    "log_softmax",
    forward=_rows("log_softmax"),
    params=("input", "dim"),
    defaults=(1,),
    input="log_softmax_backward(g, out, dim)",
    doc="``x - log(sum(exp(x)))`` along a dimension.",
)
log_softmax_backward = op(
    "log_softmax_backward",
    forward=_rows("log_softmax_backward"),
    params=("values", "result", "dim"),
    values=lambda g, result, dim: g - (g * result.exp()).sum(dim, keepdim=True),
    result=lambda g, values, result, dim: (
        g * result.exp() * -values.sum(dim, keepdim=True)
    ),
    doc="``g - exp(out) * sum(g)`` along a dimension.",
)


def _softmax_along(operation, name: str):
    def along(input: Tensor, dim: int, dtype=None) -> Tensor:
        if dtype is not None:
            input = input.to(as_dtype(dtype, operation.name))
        dim = normal_dim(dim, input.ndim)
        if not input.is_floating_point():
            is_last = dim >= input.ndim - 1
            refuse_integers(f"{name}{'_lastdim' * is_last}_kernel_impl", input._array)
        return operation(input, dim)

    along.__name__ = along.__qualname__ = operation.name
    along.__doc__ = operation.__doc__
    attach(operation.name, along)
    return along


softmax, log_softmax = map(takes_out(records=True), (
    _softmax_along(softmax_op, "softmax"), _softmax_along(log_softmax_op, "log_softmax"),
))

__all__ = ["log_softmax", "relu", "softmax"]
