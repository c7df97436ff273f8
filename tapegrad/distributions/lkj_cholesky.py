"""The distribution of Lewandowski, Kurowicka and Joe over factors of correlation matrices."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.dirichlet import Beta
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Lower triangular L for which ``M = L Lᵀ`` has density ``det(M)**(concentration - 1)``.

    M is a correlation matrix: all are alike for a concentration of 1. Shape of an event:
    ``(dim, dim)``. Raises ValueError if ``dim < 2``.
    Source: Lewandowski, Kurowicka and Joe 2009, section 3.2 (the onion method) and page 1999.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        if dim < 2:
            raise ValueError(
                f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}."
            )
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        rows = tapegrad.arange(dim, dtype=self.concentration.dtype)
        above = (rows - 1).clamp(min=0)
        marginal = self.concentration + 0.5 * (dim - 2)
        self._beta = Beta(above + 0.5, marginal.unsqueeze(-1) - 0.5 * above)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        new.dim = self.dim
        new._beta = self._beta.expand((*batch_shape, self.dim))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws without a gradient: a radius and a direction for each row."""
        radius = self._beta.sample(sample_shape).sqrt().unsqueeze(-1)
        normal = tapegrad.randn(self._extended_shape(sample_shape), dtype=radius.dtype).tril(-1)
        direction = normal / normal.norm(dim=-1, keepdim=True)
        direction[..., 0, :] = 0.0  # the first row is empty: 0 / 0
        rows = radius * direction
        rest = (1 - rows.pow(2).sum(-1)).clamp(min=tapegrad.finfo(rows.dtype).tiny).sqrt()
        return rows + tapegrad.diag_embed(rest)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n = self.dim - 1
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + tapegrad.arange(n - 1, -1, -1)
        alpha = self.concentration + 0.5 * n
        normalizer = (
            0.5 * n * math.log(math.pi) + tapegrad.mvlgamma(alpha - 0.5, n)
            - n * tapegrad.lgamma(alpha)
        )  # fmt: skip
        return (order * diagonal.log()).sum(-1) - normalizer
