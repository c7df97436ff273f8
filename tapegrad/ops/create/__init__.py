"""Making tensors: from data, filled, and in order."""

from tapegrad.ops.create.filled import (
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    full,
    full_like,
    ones,
    ones_like,
    scalar_tensor,
    zeros,
    zeros_like,
)
from tapegrad.ops.create.from_data import (
    as_tensor,
    finished,
    from_numpy,
    rebuild_tensor,
    tensor,
)
from tapegrad.ops.create.legacy import construct_legacy
from tapegrad.ops.create.ranges import arange, linspace, logspace, range_

__all__ = [
    "arange", "as_tensor", "construct_legacy", "empty", "empty_like", "empty_permuted",
    "empty_strided", "eye", "finished", "from_numpy", "full", "full_like", "linspace", "logspace",
    "ones", "ones_like", "range_", "rebuild_tensor", "scalar_tensor", "tensor", "zeros",
    "zeros_like",
]  # fmt: skip
