"""Activation functions that shrink, gate or draw their slopes, as layers."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.module import Module


class GLU(Module):
    """The first half along ``dim`` times the sigmoid of the second. Source: Dauphin et al. 2017."""

    __constants__ = ["dim"]

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Halve ``input`` along ``dim``."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """Name the dimension."""
        return f"dim={self.dim}"


class RReLU(Module):
    """``leaky_relu`` with slopes drawn from [lower, upper) in training mode, else their mean.

    Shape: any, to the same. Source: Xu et al. 2015.
    """

    __constants__ = ["lower", "upper", "inplace"]

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """List the settings."""
        suffix = ", inplace=True" if self.inplace else ""
        return f"lower={self.lower}, upper={self.upper}{suffix}"


class _Shrink(Module):
    """A bound below which elements are zeroed."""

    __constants__ = ["lambd"]

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """Give the bound."""
        return f"{self.lambd}"


class Hardshrink(_Shrink):
    """``x`` where ``|x| > lambd``, 0 elsewhere."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """``x - lambd`` above ``lambd``, ``x + lambd`` below ``-lambd``, 0 between."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.softshrink(input, self.lambd)
