"""Softmax and its relatives as layers. All keep the shape of their input."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.module import Module


class _AlongDim(Module):
    """A function along one dimension."""

    __constants__ = ["dim"]

    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """Name the dimension."""
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """``exp(x) / sum(exp(x))`` along ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function along ``dim``."""
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """The logarithm of softmax along ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function along ``dim``."""
        return F.log_softmax(input, self.dim, _stacklevel=5)


class Softmin(_AlongDim):
    """The softmax of ``-x`` along ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function along ``dim``."""
        return F.softmin(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """Softmax over the channels at each place. Shape: ``([batch,] channels, rows, columns)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function along the channels."""
        if input.dim() not in (3, 4):
            raise ValueError(
                f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead"
            )
        return F.softmax(input, -3, _stacklevel=5)
