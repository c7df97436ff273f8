"""Elements written or combined at positions along one dimension."""

from __future__ import annotations

import warnings

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import check_positions, place, positions_along
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, takes_out
from tapegrad.ops._dims import first_larger, index_fits, normal_dim
from tapegrad.ops.index.along import check_index_dtype
from tapegrad.ops.index.combined import (
    Combination,
    combine,
    combined_input_slope,
    combined_source_slope,
)
from tapegrad.ops.index.lines import out_of_bounds, refuse_shared, writing_ops
from tapegrad.ops.shape.strided import as_strided

# ------------------------------------------------------------------------- on arrays


def _check(target: np.ndarray, dim: int, index: np.ndarray, *_) -> None:
    check_positions(index, target, dim, out_of_bounds)


def _number(value: float, dtype: np.dtype) -> np.ndarray:
    return kernels.fill(kernels.empty((), dtype), value)


def _scatter(input, dim, index, src):
    """Values written at positions along a dimension."""
    place("place", input, index, src, dim, out_of_bounds)


def _scatter_value(input, dim, index, value):
    """A number written at positions along a dimension."""
    place("place", input, index, _number(value, input.dtype), dim, out_of_bounds)


def _scatter_add(input, dim, index, src):
    """Values added at positions along a dimension."""
    place("place_add", input, index, src, dim, out_of_bounds)


def _scatter_with(input, dim, index, src, reduce):
    """Values added or multiplied in at positions along a dimension."""
    kernel = "place_add" if reduce == "add" else "place_mul"
    values = src if isinstance(src, np.ndarray) else _number(src, input.dtype)
    place(kernel, input, index, values, dim, out_of_bounds)


def _scatter_reduce(input, dim, index, src, reduce, include_self):
    """Values combined at positions along a dimension."""
    positions = positions_along(index, input, dim, out_of_bounds)
    combine(place, input, positions, src, dim, reduce, include_self)


# ------------------------------------------------------------------------- ops


def _slope_of_source(g: Tensor, dim: int, index: Tensor) -> Tensor:
    """The gradient where values went, which a sum's is everywhere: then no index is read again."""
    if g.requires_grad or any(g.stride()):
        return g.gather(dim, index)
    return as_strided(g, index.shape, (0,) * index.ndim)


_scatter_op, _scatter_inplace = writing_ops(
    "scatter", _scatter, "ScatterBackward0", check=_check,
    input=lambda g, dim, index: _scatter_value_op(g, dim, index, 0),
    src=_slope_of_source,
)  # fmt: skip
_scatter_value_op, _scatter_value_inplace = writing_ops(
    "scatter_value", _scatter_value, "ScatterBackward1", check=_check,
    input=lambda g, dim, index: _scatter_value_op(g, dim, index, 0),
)  # fmt: skip
_scatter_add_op, _scatter_add_inplace = writing_ops(
    "scatter_add", _scatter_add, "ScatterAddBackward0", check=_check,
    input=lambda g: g,
    src=_slope_of_source,
)  # fmt: skip


def _no_derivative(name: str) -> Tensor:
    raise RuntimeError(f"derivative for aten::{name} is not implemented")


_scatter_with_op, _scatter_with_inplace = writing_ops(
    "scatter_with", _scatter_with, "NotImplemented", check=_check,
    input=lambda g: _no_derivative("scatter"), src=lambda g: _no_derivative("scatter"),
)  # fmt: skip


def _combination(dim: int, index: Tensor, reduce: str, include_self: bool) -> Combination:
    """What the derivatives of a reduction need to know about where it reads and writes."""
    return Combination(
        "scatter_reduce",
        "src",
        reduce,
        include_self,
        read=lambda x: x.gather(dim, index),
        add=lambda x, values: x.scatter_add(dim, index, values),
        clear=lambda x, value: _scatter_value_op(x, dim, index, value),
        combine=lambda x, values: x.scatter_reduce(
            dim, index, values, reduce, include_self=include_self
        ),
    )


_scatter_reduce_op, _scatter_reduce_inplace = writing_ops(
    "scatter_reduce", _scatter_reduce, "ScatterReduceBackward0",
    input=lambda g, input, src, out, dim, index, reduce, include_self: combined_input_slope(
        g, input, src, out, _combination(dim, index, reduce, include_self)
    ),
    src=lambda g, input, src, out, dim, index, reduce, include_self: combined_source_slope(
        g, input, src, out, _combination(dim, index, reduce, include_self)
    ),
)  # fmt: skip


# ------------------------------------------------------------------------- checks


def _checked(self: Tensor, dim: int, index: Tensor, src) -> int:
    """The dimension, after a check of shapes and dtypes with PyTorch's texts."""
    dim = normal_dim(dim, self.ndim)
    check_index_dtype("scatter", index)
    if isinstance(src, Tensor) and src.dtype is not self.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if index.numel():
        source = src if isinstance(src, Tensor) else None
        if not index_fits(index, self, dim, source):
            _refuse_sizes(self, dim, index, source)
    return dim


