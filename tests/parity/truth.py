"""Results in float16 judged by those in float64, where PyTorch's depend on the processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .calls import Call
from .compare import array, tensors

# On some processors PyTorch rounds these sums of products once, on others after every step; then
# its own errors are larger than the tolerance.
DEPEND_ON_PROCESSOR = (
    "nn_functional_conv_transpose1d", "nn_functional_conv_transpose2d",
    "nn_functional_conv_transpose3d",
)


def is_as_near(call: Call, run: Callable, ours: Any, theirs: Any) -> bool:
    """Whether no number of ours is further from the one in float64 than PyTorch's furthest is."""
    x, args, kwargs = _in_double(call.theirs)
    exact = array(run(x, *args, **kwargs))
    mine, other = (array(next(tensors(result))).astype(np.float64) for result in (ours, theirs))
    return mine.shape == exact.shape and bool(
        np.abs(mine - exact).max(initial=0.0) <= np.abs(other - exact).max(initial=0.0))


def _in_double(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().double() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: _in_double(item) for key, item in value.items()}
    return tuple(map(_in_double, value)) if isinstance(value, tuple) else value
