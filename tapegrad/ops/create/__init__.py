"""Making tensors: from data, filled, and in order."""

from tapegrad.ops.create.filled import (
    empty,
    empty_like,
    eye,
    full,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from tapegrad.ops.create.from_data import as_tensor, from_numpy, reduce_tensor, tensor
from tapegrad.ops.create.legacy import construct_legacy
from tapegrad.ops.create.ranges import arange, linspace

__all__ = [
    "arange", "as_tensor", "construct_legacy", "empty", "empty_like", "eye",
    "from_numpy", "full", "linspace", "ones", "ones_like", "reduce_tensor", "tensor", "zeros",
    "zeros_like",
]  # fmt: skip
