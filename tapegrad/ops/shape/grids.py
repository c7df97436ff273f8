"""All pairs of the elements of vectors."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops._dims import check_tensors
from tapegrad.ops.shape.broadcasting import expand_op
from tapegrad.ops.shape.joining import stack
from tapegrad.ops.shape.sizes import reshape, view

_WITHOUT_INDEXING = (
    "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: each vector expanded to the sizes of all, as views.

    ``indexing="ij"`` lets the k-th vector run along dimension k; "xy" swaps the first two. Without
    it the first is meant, with PyTorch's warning.
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    check_tensors(tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    _check_vectors(tensors)
    if isinstance(indexing, bytes):
        indexing = indexing.decode()
    if indexing is None:
        warnings.warn(_WITHOUT_INDEXING, UserWarning, stacklevel=2)
    elif not isinstance(indexing, str):
        kind = kind_of(indexing)
        raise TypeError(f"meshgrid(): argument 'indexing' must be str, not {kind}")
    elif indexing not in ("xy", "ij"):
        raise RuntimeError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    if indexing == "xy" and len(tensors) > 1:
        second, first, *rest = tensors
        grids = _grids((first, second, *rest))
        return (grids[1], grids[0], *grids[2:])
    return _grids(tensors)


def _check_vectors(tensors: tuple) -> None:
    for one in tensors:
        if one.dtype is not tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
        if one.ndim > 1:
            kind = kernels.TYPE_NAMES[one.dtype.numpy.num]
            sizes = ",".join(map(str, one.shape))
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                f"[ torch.{kind}Tensor{{{sizes}}} ]"
            )


def _grids(tensors: tuple) -> tuple[Tensor, ...]:
    """Each vector along its own dimension of the common grid."""
    sizes = tuple(one.numel() for one in tensors)
    grids = []
    for k, one in enumerate(tensors):
        along_k = view(one, tuple(n if j == k else 1 for j, n in enumerate(sizes)))
        grids.append(expand_op(along_k, sizes))
    return tuple(grids)


def _check_vector(input: Tensor) -> None:
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of one element of each vector, as rows: (product of sizes, count).

    Of a single vector the vector itself. Raises RuntimeError for what is no vector.
    """
    check_tensors(tensors)
    for one in tensors:
        _check_vector(one)
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return stack([reshape(grid, -1) for grid in grids], 1)


def _choices(n: int, r: int, with_replacement: bool) -> np.ndarray:
    """The positions of all choices of ``r`` out of ``n`` in order, as rows."""
    total = math.comb(max(n + r - 1, 0) if with_replacement else n, r)
    if total * r > 2**60:
        raise MemoryError(f"Unable to allocate {total} choices of {r} elements")
    chosen = np.empty((total, r), np.int64)  # fails at once if there is no memory for them
    rows = np.arange(n)[:, None]
    for position in range(1, r):
        first = rows[:, -1] if with_replacement else rows[:, -1] + 1
        last = n if with_replacement else n - (r - position - 1)
        counts = np.maximum(last - first, 0)
        starts = np.repeat(first - (np.cumsum(counts) - counts), counts)
        following = starts + np.arange(len(starts))
        rows = np.hstack([np.repeat(rows, counts, axis=0), following[:, None]])
    chosen[:] = rows
    return chosen


@takes_tensors
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All ways to choose ``r`` elements of a vector, in order, as rows: (count, r)."""
    _check_vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    chosen = _choices(len(input), r, with_replacement)
    columns = [input.index_select(0, Tensor._wrap(one)) for one in np.ascontiguousarray(chosen.T)]
    return stack(columns, 1)


__all__ = ["cartesian_prod", "combinations", "meshgrid"]
