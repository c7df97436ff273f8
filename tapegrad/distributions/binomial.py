"""Successes among several trials."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions import constraints
from tapegrad.distributions.discrete import FromProbabilities, check_one_given
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import broadcast_all
from tapegrad.ops.reparametrized import binomial

__all__ = ["Binomial"]


class Binomial(FromProbabilities, Distribution):
    """``n! / (k! (n - k)!) probs**k (1 - probs)**(n - k)`` with ``n = total_count``."""

    arg_constraints = {
        "total_count": constraints.nonnegative_integer, "probs": constraints.unit_interval,
        "logits": constraints.real,
    }  # fmt: skip
    has_enumerate_support = True

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        check_one_given(probs, logits)
        total_count, given = broadcast_all(total_count, logits if probs is None else probs)
        self.total_count = total_count.type_as(given)
        self._take(*((None, given) if probs is None else (given, None)))
        super().__init__(given.size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with tapegrad.no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n, logits = self.total_count, self.logits
        positive = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2  # halves the slope at 0
        rest = tapegrad.log1p(tapegrad.exp(-tapegrad.abs(logits)))
        normalizer = n * positive + n * rest - tapegrad.lgamma(n + 1)
        orders = tapegrad.lgamma(value + 1), tapegrad.lgamma(n - value + 1)
        return value * logits - orders[0] - orders[1] - normalizer

    def _one_count(self, name: str) -> int:
        count = int(self.total_count.max())
        if not self.total_count.min() == count:
            raise NotImplementedError(
                f"Inhomogeneous total count not supported by `{name}`."
            )
        return count

    def entropy(self) -> Tensor:
        self._one_count("entropy")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(tapegrad.exp(log_prob) * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        count = self._one_count("enumerate_support")
        return self._enumerated(1 + count, self._param.dtype, expand)
