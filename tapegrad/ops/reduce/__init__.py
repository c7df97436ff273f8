"""Reductions over some or all dimensions."""

from tapegrad.ops.reduce import spread, truth
from tapegrad.ops.reduce.extremes import amax, amin, even_share
from tapegrad.ops.reduce.norms import logsumexp, vector_norm_op
from tapegrad.ops.reduce.sums import mean_all, reduce_to_shape, sum_all

__all__ = [
    "amax", "amin", "even_share", "logsumexp", "mean_all", "reduce_to_shape", "spread",
    "sum_all", "truth", "vector_norm_op",
]  # fmt: skip
