"""Functions that PyTorch has in Python and not compiled, by their place there."""

from tapegrad.ops.index.positions import unravel_index
from tapegrad.ops.linalg.contractions import chain_matmul, tensordot
from tapegrad.ops.linalg.einsum import einsum
from tapegrad.ops.linalg.lu import lu
from tapegrad.ops.linalg.vectors import cdist
from tapegrad.ops.norm import norm
from tapegrad.ops.order.uniqueness import unique, unique_consecutive
from tapegrad.ops.shape import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_shapes,
    broadcast_tensors,
    split,
)
from tapegrad.ops.shape.grids import cartesian_prod, meshgrid

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes",
    "broadcast_tensors", "cartesian_prod", "cdist", "chain_matmul", "einsum", "lu", "meshgrid",
    "norm", "split", "tensordot", "unique", "unique_consecutive", "unravel_index",
]  # fmt: skip
