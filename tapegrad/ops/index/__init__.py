"""Reading and writing by positions."""

from tapegrad.ops.index import along, by_tensors, masked
from tapegrad.ops.index.brackets import getitem, setitem
from tapegrad.ops.index.rows import add_rows, take_rows
from tapegrad.ops.index.scatter import scatter_reduce
from tapegrad.ops.index.slices import index_select
from tapegrad.ops.index.slices_refused import no_such_slice

__all__ = [
    "add_rows", "along", "by_tensors", "getitem", "index_select", "masked", "no_such_slice",
    "scatter_reduce", "setitem", "take_rows",
]  # fmt: skip
