"""The Weibull distribution of lifetimes."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions import constraints
from tapegrad.distributions.exponential import Exponential
from tapegrad.distributions.transformed_distribution import TransformedDistribution
from tapegrad.distributions.transforms import AffineTransform, PowerTransform
from tapegrad.distributions.utils import broadcast_all, euler_constant

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """``scale x**(1 / k)`` for x of the exponential distribution, with ``k = concentration``."""

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(tapegrad.ones_like(self.scale), validate_args)
        transforms = [PowerTransform(self.concentration_reciprocal), AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args)

    @property
    def concentration_reciprocal(self) -> Tensor:
        """The power that is taken."""
        return self.concentration.reciprocal()

    @property
    def mean(self) -> Tensor:
        return self.scale * tapegrad.exp(tapegrad.lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self) -> Tensor:
        base = (self.concentration - 1) / self.concentration
        return self.scale * base**self.concentration_reciprocal

    @property
    def variance(self) -> Tensor:
        log_mean = tapegrad.lgamma(1 + self.concentration_reciprocal)
        log_square = tapegrad.lgamma(1 + 2 * self.concentration_reciprocal)
        return self.scale.pow(2) * (tapegrad.exp(log_square) - tapegrad.exp(2 * log_mean))

    def entropy(self) -> Tensor:
        power = self.concentration_reciprocal
        return euler_constant * (1 - power) + tapegrad.log(self.scale * power) + 1
