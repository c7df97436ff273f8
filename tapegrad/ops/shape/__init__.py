"""Views of a tensor, joining and arranging: no arithmetic on elements."""

from tapegrad.ops.shape import arranging, diagonals, repeating
from tapegrad.ops.shape.broadcasting import (
    broadcast_shapes,
    broadcast_tensors,
    expand,
    expand_op,
)
from tapegrad.ops.shape.joining import block_diag, cat, stack
from tapegrad.ops.shape.order import t, t_op, transpose
from tapegrad.ops.shape.parts import diagonal, narrow, no_such_position, select
from tapegrad.ops.shape.sizes import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    reshape,
    squeeze,
    unsafe_squeeze_op,
    unsafe_view_op,
    unsqueeze,
    unsqueeze_op,
    view_op,
)
from tapegrad.ops.shape.splitting import chunk, split, split_with_sizes, unbind
from tapegrad.ops.shape.strided import as_strided

__all__ = [
    "arranging", "as_strided", "atleast_1d", "atleast_2d", "atleast_3d", "block_diag",
    "broadcast_shapes", "broadcast_tensors", "cat", "chunk", "diagonal",
    "diagonals", "expand", "expand_op", "narrow", "no_such_position", "repeating", "reshape",
    "select", "split", "split_with_sizes", "squeeze", "stack", "t", "t_op", "transpose", "unbind",
    "unsafe_squeeze_op", "unsafe_view_op", "unsqueeze", "unsqueeze_op", "view_op",
]  # fmt: skip
