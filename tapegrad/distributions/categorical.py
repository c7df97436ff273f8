"""One of several categories."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.discrete import FromProbabilities, check_one_given
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import limits_of

__all__ = ["Categorical"]


class Categorical(FromProbabilities, Distribution):
    """Category i with probability ``probs[..., i]``; these are normalised first."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        check_one_given(probs, logits)
        if probs is not None:
            if probs.dim() < 1:
                raise ValueError("`probs` parameter must be at least one-dimensional.")
            probs = probs / probs.sum(-1, keepdim=True)
        elif logits is not None:
            if logits.dim() < 1:
                raise ValueError("`logits` parameter must be at least one-dimensional.")
            logits = logits - logits.logsumexp(dim=-1, keepdim=True)
        given = self._take(probs, logits)
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @property
    def _num_events(self) -> int:
        return self._param.shape[-1]

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return tapegrad.full(self._extended_shape(), tapegrad.nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Tensor:
        sample_shape = Size(sample_shape)
        rows, n_draws = self.probs.detach(), sample_shape.numel()
        if rows.dim() > 2 or n_draws != 1:
            rows = rows.reshape(-1, self._num_events)
        drawn = tapegrad.multinomial(rows, n_draws, True)
        if n_draws != 1:  # one draw of each row lies in order already
            drawn = drawn.T
        return drawn.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        places, logits = value.long().unsqueeze(-1), self.logits
        if value.shape != self._batch_shape:
            places, logits = tapegrad.broadcast_tensors(places, logits)
            places = places[..., :1]
        return logits.gather(-1, places).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = tapegrad.clamp(self.logits, min=limits_of(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(self._num_events, tapegrad.int64, expand)


class HasCategorical:
    """Of events made from a :class:`Categorical`'s choices: the parameters are its."""

    _categorical: Categorical

    @property
    def probs(self) -> Tensor:
        """The probabilities of the categories."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._categorical.param_shape
