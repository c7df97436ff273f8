"""Elements picked along one dimension."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.index.by_tensors import index_backward
from tapegrad.ops.index.rows import gather_rows, index_rows, write_rows


def _along(index: np.ndarray, dim: int) -> tuple:
    """An index tensor for every dimension: the given one along ``dim``, positions elsewhere."""
    return tuple(
        index if k == dim
        else np.arange(size).reshape([-1 if j == k else 1 for j in range(index.ndim)])
        for k, size in enumerate(index.shape)
    )  # fmt: skip


def _check_gather(name: str, input: Tensor, dim: int, index: Tensor) -> None:
    if index.dtype.name != "int64":
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if index.ndim != input.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for k in range(input.ndim):
        if k != dim and index.shape[k] > input.shape[k]:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {list(index.shape)} to be no "
                f"larger than self {list(input.shape)} apart from dimension {dim}"
            )


def _gather_along(input: np.ndarray, dim, index) -> np.ndarray:
    return gather_rows(input, tuple(np.broadcast_arrays(*_along(index, dim))))


def _scatter_along(values, shape, dim, index) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    positions = tuple(kernels.contiguous(one) for one in np.broadcast_arrays(*_along(index, dim)))
    write_rows("scatter_add_rows", result, positions, values)
    return result


gather_op = op(
    "gather",
    forward=_gather_along,
    drops=("index",),
    input="gather_backward(g, input_shape, dim, index)",
    doc="Elements picked along a dimension.",
)
gather_backward = op(
    "gather_backward",
    forward=_scatter_along,
    drops=("index",),
    values="gather(g, dim, index)",
    doc="Zeros with values added at positions along a dimension.",
)


@takes_out()
@method()
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim=0``, and so on."""
    dim = normal_dim(dim, input.ndim)
    if not input.ndim or not index.ndim:
        found = gather(_as_vector(input), dim, _as_vector(index))
        return found.view(index.shape)
    _check_gather("gather", input, dim, index)
    bad = _first_outside(index.numpy(), input.shape[dim])
    if bad is not None:
        raise RuntimeError(
            f"index {bad} is out of bounds for dimension {dim} with size {input.shape[dim]}"
        )
    return gather_op(input, dim, index)


def _first_outside(index: np.ndarray, size: int) -> int | None:
    """The first index that is none; negative ones do not count from the end here."""
    # Along an expanded dimension all are the same.
    index = index[tuple(slice(0, 1) if step == 0 else slice(None) for step in index.strides)]
    if index.size == 0 or (index.min() >= 0 and index.max() < size):
        return None
    return int(index[(index < 0) | (index >= size)][0])


def _as_vector(input: Tensor) -> Tensor:
    """A tensor without dimensions as one of a single element."""
    return input if input.ndim else input.view(1)


@takes_out("index_select(): self and result must have the same scalar type")
@method()
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The positions ``index`` along a dimension."""
    dim = normal_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if input.ndim == 0:
        if index.numel() != 1:
            raise RuntimeError(
                "index_select(): Index to scalar can have only 1 value, got "
                f"{index.numel()} value(s)"
            )
        return index_select(input.view(1), 0, index).view(())
    positions = np.atleast_1d(index.long().detach().numpy())
    bad = _first_outside(positions, input.shape[dim])
    if bad is not None:
        if dim == 0:
            raise IndexError("index out of range in self")
        raise RuntimeError(
            f"INDICES element is out of DATA bounds, id={bad} axis_dim={input.shape[dim]}"
        )
    return index_select_op(input, dim, Tensor._wrap(positions))


index_select_op = op(
    "index_select",
    forward=lambda input, dim, index: index_rows(input, _on_dim(input.ndim, dim, index), ()),
    drops=("index",),
    input=lambda g, input_shape, dim, index: index_backward(
        g, input_shape, _on_dim(len(input_shape), dim, index.numpy()), ()
    ),
    doc="Positions along a dimension.",
)


def _on_dim(ndim: int, dim: int, index: np.ndarray) -> tuple:
    return tuple(index if k == dim else None for k in range(ndim))
