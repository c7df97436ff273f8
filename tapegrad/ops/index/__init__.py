"""Reading and writing by positions."""

from tapegrad.ops.index.along import gather, take_along_dim
from tapegrad.ops.index.brackets import getitem, setitem
from tapegrad.ops.index.by_tensors import index_put, index_put_
from tapegrad.ops.index.flat import put, take
from tapegrad.ops.index.masked import masked_fill, masked_scatter, masked_select
from tapegrad.ops.index.positions import argwhere, nonzero, nonzero_static, unravel_index
from tapegrad.ops.index.rows import add_rows, take_rows
from tapegrad.ops.index.scatter import scatter, scatter_add, scatter_reduce
from tapegrad.ops.index.slices import (
    index_add,
    index_copy,
    index_fill,
    index_reduce,
    index_select,
)

__all__ = [
    "add_rows", "argwhere", "gather", "getitem", "index_add", "index_copy", "index_fill",
    "index_put", "index_put_", "index_reduce", "index_select", "masked_fill", "masked_scatter",
    "masked_select", "nonzero", "nonzero_static", "put", "scatter", "scatter_add", "scatter_reduce",
    "setitem", "take", "take_along_dim", "take_rows", "unravel_index",
]  # fmt: skip
