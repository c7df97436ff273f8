"""The gamma and chi-squared distributions."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.distribution import ExponentialFamily
from tapegrad.distributions.utils import broadcast_all
from tapegrad.ops.reparametrized import _standard_gamma

__all__ = ["Chi2", "Gamma"]


class Gamma(ExponentialFamily):
    """``rate**a x**(a-1) exp(-rate x) / Γ(a)`` with ``a = concentration``.

    Draws are differentiable by both parameters. Source: Figurnov, Mohamed and Mnih 2018.
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        value = _standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        value.detach().clamp_(min=tapegrad.finfo(value.dtype).tiny)  # not recorded
        return value

    def log_prob(self, value: Any) -> Tensor:
        value = tapegrad.as_tensor(value, dtype=self.rate.dtype)
        if self._validate_args:
            self._validate_sample(value)
        return (
            tapegrad.xlogy(self.concentration, self.rate)
            + tapegrad.xlogy(self.concentration - 1, value)
            - self.rate * value
            - tapegrad.lgamma(self.concentration)
        )

    def entropy(self) -> Tensor:
        a = self.concentration
        slope = (1.0 - a) * tapegrad.digamma(a)
        return a - tapegrad.log(self.rate) + tapegrad.lgamma(a) + slope

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return tapegrad.igamma(self.concentration, self.rate * value)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.concentration - 1, -self.rate)

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:
        return tapegrad.lgamma(x + 1) + (x + 1) * tapegrad.log(-y.reciprocal())


class Chi2(Gamma):
    """The sum of ``df`` squared standard normal draws: ``Gamma(df / 2, 1 / 2)``."""

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(_instance)
        new.concentration = self.concentration.expand(batch_shape)
        new.rate = self.rate.expand(batch_shape)
        ExponentialFamily.__init__(new, Size(batch_shape), validate_args=False)
        new._validate_args = self._validate_args
        return new

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2
