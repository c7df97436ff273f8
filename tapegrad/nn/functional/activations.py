"""Element-wise activation functions. All keep the shape of their input."""

from __future__ import annotations

from typing import Any

from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad.ops import rectifiers
from tapegrad.ops._declare import calls, public, takes_out, takes_tensors, written_as
from tapegrad.ops._refusal import refusal
from tapegrad.ops.prelu import prelu as prelu


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(x, 0)``."""
    return input.relu_() if inplace else ops.relu(input)


@takes_tensors
def relu_(input: Tensor) -> Tensor:
    """``relu`` in place."""
    return input.relu_()


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """``x`` clamped to ``[min_val, max_val]``."""
    if (min_val > max_val) is not False:
        _check_bounds(input, min_val, max_val)
    if inplace:
        return input.hardtanh_(min_val, max_val)
    return ops.hardtanh(input, min_val, max_val)


def _check_bounds(input: Tensor, min_val: Any, max_val: Any) -> None:
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    refused = refusal("hardtanh", (input, min_val, max_val), {}, is_method=False)
    if refused is not None:
        raise refused


@takes_tensors
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """``hardtanh`` in place."""
    return input.hardtanh_(min_val, max_val)


@calls("relu6", "input")
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x, 0), 6)``."""
    return hardtanh(input, 0.0, 6.0, inplace)


@written_as("functional.leaky_relu")
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``x`` where positive, ``negative_slope · x`` elsewhere."""
    if inplace:
        return input.leaky_relu_(negative_slope)
    return ops.leaky_relu(input, negative_slope)


@takes_tensors
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """``leaky_relu`` in place."""
    return leaky_relu(input, negative_slope, inplace=True)


@written_as("functional.elu")
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` where positive, ``alpha · (exp(x) - 1)`` elsewhere."""
    if inplace:
        return input.elu_(alpha, 1.0, 1.0)
    return ops.elu(input, alpha, 1.0, 1.0)


@takes_tensors
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``elu`` in place."""
    return elu(input, alpha, inplace=True)


@calls("selu", "input")
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """ELU with the scales that keep mean 0 and variance 1."""
    if inplace:
        return input.elu_(rectifiers.SELU_ALPHA, rectifiers.SELU_SCALE, 1.0)
    return rectifiers.selu(input)


@takes_tensors
def selu_(input: Tensor) -> Tensor:
    """``selu`` in place."""
    return selu(input, inplace=True)


@written_as("functional.celu")
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``max(x, 0) + min(alpha · (exp(x / alpha) - 1), 0)``."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return input.celu_(alpha) if inplace else ops.celu(input, alpha)


@takes_tensors
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``celu`` in place."""
    return celu(input, alpha, inplace=True)


@takes_out("cast")
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """``x · Φ(x)`` with the normal distribution function, or with its ``"tanh"`` form."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return ops.gelu(input, approximate)


@written_as("functional.glu")
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along ``dim`` times the sigmoid of the second. Source: Dauphin et al. 2017.

    Shape: ``(..., 2 n, ...)`` to ``(..., n, ...)``.
    """
    return ops.glu(input, dim)


hardshrink = public("hardshrink", ops.hardshrink)


@takes_out("cast")
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """``x - lambd`` above ``lambd``, ``x + lambd`` below ``-lambd``, 0 between."""
    return ops.softshrink(input, lambd)


@written_as("functional.rrelu")
def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
    inplace: bool = False,
) -> Tensor:  # fmt: skip
    """``leaky_relu`` with random slopes: while ``training`` drawn from [lower, upper) for each
    negative element, else their mean. Source: Xu et al. 2015.
    """
    if inplace:
        return rrelu_(input, lower, upper, training)  # which looks at all of them before it writes
    return ops.rrelu(input, lower, upper, training)


@takes_tensors
def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """``rrelu`` in place."""
    return ops.rrelu(input, lower, upper, training, inplace=True)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``x · sigmoid(x)``."""
    return input.silu_() if inplace else ops.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x · tanh(softplus(x))``."""
    return input.mish_() if inplace else ops.mish(input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x + 3, 0), 6) / 6``."""
    return input.hardsigmoid_() if inplace else ops.hardsigmoid(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x · min(max(x + 3, 0), 6) / 6``."""
    return input.hardswish_() if inplace else ops.hardswish(input)


@written_as("functional.threshold")
def _threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """``x`` where above ``threshold``, ``value`` elsewhere."""
    if inplace:
        return input.threshold_(threshold, value)
    return ops.threshold(input, threshold, value)


threshold = _threshold  # PyTorch's messages call it by the other name


@takes_tensors
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """``threshold`` in place."""
    return input.threshold_(threshold, value)


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-x))``."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return input.tanh()


def softsign(input: Tensor) -> Tensor:
    """``x / (1 + |x|)``."""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """``x - tanh(x)``."""
    return input - input.tanh()


@takes_out("cast", "log_sigmoid_forward", called="log_sigmoid")
def logsigmoid(input: Tensor) -> Tensor:
    """``log(1 / (1 + exp(-x)))``."""
    return ops.log_sigmoid(input)


@takes_out("cast")
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta · x)) / beta``, and ``x`` itself where ``beta · x > threshold``."""
    return ops.softplus(input, beta, threshold)
