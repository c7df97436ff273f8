"""Distributions of a function of a random number."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.independent import Independent
from tapegrad.distributions.normal import Normal
from tapegrad.distributions.transforms import ComposeTransform, ExpTransform, Transform
from tapegrad.distributions.utils import sum_rightmost

__all__ = ["LogNormal", "TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of ``f(x)``: ``log p(y) = log p(x) - log |dy/dx|`` with ``y = f(x)``."""

    arg_constraints: dict[str, Any] = {}

    def __init__(
        self, base_distribution: Distribution, transforms: Any, validate_args: bool | None = None
    ) -> None:
        given = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(given, list) or not all(isinstance(t, Transform) for t in given):
            is_list = isinstance(given, list)
            ending = "a list of Transforms" if is_list else f"list, but was {given}"
            raise ValueError(f"transforms must be a Transform or {ending}")
        self.transforms: list[Any] = given
        shape = base_distribution.batch_shape + base_distribution.event_shape
        n_event = len(base_distribution.event_shape)
        whole = ComposeTransform(given)
        if len(shape) < whole.domain.event_dim:
            raise ValueError(
                "base_distribution needs to have shape with size at least "
                f"{whole.domain.event_dim}, but got {shape}."
            )
        forward = whole.forward_shape(shape)
        expanded = whole.inverse_shape(forward)
        if shape != expanded:
            base_distribution = base_distribution.expand(expanded[: len(expanded) - n_event])
        n_joined = whole.domain.event_dim - n_event
        if n_joined > 0:
            base_distribution = Independent(base_distribution, n_joined)
        self.base_dist = base_distribution
        change = whole.codomain.event_dim - whole.domain.event_dim
        cut = len(forward) - max(whole.codomain.event_dim, n_event + change)
        super().__init__(forward[:cut], forward[cut:], validate_args=validate_args)

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        shape = ComposeTransform(self.transforms).inverse_shape(batch_shape + self.event_shape)
        n_event = len(self.base_dist.event_shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - n_event])
        new.transforms = self.transforms

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        n_missing = len(self.event_shape) - support.event_dim
        return constraints.independent(support, n_missing) if n_missing > 0 else support

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with tapegrad.no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        event_dim = len(self.event_shape)
        log_prob: Any = 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(value)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            slope = transform.log_abs_det_jacobian(x, value)
            log_prob = log_prob - sum_rightmost(slope, event_dim - transform.domain.event_dim)
            value = x
        of_base = self.base_dist.log_prob(value)
        return log_prob + sum_rightmost(of_base, event_dim - len(self.base_dist.event_shape))

    def _turned(self, probability: Tensor) -> Tensor:
        """The probability of the other side, where the function falls."""
        sign = ComposeTransform(self.transforms).sign
        if isinstance(sign, int) and sign == 1:
            return probability
        return sign * (probability - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._turned(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._transformed(self.base_dist.icdf(self._turned(value)))


class LogNormal(TransformedDistribution):
    """The distribution of ``exp(x)`` for normal x."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale), ExpTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Tensor:
        """The deviation of the logarithm."""
        return self.base_dist.scale  # type: ignore[attr-defined]

    @property
    def mean(self) -> Tensor:
        return (self.loc + self.scale.pow(2) / 2).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Tensor:
        squared = self.scale.pow(2)
        return squared.expm1() * (2 * self.loc + squared).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc
