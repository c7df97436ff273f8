"""Views of a tensor, joining and arranging: no arithmetic on elements."""

from tapegrad.ops.shape.joining import cat, stack
from tapegrad.ops.shape.order import movedim, permute, t, t_op, transpose
from tapegrad.ops.shape.parts import diagonal, narrow, select, select_op, slice_op
from tapegrad.ops.shape.repeating import repeat
from tapegrad.ops.shape.sizes import (
    alias_op,
    broadcast_tensors,
    broadcast_to,
    check_expansion,
    expand,
    expand_op,
    flatten,
    reshape,
    squeeze,
    unflatten,
    unsafe_squeeze_op,
    unsafe_view_op,
    unsqueeze,
    unsqueeze_op,
)
from tapegrad.ops.shape.splitting import chunk, split, unbind
from tapegrad.ops.shape.strided import as_strided

__all__ = [
    "alias_op", "as_strided", "broadcast_tensors", "broadcast_to", "cat", "check_expansion",
    "chunk", "diagonal", "expand", "expand_op", "flatten", "movedim", "narrow", "permute", "repeat",
    "reshape", "select", "select_op", "slice_op", "split", "squeeze", "stack", "t", "t_op",
    "transpose", "unbind", "unflatten", "unsafe_squeeze_op", "unsafe_view_op", "unsqueeze",
    "unsqueeze_op",
]  # fmt: skip
