"""The continuous Bernoulli distribution of numbers between 0 and 1."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.discrete import FromProbabilities, check_one_given
from tapegrad.distributions.distribution import ExponentialFamily
from tapegrad.distributions.utils import (
    broadcast_all,
    clamp_probs,
    lazy_property,
    logits_to_probs,
)
from tapegrad.nn.functional import binary_cross_entropy_with_logits

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(FromProbabilities, ExponentialFamily):
    """``C p**x (1 - p)**(1 - x)`` for x between 0 and 1, with ``p = probs`` or its ``logits``.

    Within ``lims``, where the formulas divide 0 by 0, their series about p = 1/2 are taken.
    Source: Loaiza-Ganem and Cunningham 2019.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        check_one_given(probs, logits)
        (given,) = broadcast_all(logits if probs is None else probs)
        if probs is None:
            self._take(None, given)
        else:
            if validate_args is not None and not self.arg_constraints["probs"].check(given).all():
                raise ValueError("The parameter probs has invalid values")
            self._take(clamp_probs(given), None)
        self._lims = lims
        super().__init__(given.size(), validate_args=validate_args)

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        new._lims = self._lims

    @lazy_property
    def probs(self) -> Tensor:
        """The parameter p, away from 0 and 1."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _is_stable(self, x: Tensor, middle: float = 0.0) -> Tensor:
        """Whether a parameter is far enough from its middle for the formulas."""
        low, high = self._lims
        return (x <= low - middle) | (x > high - middle)

    def _formula_or_series(self, formula: Any, series: Any) -> Tensor:
        """The formula in p where it is stable, the series in ``p - 1/2`` elsewhere."""
        is_stable = self._is_stable(self.probs)
        stable = tapegrad.where(is_stable, self.probs, self._lims[0])  # finite derivatives
        return tapegrad.where(is_stable, formula(stable), series(self.probs - 0.5))

    def _log_constant(self) -> Tensor:
        """``log C``."""

        def formula(p: Tensor) -> Tensor:
            return tapegrad.log((_log_odds(p) / (1 - 2 * p)).abs())

        def series(d: Tensor) -> Tensor:
            return math.log(2) + (4 / 3 + 104 / 45 * d.pow(2)) * d.pow(2)

        return self._formula_or_series(formula, series)

    @property
    def mean(self) -> Tensor:
        return self._formula_or_series(
            lambda p: p / (2 * p - 1) - 1 / _log_odds(p),
            lambda d: 0.5 + (1 / 3 + 16 / 45 * d.pow(2)) * d,
        )

    @property
    def variance(self) -> Tensor:
        return self._formula_or_series(
            lambda p: p * (p - 1) / (1 - 2 * p).pow(2) + _log_odds(p).pow(-2),
            lambda d: 1 / 12 - (1 / 15 - 128 / 945 * d.pow(2)) * d.pow(2),
        )

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(tapegrad.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        entropy = binary_cross_entropy_with_logits(logits, value, reduction="none")
        return self._log_constant() - entropy

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        inside = self._formula_or_series(
            lambda p: (p.pow(value) * (1 - p).pow(1 - value) + p - 1) / (2 * p - 1),
            lambda _: value,
        )
        return inside.masked_fill(value <= 0, 0.0).masked_fill(value >= 1, 1.0)

    def icdf(self, value: Tensor) -> Tensor:
        def formula(p: Tensor) -> Tensor:
            log_rest = tapegrad.log1p(-p)
            grown = tapegrad.log1p(-p + value * (2 * p - 1)) - log_rest
            return grown / (tapegrad.log(p) - log_rest)

        return self._formula_or_series(formula, lambda _: value)

    def entropy(self) -> Tensor:
        log_rest = tapegrad.log1p(-self.probs)
        slope = log_rest - tapegrad.log(self.probs)
        return self.mean * slope - self._log_constant() - log_rest

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Tensor) -> Tensor:
        is_stable = self._is_stable(x, 0.5)
        stable = tapegrad.where(is_stable, x, self._lims[0] - 0.5)
        formula = tapegrad.log((tapegrad.expm1(stable) / stable).abs())
        series = 0.5 * x + x.pow(2) / 24 - x.pow(4) / 2880
        return tapegrad.where(is_stable, formula, series)


def _log_odds(p: Tensor) -> Tensor:
    return tapegrad.log(p) - tapegrad.log1p(-p)
