"""Views of a tensor, joining and arranging: no arithmetic on elements."""

from tapegrad.ops.shape.arranging import flip, fliplr, flipud, roll, rot90
from tapegrad.ops.shape.broadcasting import (
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    check_expansion,
    expand,
    expand_op,
)
from tapegrad.ops.shape.diagonals import (
    diag,
    diag_embed,
    diagflat,
    trace,
    tril,
    tril_indices,
    triu,
    triu_indices,
)
from tapegrad.ops.shape.geometry import as_strided_scatter, narrow_copy, slice_inverse
from tapegrad.ops.shape.grids import cartesian_prod, combinations, meshgrid
from tapegrad.ops.shape.joining import block_diag, cat, column_stack, dstack, hstack, stack, vstack
from tapegrad.ops.shape.order import adjoint, movedim, permute, t, t_op, transpose
from tapegrad.ops.shape.parts import diagonal, narrow, select, select_op, slice_op
from tapegrad.ops.shape.repeating import repeat, repeat_interleave, tile
from tapegrad.ops.shape.replacing import diagonal_scatter, select_scatter, slice_scatter
from tapegrad.ops.shape.sizes import (
    alias_op,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    flatten,
    reshape,
    squeeze,
    unflatten,
    unsafe_squeeze_op,
    unsafe_view_op,
    unsqueeze,
    unsqueeze_op,
)
from tapegrad.ops.shape.splitting import (
    chunk,
    dsplit,
    hsplit,
    split,
    split_with_sizes,
    tensor_split,
    unbind,
    unsafe_chunk,
    unsafe_split,
    unsafe_split_with_sizes,
    vsplit,
)
from tapegrad.ops.shape.strided import as_strided

__all__ = [
    "adjoint", "alias_op", "as_strided", "as_strided_scatter", "atleast_1d", "atleast_2d",
    "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors", "broadcast_to",
    "cartesian_prod", "cat", "check_expansion", "chunk", "column_stack", "combinations", "diag",
    "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "dsplit", "dstack", "expand",
    "expand_op", "flatten", "flip", "fliplr", "flipud", "hsplit", "hstack", "meshgrid", "movedim",
    "narrow", "narrow_copy", "permute", "repeat", "repeat_interleave", "reshape", "roll", "rot90",
    "select", "select_op", "select_scatter", "slice_inverse", "slice_op", "slice_scatter", "split",
    "split_with_sizes", "squeeze", "stack", "t", "t_op", "tensor_split", "tile", "trace",
    "transpose", "tril", "tril_indices", "triu", "triu_indices", "unbind", "unflatten",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "unsafe_squeeze_op",
    "unsafe_view_op", "unsqueeze", "unsqueeze_op", "vsplit", "vstack",
]  # fmt: skip
