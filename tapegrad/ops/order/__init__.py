"""Sorting, and what depends on the order of elements."""

from tapegrad.ops.order.quantiles import nanquantile, quantile
from tapegrad.ops.order.searching import bucketize, isin, searchsorted
from tapegrad.ops.order.selection import kthvalue, median, mode, nanmedian, topk
from tapegrad.ops.order.sorting import argsort, msort, sort
from tapegrad.ops.order.uniqueness import unique, unique_consecutive

__all__ = [
    "argsort", "bucketize", "isin", "kthvalue", "median", "mode", "msort", "nanmedian",
    "nanquantile", "quantile", "searchsorted", "sort", "topk", "unique", "unique_consecutive",
]  # fmt: skip
