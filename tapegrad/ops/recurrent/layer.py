"""One layer of a recurrent network in one direction."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops.recurrent.steps import Walk, unrolled


def layer(input: Tensor, state: tuple, weights: tuple, walk: Walk) -> tuple[Tensor, tuple]:
    """The output of every step, and the state after the last one."""
    hidden, cell = (*state, None)[:2]
    output, *last = unrolled(walk, input, hidden, cell, *weights)
    return output, tuple(last)