def _refuse_sizes(self: Tensor, dim: int, index: Tensor, src: Tensor | None) -> None:
    """Say what PyTorch says first of sizes that do not fit."""
    _check_dims("self", index, self)
    if src is not None and (src.ndim or index.ndim > 1):
        if first_larger(index, self, dim) < 0:
            _compare_sizes(index, src)
        _check_dims("src", index, src)
    text = (
        f"Expected index {list(index.shape)} to be no larger than self {list(self.shape)} "
        f"apart from dimension {dim}"
    )
    if src is not None:
        text += f" and to be no larger size than src {list(src.shape)}"
    raise RuntimeError(text)


def _check_dims(name: str, index: Tensor, other: Tensor) -> None:
    if index.ndim == other.ndim or max(index.ndim, 1) == max(other.ndim, 1):
        return
    raise RuntimeError(
        f"Index tensor must have the same number of dimensions as {name} tensor"
    )


def _compare_sizes(index: Tensor, src: Tensor) -> None:
    """Look at each size up to the first that is too small, which raises for one that is not there.

    PyTorch does so before it compares the numbers of dimensions.
    """
    if 0 < src.ndim < index.ndim and index.shape[: src.ndim] <= src.shape:
        k = first_larger(index, src)
        if k < 0:
            normal_dim(src.ndim, src.ndim)


def _scatter_form(function: str, src, reduce):
    """Which op a call means: values or a number, written or combined."""
    if not isinstance(src, (Tensor, int, float, np.generic)):
        kind = type(src).__name__
        raise TypeError(
            f"{function}() received an invalid combination of arguments - got (int, Tensor, {kind})"
        )
    if reduce is None:
        if isinstance(src, Tensor):
            return _scatter_op, _scatter_inplace
        return _scatter_value_op, _scatter_value_inplace
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if isinstance(src, Tensor):
        warnings.warn(_REDUCE_IS_DEPRECATED, UserWarning, stacklevel=3)
    return _scatter_with_op, _scatter_with_inplace


_REDUCE_IS_DEPRECATED = (
    "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a "
    "future PyTorch release. Use torch.scatter_reduce instead for more reduction options."
)


# ------------------------------------------------------------------------- functions


@takes_out(may_overlap=False)
@method()
def scatter(
    input: Tensor, dim: int, index: Tensor, src=None, *, value=None, reduce: str | None = None
) -> Tensor:
    """A copy with ``src`` written at an index: ``out[index[i][j]][j] = src[i][j]`` for ``dim=0``.

    ``src`` may be a number; ``reduce="add"`` or ``"multiply"`` combines instead of writing. Of
    several values for one place the last one stays. Raises RuntimeError for an index out of range.
    """
    src = value if src is None else src
    copying, _ = _scatter_form("scatter", src, reduce)
    dim = _checked(input, dim, index, src)
    if not index.numel():
        return input.clone()
    extra = () if reduce is None else (reduce,)
    return copying(input, dim, index, src, *extra)


@method()
def scatter_(
    self: Tensor, dim: int, index: Tensor, src=None, *, value=None, reduce: str | None = None
) -> Tensor:
    """In-place form of :func:`scatter`."""
    src = value if src is None else src
    _, writing = _scatter_form("scatter_", src, reduce)
    dim = _checked(self, dim, index, src)
    refuse_shared(self, *([src] if isinstance(src, Tensor) else []), index)
    if not index.numel():
        return self
    extra = () if reduce is None else (reduce,)
    return writing(self, dim, index, src, *extra)


@takes_out()
@method()
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy with ``src`` added at an index: ``out[index[i][j]][j] += src[i][j]`` for ``dim=0``."""
    dim = _checked(input, dim, index, src)
    return _scatter_add_op(input, dim, index, src) if index.numel() else input.clone()


@method()
def scatter_add_(self: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """In-place form of :func:`scatter_add`."""
    dim = _checked(self, dim, index, src)
    refuse_shared(self, src, index)
    return _scatter_add_inplace(self, dim, index, src) if index.numel() else self


def _check_reduction(self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str) -> int:
    """The dimension, as :func:`_checked`, for a reduction that there is."""
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    dim = _checked(self, dim, index, src)
    if reduce == "mean" and self.dtype.name == "bool":
        raise NotImplementedError(
            "\"scatter_gather_tensor_cpu_reduce_mean\" not implemented for 'Bool'"
        )
    return dim


@takes_out()
@method()
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy in which ``src`` is combined with what is at an index along a dimension.

    ``reduce`` is "sum", "prod", "mean", "amax" or "amin"; without ``include_self`` only the values
    of ``src`` count where there are any. Whole numbers are averaged towards minus infinity.
    """
    dim = _check_reduction(input, dim, index, src, reduce)
    if not index.numel():
        return input.clone()
    return _scatter_reduce_op(input, dim, index, src, reduce, bool(include_self))


@method()
def scatter_reduce_(
    self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """In-place form of :func:`scatter_reduce`."""
    dim = _check_reduction(self, dim, index, src, reduce)
    refuse_shared(self, src, index)
    if not index.numel():
        return self
    return _scatter_reduce_inplace(self, dim, index, src, reduce, bool(include_self))


__all__ = ["scatter", "scatter_add", "scatter_reduce"]
