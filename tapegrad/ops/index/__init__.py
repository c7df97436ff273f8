"""Reading and writing by positions."""

from tapegrad.ops.index.along import gather, index_select
from tapegrad.ops.index.brackets import getitem, setitem
from tapegrad.ops.index.by_tensors import index_put
from tapegrad.ops.index.masked import masked_fill, masked_select
from tapegrad.ops.index.positions import nonzero
from tapegrad.ops.index.rows import add_rows, take_rows

__all__ = [
    "add_rows", "gather", "getitem", "index_put", "index_select", "masked_fill", "masked_select",
    "nonzero", "setitem", "take_rows",
]  # fmt: skip
