"""Whole slices along a dimension, copied or filled at the positions of a vector."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import place_slices, positions_along
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_untaped
from tapegrad.ops._declare import method, takes_out
from tapegrad.ops._dims import agree_beside, normal_dim
from tapegrad.ops.index.lines import out_of_bounds, refuse_shared, writing_ops
from tapegrad.ops.index.slices import index_select_op, size_along, source_slope
from tapegrad.ops.index.slices_refused import check_memory


def _index_copy(input, dim, index, source):
    """Slices written at positions along a dimension."""
    if not input.size:
        check_memory(input, dim, index.size)
        return
    positions = positions_along(index, input, dim, _not_copied_to)
    place_slices("place", input, positions, source, dim)


def _not_copied_to(index: int, dim: int, size: int) -> Exception:
    return IndexError(
        f"index_copy_(): index {index} is out of bounds for dimension {dim} with size {size}"
    )


def _index_fill(input, dim, index, value):
    """A number written to slices at positions along a dimension."""
    if not input.size:
        check_memory(input, dim, index.size)
        return
    positions = positions_along(index, input, dim, _not_filled, wraps=True)
    if isinstance(value, np.ndarray):
        value = kernels.cast_array(value, input.dtype)
    else:
        value = kernels.fill(kernels.empty((), input.dtype), value)
    place_slices("place", input, positions, value, dim)


def _not_filled(index: int, dim: int, size: int) -> Exception:
    return IndexError(str(out_of_bounds(index, dim, size)))


_index_copy_op, _index_copy_inplace = writing_ops(
    "index_copy", _index_copy, "IndexCopyBackward0",
    input=lambda g, dim, index: _index_fill_op(g, dim, index, 0),
    source=lambda g, source_shape, dim, index: source_slope(g, source_shape, dim, index),
)  # fmt: skip
_index_fill_op, _index_fill_inplace = writing_ops(
    "index_fill", _index_fill, "IndexFillBackward0", True,
    input=lambda g, dim, index: _index_fill_op(g, dim, index, 0),
)  # fmt: skip


def _index_fill_tensor(input, dim, index, value):
    """The value of a 0-d tensor written to slices at positions along a dimension."""
    _index_fill(input, dim, index, value)


def _fill_value_slope(g: Tensor, dim: int, index: Tensor) -> Tensor:
    # A position that is named twice is still filled once.
    places = Tensor._wrap(np.unique(index.detach().numpy()))
    wrapped = places.where(places >= 0, places + size_along(g.shape, dim))
    return index_select_op(g, dim, Tensor._wrap(np.unique(wrapped.numpy()))).sum()


_index_fill_tensor_op, _index_fill_tensor_inplace = writing_ops(
    "index_fill_tensor", _index_fill_tensor, "IndexFillBackward1", True,
    input=lambda g, dim, index: _index_fill_op(g, dim, index, 0),
    value=lambda g, dim, index: _fill_value_slope(g, dim, index),
)  # fmt: skip


def _check_copied(self: Tensor, dim: int, index: Tensor, source: Tensor) -> int:
    """The dimension, after a check of shapes and dtypes with PyTorch's texts."""
    dim = normal_dim(dim, self.ndim)
    if index.ndim >= 2:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if source.ndim == 0 and index.numel() != 1:
        raise IndexError(
            "index_copy_(): When source is scalar, index should have one element (got "
            f"{index.numel()})"
        )
    if self.ndim and source.ndim and self.ndim != source.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({source.ndim}), destination dimensionality "
            f"({self.ndim})"
        )
    if index.dtype.name != "int64":
        kind = kernels.TYPE_NAMES[index.dtype.numpy.num]
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {kind}")
    if source.dtype is not self.dtype:
        names = [kernels.TYPE_NAMES[one.dtype.numpy.num] for one in (self, source)]
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{names[0]} and (source) {names[1]}"
        )
    _check_copied_slices(self, dim, source)
    if source.ndim and index.numel() != source.shape[dim]:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.numel()}) should be equal to "
            f"source.size(dim) ({source.shape[dim]})"
        )
    return dim


def _check_copied_slices(self: Tensor, dim: int, source: Tensor) -> None:
    if agree_beside(self, source, dim):
        return
    rest = [one.shape[:dim] + one.shape[dim + 1 :] for one in (self, source)]
    if tuple(rest[0]) != tuple(rest[1]):
        sizes = [" ".join(map(str, one)) or "" for one in rest]
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination "
            f"slice shape: {sizes[0]} at dimension {dim} and source slice shape: {sizes[1]} at "
            "dimension 0."
        )


@takes_out()
@method()
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy with slices written at positions: ``out[index[i]] = source[i]`` for ``dim=0``.

    Of several slices for one position the last one stays. Raises IndexError for one out of range.
    """
    return _index_copy_op(input, _check_copied(input, dim, index, source), index, source)


@method()
def index_copy_(self: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """In-place form of :func:`index_copy`."""
    dim = _check_copied(self, dim, index, source)
    refuse_shared(self, source, index)
    return _index_copy_inplace(self, dim, index, source)


def _check_filled(function: str, self: Tensor, dim: int, index: Tensor, value) -> int:
    """The dimension, after a check of the index and the value with PyTorch's texts."""
    if not isinstance(value, (Tensor, int, float)):
        kind = type(value).__name__
        raise TypeError(
            f"{function}() received an invalid combination of arguments - got (int, Tensor, {kind})"
        )
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    if index.dtype.name != "int64":
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    dim = normal_dim(dim, self.ndim)
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if isinstance(value, Tensor):
        kernels.refuse_overflow(value.item(), self.dtype.numpy.num)
    return dim


@method()
def index_fill(input: Tensor, dim: int, index: Tensor, value) -> Tensor:
    """A copy with a number, or the value of a 0-d tensor, in the slices at positions.

    Negative positions count from the end. Raises IndexError for one out of range.
    """
    dim = _check_filled("index_fill", input, dim, index, value)
    if not isinstance(value, Tensor):
        return _index_fill_op(input, dim, index, value)
    refuse_untaped(input, value)
    return _index_fill_tensor_op(input, dim, index, value)


@method()
def index_fill_(self: Tensor, dim: int, index: Tensor, value) -> Tensor:
    """In-place form of :func:`index_fill`."""
    dim = _check_filled("index_fill_", self, dim, index, value)
    if isinstance(value, Tensor):
        return _index_fill_tensor_inplace(self, dim, index, value)
    return _index_fill_inplace(self, dim, index, value)


__all__ = ["index_copy", "index_fill"]
