"""Views of a part of a tensor: a position, a range, a diagonal."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import normal_dim, plain_place

select_op = op(
    "select",
    forward=kernels.selected,
    params=("input", "dim", "index"),
    is_view=True,
    input="select_backward(g, input_shape, dim, index)",
    doc="One position along a dimension, which goes.",
)
slice_op = op(
    "slice",
    forward=kernels.sliced,
    params=("input", "dim", "start", "stop", "step"),
    is_view=True,
    input=lambda g, input_shape, dim, start, stop, step: slice_backward(
        g, input_shape, dim, start, stop, step
    ),
    doc="A range of positions along a dimension.",
)
diagonal_op = op(
    "diagonal",
    forward=kernels.diagonal,
    params=("input", "offset", "dim1", "dim2"),
    is_view=True,
    input=lambda g, input_shape, offset, dim1, dim2: diagonal_backward(
        g, input_shape, offset, dim1, dim2
    ),
    doc="The elements where two dimensions' positions differ by an offset.",
)


def _placed(view: Callable, g: np.ndarray, shape: tuple, *place: int) -> np.ndarray:
    """Zeros of a shape with values at the place that a view names."""
    result = kernels.fill(kernels.empty(shape, g.dtype), 0)
    kernels.copy_array(view(result, *place), g)
    return result


select_backward = op(
    "select_backward",
    forward=partial(_placed, kernels.selected),
    params=("values", "shape", "dim", "index"),
    values=lambda g, dim, index: g.select(dim, index),
    doc="Zeros with values at one position along a dimension.",
)
slice_backward = op(
    "slice_backward",
    forward=partial(_placed, kernels.sliced),
    params=("values", "shape", "dim", "start", "stop", "step"),
    values="slice(g, dim, start, stop, step)",
    doc="Zeros with values at a range along a dimension.",
)
diagonal_backward = op(
    "diagonal_backward",
    forward=partial(_placed, kernels.diagonal),
    params=("values", "shape", "offset", "dim1", "dim2"),
    values=lambda g, offset, dim1, dim2: g.diagonal(offset, dim1, dim2),
    doc="Zeros with values on a diagonal.",
)


def no_such_position(shape: tuple, dim: int, index: int) -> Exception:
    """The error of a position that a dimension does not have."""
    return IndexError(
        f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}"
    )


@method()
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One position along a dimension, which goes, as a view."""
    place = plain_place(input, dim, index)
    if place is not None and place[1] < place[2]:
        return select_op(input, place[0], place[1])
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, input.ndim)
    size = input.shape[dim]
    if not -size <= index < size:
        raise no_such_position(input.shape, dim, index)
    return select_op(input, dim, operator.index(index) % size)


@method()
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """``length`` positions from ``start`` on along a dimension, as a view."""
    place = plain_place(input, dim, start)
    if place is not None and type(length) is int and 0 <= length <= place[2] - place[1]:
        return slice_op(input, place[0], place[1], place[1] + length, 1)
    if isinstance(start, Tensor) and (start.ndim > 0 or start.dtype.numpy.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    if input.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = normal_dim(dim, input.ndim)
    if isinstance(start, bool):
        raise TypeError(f"no whole number: {start}")
    size, start = input.shape[dim], operator.index(start)
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(
            f"start ({start}) + length ({length}) exceeds dimension size ({size})."
        )
    return slice_op(input, dim, start, start + length, 1)


@method()
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements where two dimensions' positions differ by ``offset``, as a view."""
    first, second = normal_dim(dim1, input.ndim), normal_dim(dim2, input.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diagonal_op(input, offset, first, second)


# ------------------------------------------------------------------------- windows


def _windows_summed(g: np.ndarray, shape: tuple, dim: int, size: int, step: int) -> np.ndarray:
    """Zeros with the values of all windows added where these lie, those of later ones last."""
    if not shape:
        return kernels.reduce(kernels.OURS["sum"], g, None, False)
    result = kernels.fill(kernels.empty(shape, g.dtype), 0)
    windows = kernels.windows(result, dim, size, step)
    if size < g.shape[dim]:  # an element of all windows at once: no two of these are one place
        for k in reversed(range(size)):
            _ACCUMULATE(g[..., k], windows[..., k])
    else:
        for one, place in zip(np.moveaxis(g, dim, 0), np.moveaxis(windows, dim, 0), strict=True):
            _ACCUMULATE(one, place)
    return result


_ACCUMULATE = kernels.OURS["accumulate"]
unfold_op = op(
    "unfold",
    forward=kernels.windows,
    params=("input", "dim", "size", "step"),
    is_view=True,
    input="unfold_backward(g, input_shape, dim, size, step)",
    doc="Windows that slide along a dimension.",
)
unfold_backward = op(
    "unfold_backward",
    forward=_windows_summed,
    params=("values", "shape", "dim", "size", "step"),
    values=lambda g, dim, size, step: unfold_op(g, dim, size, step),
    doc="Zeros with values added where windows lie.",
)


@method()
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of ``size`` positions along a dimension, ``step`` apart, as a view.

    Shape: ``(..., n, ...)`` to ``(..., (n - size) // step + 1, ..., size)``.
    """
    dim = normal_dim(dimension, input.ndim)
    limit = input.shape[dim] if input.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > limit:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {limit} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return unfold_op(input, dim, operator.index(size), operator.index(step))


__all__ = ["diagonal", "narrow", "select"]
