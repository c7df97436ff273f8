"""Elements and slices without their repetitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import Op
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, without_derivative
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.order.sorting import sort_array


def _slices(array: np.ndarray, dim) -> np.ndarray:
    """What is compared, one a row: single elements, or the slices along ``dim``."""
    if dim is None:
        return array.reshape(-1, 1)
    if 0 in array.shape[:dim] + array.shape[dim + 1 :] and array.shape[dim]:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    rows = kernels.moved(array, dim, 0)
    return rows.reshape(rows.shape[0], -1) if rows.size else rows.reshape(rows.shape[0], 0)


def _order(rows: np.ndarray) -> np.ndarray:
    """The rows in ascending order, compared from the left; equal ones keep their order."""
    if rows.shape[1] == 1:
        return sort_array(rows[:, 0], 0, False)[1]
    return np.lexsort(rows.T[::-1]) if rows.size else np.arange(rows.shape[0])


def _is_new(following: np.ndarray) -> np.ndarray:
    """Which rows, or numbers, differ from the one before."""
    is_new = kernels.empty(following.shape[:1], np.bool_)
    is_new[:1] = True
    differs = following[1:] != following[:-1]
    is_new[1:] = differs if following.ndim == 1 else differs.any(axis=1)
    return is_new


def _distinct(array: np.ndarray, is_in_order: bool) -> Tensor:
    """The elements that differ from the one before, which are sorted first unless in order."""
    flat = array.reshape(-1)
    if not is_in_order:
        flat, _ = sort_array(flat, 0, False)
    return Tensor._wrap(flat[_is_new(flat)])


def _without_repetitions(array: np.ndarray, dim, order) -> tuple:
    """The rows that differ from the one before, which of them each row is, how often they come."""
    rows = _slices(array, dim)
    order = order(rows)
    following = rows[order]
    is_new = _is_new(following)
    starts = np.flatnonzero(is_new)
    inverse = np.empty(rows.shape[0], np.int64)
    inverse[order] = np.cumsum(is_new) - 1
    counts = np.diff(np.append(starts, rows.shape[0]))
    kept = order[starts]
    if dim is None:
        values = array.reshape(-1)[kept]
    else:
        values = kernels.moved(kernels.moved(array, dim, 0)[kept], 0, dim)
    return values, inverse.reshape(array.shape) if dim is None else inverse, counts


def _recorded_as(name: str, grad_name: str) -> Op:
    """What puts a node on the tape that refuses backward, as PyTorch does."""
    return op(
        name, forward=lambda input, values: values, params=("input", "values"),
        grad_name=grad_name, input=without_derivative(name),
        doc="Elements or slices without their repetitions, already found.",
    )  # fmt: skip


_elements_op = _recorded_as("_unique2", "Unique2Backward0")
_slices_op = _recorded_as("unique_dim", "UniqueDimBackward0")
_consecutive_op = _recorded_as("unique_consecutive", "UniqueConsecutiveBackward0")


def _results(values: Tensor, others: list, *are_wanted: bool) -> Any:
    """A tensor, or a tuple with those that are asked for."""
    results = (values, *(
        Tensor._wrap(one) for one, is_wanted in zip(others, are_wanted, strict=True) if is_wanted
    ))
    return results if len(results) > 1 else values


def _checked_dim(input: Tensor, dim) -> int | None:
    if dim is not None and not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return None if dim is None else normal_dim(dim, input.ndim)


@method()
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    """The different elements in ascending order, or the different slices along ``dim``.

    With ``return_inverse`` also where each element went, with ``return_counts`` how often each
    comes. No NaN equals another. Raises RuntimeError where slices have no elements.
    """
    if dim is None and not (return_inverse or return_counts):
        return _elements_op(input, _distinct(input._array, False))
    values, *others = _without_repetitions(input._array, _checked_dim(input, dim), _order)
    recorded = _elements_op if dim is None else _slices_op
    found = recorded(input, Tensor._wrap(values))
    return _results(found, others, return_inverse, return_counts)


@method()
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    """The elements that differ from the one before, or the slices along ``dim`` that do.

    Results as those of :func:`unique`.
    """
    if dim is None and not (return_inverse or return_counts):
        return _consecutive_op(input, _distinct(input._array, True))
    values, *others = _without_repetitions(
        input._array, _checked_dim(input, dim), lambda rows: np.arange(rows.shape[0])
    )
    found = _consecutive_op(input, Tensor._wrap(values))
    return _results(found, others, return_inverse, return_counts)


__all__ = ["unique", "unique_consecutive"]
