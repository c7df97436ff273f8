"""Reading and writing by positions."""

from tapegrad.ops.index import along, by_tensors, masked
from tapegrad.ops.index.brackets import getitem, setitem
from tapegrad.ops.index.rows import add_rows, take_rows
from tapegrad.ops.index.scatter import scatter_reduce
from tapegrad.ops.index.slices import index_select

__all__ = [
    "add_rows", "along", "by_tensors", "getitem", "index_select", "masked",
    "scatter_reduce", "setitem", "take_rows",
]  # fmt: skip
