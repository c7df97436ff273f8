"""Successes before so many failures."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions import constraints
from tapegrad.distributions.discrete import FromProbabilities, check_one_given
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.gamma import Gamma
from tapegrad.distributions.utils import broadcast_all
from tapegrad.nn.functional import logsigmoid

__all__ = ["NegativeBinomial"]


class NegativeBinomial(FromProbabilities, Distribution):
    """``Γ(n + k) / (Γ(n) k!) (1 - probs)**n probs**k`` with ``n = total_count``.

    A draw is of a Poisson distribution, whose rate is a draw of a gamma distribution.
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0), "logits": constraints.real,
    }  # fmt: skip
    support = constraints.nonnegative_integer

    def __init__(
        self,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        check_one_given(probs, logits)
        total_count, given = broadcast_all(total_count, logits if probs is None else probs)
        self.total_count = total_count.type_as(given)
        self._take(*((None, given) if probs is None else (given, None)))
        super().__init__(given.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * tapegrad.exp(self.logits)

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / tapegrad.sigmoid(-self.logits)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with tapegrad.no_grad():
            rates = Gamma(self.total_count, tapegrad.exp(-self.logits), validate_args=False)
            return tapegrad.poisson(rates.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        powers = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        orders = -tapegrad.lgamma(n + value) + tapegrad.lgamma(1.0 + value) + tapegrad.lgamma(n)
        return powers - orders.masked_fill(n + value == 0.0, 0.0)  # nothing is certain of nothing
