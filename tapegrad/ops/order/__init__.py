"""Sorting, and what depends on the order of elements."""

from tapegrad.ops.order import quantiles, searching, sorting
from tapegrad.ops.order.selection import topk
from tapegrad.ops.order.uniqueness import unique, unique_consecutive

__all__ = ["quantiles", "searching", "sorting", "topk", "unique", "unique_consecutive"]
