"""Layers that drop elements at random while training."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.module import Module


class _DropoutNd(Module):
    """A probability, checked, and whether to work in place."""

    __constants__ = ["p", "inplace"]

    p: float
    inplace: bool

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """List the settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Zero elements at random while training.

    Each is zero with probability ``p``, else multiplied by ``1 / (1 - p)``.
    Shape: any, to the same. Source: Hinton et al. 2012.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements of ``input`` in training mode, and return it in evaluation mode."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Zero whole channels at random while training. Shape: ``([batch,] channels, length)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels of ``input`` in training mode, and return it in evaluation mode."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Zero whole channels at random while training. Shape: ``(batch, channels, rows, columns)``.

    Source: Tompson et al. 2015.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels of ``input`` in training mode, and return it in evaluation mode."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Zero whole channels at random. Shape: ``([batch,] channels, depth, rows, columns)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels of ``input`` in training mode, and return it in evaluation mode."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Drop elements so that mean 0 and variance 1 stay. Source: Klambauer et al. 2017."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements of ``input`` in training mode, and return it in evaluation mode."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """``AlphaDropout`` of whole channels. Shape: ``(batch, channels, ...)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels of ``input`` in training mode, and return it in evaluation mode."""
        return F.feature_alpha_dropout(input, self.p, self.training)
