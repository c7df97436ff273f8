"""The generalized Pareto distribution of what lies beyond a threshold."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions import constraints
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """``P(x > loc + scale z) = (1 + k z)**(-1 / k)`` with ``k = concentration``.

    ``exp(-z)`` for k = 0, the exponential distribution; uniform for k = -1; Pareto's for k > 0 and
    ``loc = scale / k``. Source: Pickands 1975.
    """

    arg_constraints = {
        "loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real,
    }  # fmt: skip
    has_rsample = True

    def __init__(
        self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        end = self.loc - self.scale / self.concentration
        return constraints.interval(
            self.loc, tapegrad.where(self.concentration < 0, end, math.inf)
        )

    def _power(self) -> tuple[Tensor, Tensor]:
        """Where the concentration is 0, and the concentration with 1 there."""
        is_zero = tapegrad.isclose(self.concentration, tapegrad.zeros_like(self.concentration))
        return is_zero, self.concentration.masked_fill(is_zero, 1.0)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(tapegrad.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        is_zero, k = self._power()
        order = 1 / k + tapegrad.ones_like(z)
        powers = tapegrad.where(order == 0, order, order * tapegrad.log1p(k * z))
        return -self.scale.log() - tapegrad.where(is_zero, z, powers)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of more than ``value``."""
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        is_zero, k = self._power()
        return tapegrad.where(is_zero, -z, -tapegrad.log1p(k * z) / k)

    def log_cdf(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of at most ``value``."""
        return tapegrad.log1p(-tapegrad.exp(self.log_survival_function(value)))

    def cdf(self, value: Tensor) -> Tensor:
        return tapegrad.exp(self.log_cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        log_rest = tapegrad.log1p(-value)
        is_zero, k = self._power()
        powers = self.loc + self.scale / k * tapegrad.expm1(-k * log_rest)
        return tapegrad.where(is_zero, self.loc - self.scale * log_rest, powers)

    @property
    def mean(self) -> Tensor:
        """NaN where the concentration is 1 or more: the mean does not exist."""
        exists = self.concentration < 1
        rest = 1 - tapegrad.where(exists, self.concentration, 0.5)
        return tapegrad.where(exists, self.loc + self.scale / rest, math.nan)

    @property
    def variance(self) -> Tensor:
        """NaN where the concentration is 1/2 or more: the variance does not exist."""
        exists = self.concentration < 0.5
        k = tapegrad.where(exists, self.concentration, 0.25)
        variance = self.scale.pow(2) / ((1 - k).pow(2) * (1 - 2 * k))
        return tapegrad.where(exists, variance, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    def entropy(self) -> Tensor:
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)
