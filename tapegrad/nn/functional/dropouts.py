"""Random zeros."""

from __future__ import annotations

import tapegrad
from tapegrad import ops
from tapegrad._tensor import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero elements at random while ``training``.

    Each is zero with probability ``p``, else multiplied by ``1 / (1 - p)``.
    Shape: any, to the same. Source: Hinton et al. 2012.
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not (inplace and training):
        return ops.dropout(input, p, training)
    with tapegrad.no_grad():
        scaled_mask = ops.dropout(tapegrad.ones_like(input), p, True)
    return input.mul_(scaled_mask)
