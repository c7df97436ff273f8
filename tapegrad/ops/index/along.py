"""Elements picked along one dimension."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import as_positions, pick, place
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import common_shape, first_larger, normal_dim
from tapegrad.ops.index.lines import out_of_bounds
from tapegrad.ops.shape import expand, reshape


def _size(shape: tuple, dim: int) -> int:
    return shape[dim] if shape else 1


def _refusal(shape: tuple, dim: int) -> Callable:
    return out_of_bounds(dim, _size(shape, dim))


def _gather(input: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    return pick(input, as_positions(index), dim, _refusal(input.shape, dim))


def _gather_backward(values: np.ndarray, shape: tuple, dim: int, index: np.ndarray) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    place("place_add", result, as_positions(index), values, dim, _refusal(shape, dim))
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
    if index.ndim != input.ndim and max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    k = first_larger(index, input, dim) if input.ndim else -1
    if k >= 0:
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
    _check_gather(input, dim, index)
    return gather_op(input, dim, index if index.numel() else index.long())


@takes_out(refuses_grad="gather")
@method()
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Like :func:`gather`, but both are broadcast against each other; without ``dim`` flattened.

    Along a dimension negative indices count from its end.
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
    rest = common_shape(
        (*input.shape[:dim], 1, *input.shape[dim + 1 :]),
        (*indices.shape[:dim], 1, *indices.shape[dim + 1 :]),
    )
    index_shape = (*rest[:dim], _size(indices.shape, dim), *rest[dim + 1 :])
    input_shape = (*rest[:dim], _size(input.shape, dim), *rest[dim + 1 :])
    indices = indices.where(indices >= 0, indices + _size(input.shape, dim))
    return gather(expand(input, input_shape), dim, expand(indices, index_shape))


__all__ = ["gather", "take_along_dim"]
