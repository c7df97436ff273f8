"""Elements picked along one dimension."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import pick, place, positions_along
from tapegrad._tensor import Tensor
from tapegrad._types import int64
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import agree_beside, common_shape, first_larger, index_fits, normal_dim
from tapegrad.ops.index.lines import out_of_bounds
from tapegrad.ops.shape import expand, reshape


def _gather(input: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    return pick(input, index, dim, out_of_bounds)


def _gather_backward(values: np.ndarray, shape: tuple, dim: int, index: np.ndarray) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    place("place_add", result, index, values, dim, out_of_bounds)
    return result


gather_op = op(
    "gather",
    forward=_gather,
    drops=("index",),
    input="gather_backward(g, input_shape, dim, index)",
    doc="Elements picked along a dimension.",
)
gather_backward = op(
    "gather_backward",
    forward=_gather_backward,
    drops=("index",),
    values="gather(g, dim, index)",
    doc="Zeros with values added at positions along a dimension.",
)


def check_index_dtype(function: str, index: Tensor) -> None:
    """Refuse an index that does not hold whole numbers of 32 or 64 bits."""
    if index.dtype.name not in ("int64", "int32"):
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")


def _check_gather(input: Tensor, dim: int, index: Tensor) -> None:
    if not index.numel():
        return
    check_index_dtype("gather", index)
    if index_fits(index, input, dim):
        return
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    k = first_larger(index, input, dim)
    raise RuntimeError(
        f"Size does not match at dimension {k} expected index {list(index.shape)} to be no "
        f"larger than self {list(input.shape)} apart from dimension {dim}"
    )


@takes_out()
@method()
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim=0``, and so on. Shape: that of the index.

    Raises RuntimeError for an index outside the dimension, or larger than the input elsewhere.
    """
    dim = normal_dim(dim, input.ndim)
    if index.dtype is int64 and index_fits(index, input, dim):
        return gather_op(input, dim, index)
    _check_gather(input, dim, index)
    return gather_op(input, dim, index if index.numel() else index.long())


@takes_out(refuses_grad="gather")
@method()
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Like :func:`gather`, but both are broadcast against each other; without ``dim`` flattened.

    Along a dimension indices are taken modulo its size, so that -1 is the last.
    """
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    if indices.dtype.name != "int64":
        kind = kernels.TYPE_NAMES[indices.dtype.numpy.num]
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {kind}"
        )
    dim = normal_dim(dim, input.ndim)
    index = _around(indices, input, dim)
    if not agree_beside(input, index, dim):
        before, behind = slice(dim), slice(dim + 1, None)
        rest = common_shape(
            (*input.shape[before], 1, *input.shape[behind]),
            (*index.shape[before], 1, *index.shape[behind]),
        )
        input, index = (
            expand(one, (*rest[before], one.shape[dim], *rest[behind])) for one in (input, index)
        )
    if index.numel() and not input.numel():
        raise RuntimeError("ZeroDivisionError")
    return gather_op(input, dim, index)


def _around(indices: Tensor, input: Tensor, dim: int) -> Tensor:
    """Positions modulo the size of a dimension."""
    size = input.shape[dim] if input.ndim else 1
    if not size:
        return indices
    try:  # most lie inside, where nothing is divided
        return Tensor._wrap(positions_along(indices._array, input._array, dim, out_of_bounds, True))
    except RuntimeError:
        return Tensor._wrap(np.remainder(indices._array, size))


__all__ = ["gather", "take_along_dim"]
