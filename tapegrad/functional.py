"""Functions that PyTorch has in Python and not compiled, by their place there."""

from tapegrad.ops.index import unravel_index
from tapegrad.ops.linalg import cdist, chain_matmul, einsum, lu, tensordot
from tapegrad.ops.norm import norm
from tapegrad.ops.order import unique, unique_consecutive
from tapegrad.ops.shape import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_shapes,
    broadcast_tensors,
    cartesian_prod,
    meshgrid,
    split,
)

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes",
    "broadcast_tensors", "cartesian_prod", "cdist", "chain_matmul", "einsum", "lu", "meshgrid",
    "norm", "split", "tensordot", "unique", "unique_consecutive", "unravel_index",
]  # fmt: skip
