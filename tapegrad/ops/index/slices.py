"""Whole slices along a dimension, picked, added or combined at the positions of a vector."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import pick_slices, place_slices, positions_along
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import agree_beside, normal_dim
from tapegrad.ops.index.combined import (
    Combination,
    combine,
    combined_input_slope,
    combined_source_slope,
)
from tapegrad.ops.index.lines import out_of_bounds, refuse_shared, writing_ops
from tapegrad.ops.index.rows import index_rows
from tapegrad.ops.index.slices_refused import check_memory, no_such_slice
from tapegrad.ops.shape import no_such_position
from tapegrad.ops.tensor_types import type_name

# ------------------------------------------------------------------------- on arrays


def size_along(shape: tuple, dim: int) -> int:
    """How many slices there are along a dimension; a number has one."""
    return shape[dim] if shape else 1


def _out_of_range(index: int, dim: int, size: int) -> Exception:
    return IndexError("index out of range in self")


def _not_cleared(index: int, dim: int, size: int) -> Exception:
    """The error of a place that PyTorch fills first, where one may be counted from the end."""
    if -size <= index < 0:
        return _out_of_range(index, dim, size)
    return IndexError(str(out_of_bounds(index, dim, size)))


# Elements that are copied row by row; fewer are looked up one by one.
_LEADING_ROWS_FROM, _ROWS_FROM = 256, 8192


def _index_select(input: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    def refusal(position: int, dim: int, size: int) -> Exception:
        return no_such_slice(input, dim, index)

    is_leading = dim == 0 and input.flags.c_contiguous
    rows_from = _LEADING_ROWS_FROM if is_leading else _ROWS_FROM
    if input.ndim < 2 or dim == input.ndim - 1 \
            or input.size * index.size < rows_from * input.shape[dim]:
        return pick_slices(input, index, dim, refusal)
    if is_leading:
        numbers = index if index.dtype == np.int64 else kernels.cast_array(index, np.int64)
        return kernels.gather_rows(input, (kernels.flat(numbers),), refusal, wraps=False)
    positions = kernels.flat(positions_along(index, input, dim, refusal))
    where = tuple([positions if k == dim else None for k in range(input.ndim)])
    return kernels.contiguous(index_rows(input, where, ()))


def _index_select_backward(values, shape: tuple, dim: int, index: np.ndarray) -> np.ndarray:
    result = kernels.fill(kernels.empty(shape, values.dtype), 0)
    positions = positions_along(index, result, dim, _out_of_range)
    place_slices("place_add", result, positions, values, dim)
    return result


def _index_add(input, dim, index, source, alpha):
    """Slices added at positions along a dimension."""
    if input.ndim > 1 and not input.size:
        return  # PyTorch looks at no position then
    is_inner = input.ndim < 2 or 0 < dim < input.ndim - 1  # where PyTorch counts lines one by one
    positions = positions_along(index, input, dim, _out_of_range if is_inner else out_of_bounds)
    if alpha != 1:
        scale = kernels.fill(kernels.empty((), source.dtype), alpha)
        source = kernels.pointwise(_MULTIPLY, source, scale)
    place_slices("place_add", input, positions, source, dim)


_MULTIPLY = kernels.numpy_kernel(np.multiply)


def _index_reduce(input, dim, index, source, reduce, include_self):
    """Slices combined with those at positions along a dimension."""
    is_cleared = not include_self
    if not input.size:
        if is_cleared:
            check_memory(input, dim, index.size)
        if input.ndim > 1 and index.size and not input.shape[dim]:
            raise no_such_position(input.shape, dim, 0)
        is_cleared = False
    positions = positions_along(index, input, dim, _not_cleared if is_cleared else _out_of_range)
    combine(place_slices, input, positions, source, dim, reduce, include_self)


# ------------------------------------------------------------------------- ops

index_select_op = op(
    "index_select",
    forward=_index_select,
    drops=("index",),
    input=lambda g, input_shape, dim, index: index_select_backward(g, input_shape, dim, index),
    doc="Slices at positions along a dimension.",
)
index_select_backward = op(
    "index_select_backward",
    forward=_index_select_backward,
    drops=("index",),
    values=lambda g, dim, index: index_select_op(g, dim, index),
    doc="Zeros with slices added at positions along a dimension.",
)


def source_slope(g: Tensor, source_shape: tuple, dim: int, index: Tensor) -> Tensor:
    """The gradient of slices that were written or added: what is read where they went."""
    return index_select_op(g, dim, index).reshape(source_shape)


_index_add_op, _index_add_inplace = writing_ops(
    "index_add", _index_add, "IndexAddBackward0",
    input=lambda g: g,
    source=lambda g, source_shape, dim, index, alpha: _scaled(
        source_slope(g, source_shape, dim, index), alpha
    ),
)  # fmt: skip


def _scaled(g: Tensor, alpha: float) -> Tensor:
    return g if alpha == 1 else g * alpha


def _combination(dim: int, index: Tensor, reduce: str, include_self: bool) -> Combination:
    """What the derivatives of a reduction need to know about where it reads and writes."""
    return Combination(
        "index_reduce",
        "source",
        reduce,
        include_self,
        read=lambda x: x.index_select(dim, index),
        add=lambda x, values: x.index_add(dim, index, values),
        clear=lambda x, value: x.index_fill(dim, index.long(), value),
        combine=lambda x, values: x.index_reduce(
            dim, index, values, reduce, include_self=include_self
        ),
    )


_index_reduce_op, _index_reduce_inplace = writing_ops(
    "index_reduce", _index_reduce, "IndexReduceBackward0",
    input=lambda g, input, source, out, dim, index, reduce, include_self: combined_input_slope(
        g, input, source, out, _combination(dim, index, reduce, include_self)
    ),
    source=lambda g, input, source, out, dim, index, reduce, include_self: combined_source_slope(
        g, input, source, out, _combination(dim, index, reduce, include_self)
    ),
)  # fmt: skip


# ------------------------------------------------------------------------- index_select


@takes_out("index_select(): self and result must have the same scalar type", may_overlap=False)
@method()
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices at the positions ``index`` along a dimension, in its order; a copy.

    Raises IndexError for a position that is not there, RuntimeError for one along dimension 1, and
    IndexError for an index of several dimensions.
    """
    dim = normal_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.dtype.name not in ("int64", "int32"):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if input.ndim == 0 and index.numel() != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {index.numel()} value(s)"
        )
    return index_select_op(input, dim, index)


