"""What reductions share: the dimensions they are given, and the way back from fewer to more."""

from __future__ import annotations

import math

from tapegrad._tensor import Tensor
from tapegrad.ops._dims import normal_dims
from tapegrad.ops.shape import expand_op, unsqueeze_op


def dims_of(input: Tensor, dim) -> tuple | None:
    """The dims that a reduction's argument names; None for all of them."""
    if dim is None or dim is ... or (isinstance(dim, (tuple, list)) and not dim):
        return None
    return normal_dims(dim, input.ndim)


def every_dim_or(input: Tensor, dim) -> tuple:
    """The dims that a reduction's argument names, all of them one by one."""
    dims = dims_of(input, dim)
    return tuple(range(input.ndim)) if dims is None else dims


def count(shape: tuple, dims: tuple | None) -> int:
    """How many elements one result is made of."""
    return math.prod(shape if dims is None else map(shape.__getitem__, dims))


def with_lost_dims(reduced, dims: tuple | None, keepdim: bool):
    """A reduced tensor with its lost dimensions back as size 1; as it is if all were lost."""
    if not keepdim and dims is not None:
        for dim in sorted(dims):
            reduced = unsqueeze_op(reduced, dim)
    return reduced


def restore(reduced, shape: tuple, dims: tuple | None, keepdim: bool):
    """A reduced tensor expanded to the shape that it was reduced from."""
    return expand_op(with_lost_dims(reduced, dims, keepdim), shape)


def refuse_empty(name: str, input: Tensor, dim: int) -> None:
    """Refuse to look for an element where there is none."""
    if input.ndim and input.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


__all__ = [
    "count", "dims_of", "every_dim_or", "refuse_empty", "restore", "with_lost_dims",
]  # fmt: skip
