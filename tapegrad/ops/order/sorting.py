"""Sorting along a dimension."""

from __future__ import annotations

from itertools import repeat

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, KernelRefusal
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import normal_dim
from tapegrad.ops._places import scatter_back
from tapegrad.ops._results import NamedResult, named_result

sort_result = named_result("sort", "values", "indices")


def sort_array(input: np.ndarray, dim, descending) -> tuple[np.ndarray, np.ndarray]:
    """The elements along a dimension in order, equal ones in theirs, and where they were."""
    values, indices = kernels.empty_like(input), kernels.empty_like(input, np.int64)
    rows = map(kernels.rows_along, (input, values, indices), repeat(dim))
    try:
        OURS["sort"](*rows, params=(0, descending))
    except KernelRefusal:
        raise MemoryError(f"sort(): no memory for a row of {input.shape[dim]} elements") from None
    return values, indices


def _sort_op(name: str, grad_name: str):
    return op(
        name,
        forward=sort_array,
        grad_name=grad_name,
        outputs=("values", "indices"),
        input=lambda g, input_shape, dim, indices: scatter_back(g, input_shape, dim, indices),
        doc="The elements along a dimension in order.",
    )


sort_op = _sort_op("sort", "SortBackward0")
sort_stable_op = _sort_op("sort_stable", "SortBackward1")  # as PyTorch tells the two calls apart


@takes_out()
@method()
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None
) -> NamedResult:
    """The elements along ``dim`` in order, and where they were: (values, indices).

    Equal elements keep their order, whether ``stable`` or not; NaN is larger than all numbers.
    Shape: both as the input.
    """
    operation = sort_op if stable is None else sort_stable_op
    return sort_result.of(operation(input, normal_dim(dim, input.ndim), bool(descending)))


@takes_out()
@method()
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False
) -> Tensor:
    """Where the elements along ``dim`` are, in the order of :func:`sort`."""
    return sort_op(input.detach(), normal_dim(dim, input.ndim), bool(descending))[1]


@takes_out(refuses_grad="sort")
@method()
def msort(input: Tensor) -> Tensor:
    """The elements along the first dimension in ascending order."""
    return sort_op(input, normal_dim(0, input.ndim), False)[0]


__all__ = ["argsort", "msort", "sort"]
