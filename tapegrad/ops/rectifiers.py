"""Activation functions that are functions of ``torch`` too, there without ``inplace``."""

from __future__ import annotations

from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import public, takes_tensors
from tapegrad.ops.generators import Generator

# Those of ELU and SELU that keep mean 0 and variance 1. Source: Klambauer et al. 2017.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@takes_tensors
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``max(x, 0) + min(alpha · (exp(x / alpha) - 1), 0)``."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return ops.celu(input, alpha)


@takes_tensors
def selu(input: Tensor) -> Tensor:
    """ELU with the scales that keep mean 0 and variance 1."""
    return ops.elu(input, SELU_ALPHA, SELU_SCALE, 1.0)


@takes_tensors
def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """``leaky_relu`` with random slopes: while ``training`` drawn from [lower, upper) for each
    negative element, else their mean. Source: Xu et al. 2015.
    """
    return ops.rrelu(input, lower, upper, training, generator)


threshold = public("threshold", ops.threshold)

__all__ = ["celu", "rrelu", "selu", "threshold"]
