"""Mixtures of distributions of one family."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.categorical import Categorical
from tapegrad.distributions.distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """``Σ_i probs_i p_i(x)``: the components are the last dimension of a batch.

    Raises ValueError where the mixture's batch or number of categories does not fit them.
    """

    arg_constraints: dict[str, Any] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        _check_kinds(mixture_distribution, component_distribution)
        _check_shapes(mixture_distribution, component_distribution)
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        super().__init__(
            component_distribution.batch_shape[:-1],
            component_distribution.event_shape,
            validate_args=validate_args,
        )

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        n_components = self.component_distribution.batch_shape[-1:]
        new._mixture_distribution = self.mixture_distribution.expand(batch_shape)
        new._component_distribution = self.component_distribution.expand(
            batch_shape + n_components
        )

    @property
    def mixture_distribution(self) -> Categorical:
        """Which component a draw comes from."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self.component_distribution.support)

    @property
    def _component_dim(self) -> int:
        return -1 - len(self.event_shape)

    def _average(self, of_components: Tensor) -> Tensor:
        probs = self.mixture_distribution.probs
        n_batch = len(self.mixture_distribution.batch_shape)
        n_missing = 0 if n_batch == 1 else len(self.batch_shape) - n_batch
        shape = (*probs.shape[:-1], *(1,) * n_missing, probs.shape[-1])
        weights = probs.reshape(shape + (1,) * len(self.event_shape))
        return (weights * of_components).sum(self._component_dim)

    @property
    def mean(self) -> Tensor:
        return self._average(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        means = self.component_distribution.mean
        distances = means - self.mean.unsqueeze(self._component_dim)
        return self._average(self.component_distribution.variance) + self._average(distances.pow(2))

    def cdf(self, value: Tensor) -> Tensor:
        of_components = self.component_distribution.cdf(value.unsqueeze(self._component_dim))
        return (of_components * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        of_components = self.component_distribution.log_prob(value.unsqueeze(self._component_dim))
        log_weights = tapegrad.log_softmax(self.mixture_distribution.logits, dim=-1)
        return tapegrad.logsumexp(of_components + log_weights, dim=-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with tapegrad.no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            drawn = self.component_distribution.sample(sample_shape)
            dim = len(sample_shape) + len(self.batch_shape)
            places = chosen.reshape((*chosen.shape, 1, *(1,) * len(self.event_shape)))
            places = places.expand((*chosen.shape, 1, *self.event_shape))
            return drawn.gather(dim, places).squeeze(dim)

    def __repr__(self) -> str:
        parts = f"\n  {self.mixture_distribution},\n  {self.component_distribution}"
        return f"MixtureSameFamily({parts})"


def _check_kinds(mixture: Any, components: Any) -> None:
    if not isinstance(mixture, Categorical):
        raise ValueError(
            " The Mixture distribution needs to be an  instance of torch.distributions.Categorical"
        )
    if not isinstance(components, Distribution):
        raise ValueError(
            "The Component distribution needs to be an instance of torch.distributions.Distribution"
        )


def _check_shapes(mixture: Categorical, components: Distribution) -> None:
    ours, theirs = mixture.batch_shape, components.batch_shape[:-1]
    for i, j in zip(reversed(ours), reversed(theirs), strict=False):
        if i != 1 and j != 1 and i != j:
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({ours}) is not compatible with "
                f"`component_distribution.batch_shape`({theirs})"
            )
    n_weights, n_components = mixture.logits.shape[-1], components.batch_shape[-1]
    if n_weights != n_components:
        raise ValueError(
            f"`mixture_distribution component` ({n_weights}) does not equal "
            f"`component_distribution.batch_shape[-1]` ({n_components})"
        )
