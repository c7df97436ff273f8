"""Reading and writing by positions."""

from tapegrad.ops.index import along, by_tensors, flat, masked
from tapegrad.ops.index.brackets import getitem, setitem
from tapegrad.ops.index.positions import unravel_index
from tapegrad.ops.index.rows import add_rows, take_rows
from tapegrad.ops.index.scatter import scatter_reduce
from tapegrad.ops.index.slices import index_select

__all__ = [
    "add_rows", "along", "by_tensors", "flat", "getitem", "index_select", "masked",
    "scatter_reduce", "setitem", "take_rows", "unravel_index",
]  # fmt: skip
