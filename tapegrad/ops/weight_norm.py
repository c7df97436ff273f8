"""A weight as a length times a direction."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.norm import norm


@takes_tensors
def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norm over all dimensions but one, which are kept with size 1; over all if ``dim`` is -1.

    Raises IndexError for a dimension that is not there.
    """
    if dim == -1:
        return norm(v, pow)
    kept = normal_dim(dim, v.ndim)
    shape = [size if place == kept else 1 for place, size in enumerate(v.shape)]
    return norm(v.transpose(0, kept).reshape(v.shape[kept], -1), pow, 1).view(shape)


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """``v * g / ||v||``, the norm over all dimensions but ``dim``."""
    return v * (g / norm_except_dim(v, 2, dim))


__all__ = ["norm_except_dim"]
