"""Distances and angles of vectors, as layers."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.module import Module


class CosineSimilarity(Module):
    """The cosine of the angle along ``dim``; see ``functional.cosine_similarity``."""

    __constants__ = ["dim", "eps"]

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Compare ``x1`` with ``x2``."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The ``p``-norm of ``x1 - x2 + eps`` along the last dimension."""

    __constants__ = ["norm", "eps", "keepdim"]

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Measure ``x1`` from ``x2``."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