# ------------------------------------------------------------------------- index_add, index_reduce


def _check_added(name: str, self: Tensor, dim: int, index: Tensor, source: Tensor) -> int:
    """The dimension, after a check of shapes and dtypes with PyTorch's texts."""
    dim = normal_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError(
            f"{name}(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{type_name(index)} and size: {list(index.shape)}"
        )
    if index.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            f"{name}(): Expected dtype int32/int64 for index but got: {type_name(index)}"
        )
    if source.dtype is not self.dtype:
        names = [kernels.TYPE_NAMES[one.dtype.numpy.num] for one in (self, source)]
        raise RuntimeError(
            f"{name}(): self ({names[0]}) and source ({names[1]}) must have the same scalar type"
        )
    if source.ndim and dim >= source.ndim:
        normal_dim(dim, source.ndim)
    size = size_along(source.shape, dim)
    if size != index.numel():
        source.size(dim)        # which refuses a source without dimensions
        raise RuntimeError(
            f"{name}(): Number of indices ({index.numel()}) should be equal to source.size(dim): "
            f"({size}), for dim: {dim}"
        )
    _check_slices(self, dim, source)
    return dim


def _check_slices(self: Tensor, dim: int, source: Tensor) -> None:
    if not agree_beside(self, source, dim):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {list(self.shape)} source.shape = {list(source.shape)}"
        )


def _plain_alpha(self: Tensor, alpha: float) -> float:
    return alpha if self.is_floating_point() else int(alpha)


@takes_out()
@method()
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """A copy with slices added at positions: ``out[index[i]] += alpha * source[i]`` for ``dim=0``.

    A position named several times gets all of its slices. Raises RuntimeError for one out of range.
    """
    dim = _check_added("index_add_", input, dim, index, source)
    return _index_add_op(input, dim, index, source, _plain_alpha(input, alpha))


@method()
def index_add_(
    self: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """In-place form of :func:`index_add`."""
    dim = _check_added("index_add_", self, dim, index, source)
    refuse_shared(self, source, index)
    return _index_add_inplace(self, dim, index, source, _plain_alpha(self, alpha))


def _check_reduction(reduce: str) -> None:
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )


@takes_out()
@method()
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """A copy in which slices are combined with those at positions along a dimension.

    ``reduce`` is "prod", "mean", "amax" or "amin"; without ``include_self`` only the slices of
    ``source`` count where there are any.
    """
    _check_reduction(reduce)
    dim = _check_added("index_reduce_", input, dim, index, source)
    return _index_reduce_op(input, dim, index, source, reduce, bool(include_self))


@method()
def index_reduce_(
    self: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """In-place form of :func:`index_reduce`."""
    _check_reduction(reduce)
    dim = _check_added("index_reduce_", self, dim, index, source)
    refuse_shared(self, source, index)
    return _index_reduce_inplace(self, dim, index, source, reduce, bool(include_self))


__all__ = ["index_add", "index_reduce", "index_select"]
