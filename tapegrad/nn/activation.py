"""Activation functions as layers. All keep the shape of their input."""

from __future__ import annotations

import warnings
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.nn._call import Straight
from tapegrad.nn._front import front
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter
from tapegrad.ops import relu


class _Inplace(Module):
    """A function of each element that may overwrite its input."""

    __constants__ = ["inplace"]

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Say whether it works in place."""
        return "inplace=True" if self.inplace else ""


class ReLU(_Inplace):
    """``max(x, 0)``."""

    @front(Straight, globals(), "relu", "inplace")
    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.relu(input, inplace=True) if self.inplace else relu(input)


class Hardtanh(Module):
    """``x`` clamped to ``[min_val, max_val]``."""

    __constants__ = ["min_val", "max_val", "inplace"]

    min_val: float
    max_val: float
    inplace: bool

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            _warn_renamed("min_value", "min_val")
            min_val = min_value
        if max_value is not None:
            _warn_renamed("max_value", "max_val")
            max_val = max_value
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace
        if not self.max_val > self.min_val:
            raise AssertionError(f"max_val ({max_val}) must be greater than min_val ({min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"min_val={self.min_val}, max_val={self.max_val}{_inplace_suffix(self)}"


def _warn_renamed(old: str, new: str) -> None:
    message = f"keyword argument `{old}` is deprecated and renamed to `{new}`"
    warnings.warn(message, FutureWarning, stacklevel=3)


def _inplace_suffix(module: Any) -> str:
    return ", inplace=True" if module.inplace else ""


class ReLU6(Hardtanh):
    """``min(max(x, 0), 6)``. Source: Krizhevsky 2010."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Say whether it works in place."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """``x`` where positive, ``negative_slope · x`` elsewhere. Source: Maas, Hannun and Ng 2013."""

    __constants__ = ["inplace", "negative_slope"]

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"negative_slope={self.negative_slope}{_inplace_suffix(self)}"


class ELU(Module):
    """``x`` where positive, ``alpha · (exp(x) - 1)`` elsewhere. Source: Clevert et al. 2016."""

    __constants__ = ["alpha", "inplace"]

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"alpha={self.alpha}{_inplace_suffix(self)}"


class CELU(Module):
    """``max(x, 0) + min(alpha · (exp(x / alpha) - 1), 0)``. Source: Barron 2017."""

    __constants__ = ["alpha", "inplace"]

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"alpha={self.alpha}{_inplace_suffix(self)}"


class SELU(_Inplace):
    """ELU with the scales that keep mean 0 and variance 1. Source: Klambauer et al. 2017."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.selu(input, self.inplace)


class GELU(Module):
    """``x · Φ(x)`` with the normal distribution function, or its tanh form. Source: Hendrycks
    and Gimpel 2016.
    """

    __constants__ = ["approximate"]

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Name the form."""
        return f"approximate={self.approximate!r}"


class SiLU(_Inplace):
    """``x · sigmoid(x)``. Source: Elfwing, Uchibe and Doya 2017."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.silu(input, inplace=self.inplace)


class Mish(_Inplace):
    """``x · tanh(softplus(x))``. Source: Misra 2019."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.mish(input, inplace=self.inplace)


class Hardsigmoid(_Inplace):
    """``min(max(x + 3, 0), 6) / 6``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Hardswish(_Inplace):
    """``x · min(max(x + 3, 0), 6) / 6``. Source: Howard et al. 2019."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Threshold(Module):
    """``x`` where above ``threshold``, ``value`` elsewhere."""

    __constants__ = ["threshold", "value", "inplace"]

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"threshold={self.threshold}, value={self.value}{_inplace_suffix(self)}"


class PReLU(Module):
    """``x`` where positive, ``weight · x`` elsewhere, with one weight or one a channel.

    Channels are the second dimension. Source: He et al. 2015.
    """

    __constants__ = ["num_parameters"]

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(tapegrad.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        return F.prelu(input, self.weight)

    def reset_parameters(self) -> None:
        """Set every weight to its first value."""
        init.constant_(self.weight, self.init)

    def extra_repr(self) -> str:
        """Say how many weights there are."""
        return f"num_parameters={self.num_parameters}"
