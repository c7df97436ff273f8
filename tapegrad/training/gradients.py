"""Clipping what an optimizer is about to step with, and whether it is finite at all."""

from __future__ import annotations

import math
from typing import Any

from tapegrad.nn.utils.clip_grad import clip_grad_value_, clip_grads_with_norm_, get_total_norm


def clip_gradients(
    optimizer: Any, clip_norm: float | None = None, clip_value: float | None = None
) -> bool:
    """Clip all gradients together to a norm, then each number to ``±clip_value``.

    Gives False, and leaves them alone, if one is not finite: they must not be stepped with.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = get_total_norm(gradients)
    # The norm alone may be infinite: the squares of large gradients are.
    if not math.isfinite(norm.item()) and not all(one.isfinite().all() for one in gradients):
        return False
    if clip_norm is not None:
        clip_grads_with_norm_(parameters, clip_norm, norm)
    if clip_value is not None:
        clip_grad_value_(parameters, clip_value)
    return True


__all__ = ["clip_gradients"]
