"""A copy of a tensor in which a part that a view would show is replaced."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_untaped
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.shape.parts import diagonal, select, slice_op


def _replaced(input: np.ndarray, src: np.ndarray, view_of: Callable) -> np.ndarray:
    """A copy with the part that ``view_of`` shows overwritten."""
    result = kernels.cast_array(input, input.dtype)
    part = view_of(result)
    if part.shape != src.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(part.shape)}"
        )
    kernels.copy_array(part, src)
    return result


def _slice_view(array: np.ndarray, dim: int, start: int, stop: int, step: int) -> np.ndarray:
    return array[(slice(None),) * dim + (slice(start, stop, step),)]


select_scatter_op = op(
    "select_scatter",
    forward=lambda input, src, dim, index: _replaced(
        input, src, lambda array: array[(slice(None),) * dim + (index, ...)]
    ),
    input=lambda g, dim, index: select_scatter_op(
        g, g.new_zeros(g.select(dim, index).shape), dim, index
    ),
    src=lambda g, dim, index: g.select(dim, index),
    doc="A copy with one position along a dimension replaced.",
)
slice_scatter_op = op(
    "slice_scatter",
    forward=lambda input, src, dim, start, stop, step: _replaced(
        input, src, lambda array: _slice_view(array, dim, start, stop, step)
    ),
    input=lambda g, dim, start, stop, step: slice_scatter_op(
        g, g.new_zeros(slice_op(g, dim, start, stop, step).shape), dim, start, stop, step
    ),
    src=lambda g, dim, start, stop, step: slice_op(g, dim, start, stop, step),
    doc="A copy with a range along a dimension replaced.",
)
diagonal_scatter_op = op(
    "diagonal_scatter",
    forward=lambda input, src, offset, dim1, dim2: _replaced(
        input, src, lambda array: kernels.diagonal(array, offset, dim1, dim2)
    ),
    input=lambda g, offset, dim1, dim2: diagonal_scatter_op(
        g, g.new_zeros(g.diagonal(offset, dim1, dim2).shape), offset, dim1, dim2
    ),
    src=lambda g, offset, dim1, dim2: g.diagonal(offset, dim1, dim2),
    doc="A copy with a diagonal replaced.",
)


@method()
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy in which ``input.select(dim, index)`` is ``src``."""
    select(input, dim, index)
    refuse_untaped(input, src)
    dim = normal_dim(dim, input.ndim)
    return select_scatter_op(input, src, dim, operator.index(index) % input.shape[dim])


@takes_out()
@method()
def slice_scatter(input: Tensor, src: Tensor, dim: int = 0, start: int | None = None,
                  end: int | None = None, step: int = 1) -> Tensor:  # fmt: skip
    """A copy in which ``input[start:end:step]``, taken along ``dim``, is ``src``."""
    if input.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, input.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    first, last, step = slice(start, end, step).indices(input.shape[dim])
    refuse_untaped(input, src)
    return slice_scatter_op(input, src, dim, first, max(first, last), step)


@method()
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy in which ``input.diagonal(offset, dim1, dim2)`` is ``src``."""
    diagonal(input, offset, dim1, dim2)
    refuse_untaped(input, src)
    dim1, dim2 = normal_dim(dim1, input.ndim), normal_dim(dim2, input.ndim)
    return diagonal_scatter_op(input, src, operator.index(offset), dim1, dim2)


__all__ = ["diagonal_scatter", "select_scatter", "slice_scatter"]
