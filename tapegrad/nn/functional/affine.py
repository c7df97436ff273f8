"""Affine maps."""

from __future__ import annotations

from tapegrad import ops
from tapegrad._tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Map the last dimension: ``y = x @ weight.T + bias``.

    Shape: ``(..., in_features)`` with weight ``(out_features, in_features)`` to ``(...,
    out_features)``.
    """
    return ops.linear(input, weight, bias)
