"""Reductions over some or all dimensions."""

from tapegrad.ops.reduce.extremes import (
    amax,
    amin,
    aminmax,
    argmax,
    argmin,
    even_share,
    max,
    min,
    scatter_values,
)
from tapegrad.ops.reduce.hashes import hash_tensor
from tapegrad.ops.reduce.norms import dist, logsumexp, renorm, vector_norm_op
from tapegrad.ops.reduce.spread import corrcoef, cov, std, std_mean, var, var_mean
from tapegrad.ops.reduce.sums import (
    mean,
    mean_all,
    nanmean,
    nansum,
    prod,
    reduce_to_shape,
    sum,
    sum_all,
    sum_dims,
)
from tapegrad.ops.reduce.truth import all, any, count_nonzero

__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "corrcoef", "count_nonzero",
    "cov", "dist", "even_share", "hash_tensor", "logsumexp", "max", "mean", "mean_all", "min",
    "nanmean", "nansum", "prod", "reduce_to_shape", "renorm", "scatter_values", "std", "std_mean",
    "sum", "sum_all", "sum_dims", "var", "var_mean", "vector_norm_op",
]  # fmt: skip
