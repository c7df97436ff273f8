"""Sums, means and maxima of rows of a matrix."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops.create import zeros_like
from tapegrad.ops.normalization import embedding_backward, embedding_op

SUM, MEAN, MAX = 0, 1, 2
_SUMS, _ROWS, _FACTORS = OURS["bag_sums"], OURS["bag_rows"], OURS["bag_factors"]


def is_fast(weight: Tensor, mode: int, padding_idx: int) -> bool:
    """Whether PyTorch has a kernel for this, which finds out less and words errors otherwise."""
    return mode != MAX and weight.dtype.itemsize < 8 and weight.stride(1) == 1 and padding_idx < 0


class Bags:
    """Which rows lie in which bag: a row for each place, and the places at which bags begin.

    ``padding_idx`` is the row that is left out, -1 for none.
    """

    def __init__(
        self, index: np.ndarray, starts: np.ndarray, padding_idx: int, *, n_offsets: int
    ) -> None:
        self.dtype, self.n_offsets, self.padding_idx = index.dtype, n_offsets, padding_idx
        # Copies, for the way back comes when both may have been written to.
        self.index = kernels.cast_array(index, np.int64)
        self.starts = kernels.cast_array(starts, np.int64)
        self.n_bags = starts.size

    @cached_property
    def bag_of_each(self) -> np.ndarray:
        """The bag of each place; what lies before the first bag, all where none is, is in none."""
        return np.searchsorted(self.starts, np.arange(self.index.size), "right") - 1

    @cached_property
    def is_kept(self) -> np.ndarray:
        """Whether each place counts."""
        return (self.bag_of_each >= 0) & (self.index != self.padding_idx)

    @property
    def rows(self) -> np.ndarray:
        """The rows that count."""
        return self.index[self.is_kept]

    @property
    def bag_of(self) -> np.ndarray:
        """The bag of each row that counts."""
        return self.bag_of_each[self.is_kept]

    def counts(self, dtype: np.dtype) -> Tensor:
        """How many rows each bag holds, at least 1, as a column."""
        counts = np.bincount(self.bag_of, minlength=self.n_bags)
        return Tensor._wrap(np.maximum(counts, 1).astype(dtype)[:, None])

    def rarity(self, dtype: np.dtype) -> Tensor:
        """For each place one divided by how often its row is there."""
        return Tensor._wrap((1 / np.bincount(self.index)[self.index]).astype(dtype))

    def origins(self, weight: Tensor, mode: int) -> tuple[Tensor, Tensor, Tensor]:
        """The bag of each index, and of each bag the number of rows and those of its maxima.

        The first stays empty where PyTorch sums without it, the others are 0 for sums.
        """
        is_left_out = mode == SUM and is_fast(weight, mode, self.padding_idx)
        bag_of_each = self.bag_of_each[:0] if is_left_out else self.bag_of_each
        rows = counts = np.bincount(self.bag_of, minlength=self.n_bags)
        if mode == SUM:
            n = self.n_bags if weight.requires_grad else self.n_offsets
            rows = counts = np.zeros(n, counts.dtype)
        if mode == MAX:
            rows = np.zeros((self.n_bags, weight.shape[1]), counts.dtype)
            if self.rows.size and weight.shape[1]:
                filled, numbers = self.largest(weight._array[self.rows])
                rows[filled] = self.rows[numbers]
        return self._as_index(bag_of_each), self._as_index(counts), self._as_index(rows)

    def _as_index(self, numbers: np.ndarray) -> Tensor:
        return Tensor._wrap(numbers.astype(self.dtype))

    def largest(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each bag that is not empty and each column where the first maximum stands."""
        bag_of = self.bag_of
        starts = np.flatnonzero(np.diff(bag_of, prepend=-1))
        bags = bag_of[starts]
        maxima = np.maximum.reduceat(values, starts, axis=0)
        repeated = np.repeat(maxima, np.diff(np.append(starts, len(bag_of))), axis=0)
        numbers = np.where(values == repeated, np.arange(len(values))[:, None], len(values) - 1)
        return bags, np.minimum.reduceat(numbers, starts, axis=0)


_FEWEST, _SHARED = 16, 1 << 16     # columns that a thread has, products from which on it has them
_ONES = {dtype: np.ones((1,), dtype) for dtype in map(np.dtype, ("e", "f", "d"))}


def _factors_or_ones(factors: np.ndarray | None, like: np.ndarray, bags: Bags) -> np.ndarray:
    return kernels.expanded(_ONES[like.dtype], bags.index.shape) if factors is None else factors


