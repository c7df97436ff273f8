"""What distributions given by probabilities or by logits share."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions.utils import lazy_property, logits_to_probs, probs_to_logits


def check_one_given(probs: Any, logits: Any) -> None:
    """Refuse both parametrizations at once, and none."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class FromProbabilities:
    """Parameters ``probs`` and ``logits``: one is given, the other computed when it is read."""

    _is_binary = True
    _batch_shape: Size

    def _take(self, probs: Any, logits: Any) -> Tensor:
        self.__dict__["logits" if probs is None else "probs"] = logits if probs is None else probs
        return self._param

    @property
    def _param(self) -> Tensor:
        """The parameter that was given."""
        return self.__dict__["probs" if "probs" in self.__dict__ else "logits"]

    @lazy_property
    def logits(self) -> Tensor:
        """The log odds of the probabilities, or their logarithms."""
        return probs_to_logits(self.probs, self._is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits, self._is_binary)

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._param.size()

    def _enumerated(self, n: int, dtype: Any, expand: bool) -> Tensor:
        values = tapegrad.arange(n, dtype=dtype).view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values