def _bagged(weight, factors, bags, mode, by_freq):
    """The forward function. Raises KernelRefusal where bags or rows are none."""
    if mode == MAX:
        return _maxima(weight, bags)
    factors = _factors_or_ones(factors, weight, bags)
    out = kernels.empty((bags.n_bags, weight.shape[1]), weight.dtype)
    _by_columns(_SUMS, bags, weight, factors, out, is_mean=mode == MEAN)
    return out


def _by_columns(
    kernel: Any, bags: Bags, matrix: np.ndarray, factors: np.ndarray, out: np.ndarray,
    *, is_mean: bool = False,
) -> None:  # fmt: skip
    """Run a kernel from one matrix into another, of which threads have some columns each."""
    n_columns, n = out.shape[1], kernels.thread_count()
    params = (0, bags.padding_idx, is_mean)
    if n_columns % n == 0 and n_columns >= n * _FEWEST and bags.index.size * n_columns > _SHARED:
        matrix, out = (x.reshape(len(x), n, -1).transpose(1, 0, 2) for x in (matrix, out))
    kernel(bags.index, bags.starts, matrix, factors, out, params=params)


def _maxima(weight: np.ndarray, bags: Bags) -> np.ndarray:
    result = kernels.fill(kernels.empty((bags.n_bags, weight.shape[1]), weight.dtype), 0)
    if bags.rows.size and weight.shape[1]:
        values = weight[bags.rows]
        filled, numbers = bags.largest(values)
        result[filled] = np.take_along_axis(values, numbers, axis=0)
    return result


def _weight_slope(g, weight, factors, bags, mode, by_freq):
    if mode == MAX:
        return _max_slope(g, weight, bags)
    if mode == MEAN:
        g = g / bags.counts(g.dtype.numpy)
    if by_freq:
        rarity = bags.rarity(g.dtype.numpy)
        factors = rarity if factors is None else factors * rarity
    return rows_op(g, factors, bags, weight.shape[0])


def _max_slope(g: Tensor, weight: Tensor, bags: Bags) -> Tensor:
    """Each column's gradient goes to the row that the maximum came from."""
    n_rows, n_columns = weight.shape
    rows = bags.rows
    if not rows.size or not n_columns:
        return zeros_like(weight) + g.sum() * 0
    filled, numbers = bags.largest(weight._array[rows])
    cells = rows[numbers] * n_columns + np.arange(n_columns)
    values = embedding_op(g, Tensor._wrap(filled.astype(np.int64)), -1, False).reshape(-1, 1)
    index = Tensor._wrap(np.ascontiguousarray(cells.reshape(-1), np.int64))
    flat = embedding_backward(values, index, (n_rows * n_columns, 1), -1, False)
    return flat.reshape(n_rows, n_columns)


def _summed(weight: Tensor, factors: Any, bags: Bags) -> Tensor:
    return embedding_bag_op(weight, factors, bags, SUM, False)


def _added_rows(g_out, factors, bags, n_rows):
    out = kernels.fill(kernels.empty((n_rows, g_out.shape[1]), g_out.dtype), 0)
    _by_columns(_ROWS, bags, g_out, _factors_or_ones(factors, g_out, bags), out)
    return out


# The sums are linear in rows and in factors, so that each way back leads to the other two.
embedding_bag_op = op(
    "embedding_bag",
    forward=_bagged,
    params=("weight", "factors", "bags", "mode", "by_freq"),
    inputs=("weight", "factors"),
    gradients=lambda g, weight, factors, bags, mode, by_freq, needs: (
        _weight_slope(g, weight, factors, bags, mode, by_freq) if needs[0] else None,
        factors_op(g, weight, bags) if needs[1] else None,
    ),
    doc="The sum, mean or maximum of the rows of each bag; rows of a sum may have factors.",
)
rows_op = op(
    "embedding_bag_rows",
    forward=_added_rows,
    params=("g_out", "factors", "bags", "n_rows"),
    g_out=lambda g, factors, bags: _summed(g, factors, bags),
    factors=lambda g, g_out, bags: factors_op(g_out, g, bags),
    doc="Zeros with the gradient of each bag added to its rows, times their factors.",
)
factors_op = op(
    "embedding_bag_factors",
    forward=lambda g_out, weight, bags: kernels.outputs(
        _FACTORS, (bags.index, bags.starts, weight, g_out), ((bags.index.size,),),
        (0, bags.padding_idx, 0),
    ),
    g_out=lambda g, weight, bags: _summed(weight, g, bags),
    weight=lambda g, g_out, weight_shape, bags: rows_op(g_out, g, bags, weight_shape[0]),
    doc="The product of each row with the gradient of its bag.",
)
