"""Sums, means and maxima of rows of a matrix."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import composite, op
from tapegrad.ops.create import zeros_like
from tapegrad.ops.normalization import embedding_backward, embedding_op

SUM, MEAN, MAX = 0, 1, 2


def is_fast(weight: Tensor, mode: int, padding_idx: int) -> bool:
    """Whether PyTorch has a kernel for this, which finds out less and words errors otherwise."""
    return mode != MAX and weight.dtype.itemsize < 8 and weight.stride(1) == 1 and padding_idx < 0


class Bags:
    """Which rows lie in which bag: numbers of rows and bags, and the places they came from."""

    def __init__(
        self, index: np.ndarray, offsets: np.ndarray, padding_idx: int, *, n_offsets: int
    ) -> None:
        self.dtype, self.n_offsets, self.padding_idx = index.dtype, n_offsets, padding_idx
        # What lies before the first bag, which is all where there is none, is in no bag.
        bag_of = np.searchsorted(offsets, np.arange(index.size), "right") - 1
        self.bag_of_each = bag_of
        is_kept = bag_of >= 0
        index, bag_of, places = index[is_kept], bag_of[is_kept], np.flatnonzero(is_kept)
        if padding_idx >= 0:
            is_kept = index != padding_idx
            index, bag_of, places = index[is_kept], bag_of[is_kept], places[is_kept]
        self.n_bags = len(offsets)
        self.places = Tensor._wrap(places)
        self.rows = Tensor._wrap(np.ascontiguousarray(index, np.int64))
        self.bag_of = Tensor._wrap(np.ascontiguousarray(bag_of, np.int64))

    def counts(self, dtype: np.dtype) -> Tensor:
        """How many rows each bag holds, at least 1, as a column."""
        counts = np.bincount(self.bag_of._array, minlength=self.n_bags)
        return Tensor._wrap(np.maximum(counts, 1).astype(dtype)[:, None])

    def origins(self, weight: Tensor, mode: int) -> tuple[Tensor, Tensor, Tensor]:
        """The bag of each index, and of each bag the number of rows and those of its maxima.

        The first stays empty where PyTorch sums without it, the others are 0 for sums.
        """
        is_left_out = mode == SUM and is_fast(weight, mode, self.padding_idx)
        bag_of_each = self.bag_of_each[:0] if is_left_out else self.bag_of_each
        rows = counts = np.bincount(self.bag_of._array, minlength=self.n_bags)
        if mode == SUM:
            n = self.n_bags if weight.requires_grad else self.n_offsets
            rows = counts = np.zeros(n, counts.dtype)
        if mode == MAX:
            rows = np.zeros((self.n_bags, weight.shape[1]), counts.dtype)
            if len(self.rows) and weight.shape[1]:
                filled, numbers = self.largest(weight._array[self.rows._array])
                rows[filled] = self.rows._array[numbers]
        return self._as_index(bag_of_each), self._as_index(counts), self._as_index(rows)

    def _as_index(self, numbers: np.ndarray) -> Tensor:
        return Tensor._wrap(numbers.astype(self.dtype))

    def largest(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each bag that is not empty and each column where the first maximum stands."""
        bag_of = self.bag_of._array
        starts = np.flatnonzero(np.diff(bag_of, prepend=-1))
        bags = bag_of[starts]
        maxima = np.maximum.reduceat(values, starts, axis=0)
        repeated = np.repeat(maxima, np.diff(np.append(starts, len(bag_of))), axis=0)
        numbers = np.where(values == repeated, np.arange(len(values))[:, None], len(values) - 1)
        return bags, np.minimum.reduceat(numbers, starts, axis=0)


def _per_bag(rows: Tensor, bags: Bags) -> Tensor:
    return embedding_backward(rows, bags.bag_of, (bags.n_bags, rows.shape[1]), -1, False)


def _bagged(weight, sample_weights, bags, mode, by_freq):
    if mode == MAX:
        return Tensor._wrap(_maxima(weight._array, bags))
    rows = embedding_op(weight, bags.rows, -1, False)
    if sample_weights is not None:
        rows = rows * sample_weights.reshape(-1)[bags.places].unsqueeze(1)
    sums = _per_bag(rows, bags)
    return sums / bags.counts(weight.dtype.numpy) if mode == MEAN else sums


def _maxima(weight: np.ndarray, bags: Bags) -> np.ndarray:
    result = kernels.fill(kernels.empty((bags.n_bags, weight.shape[1]), weight.dtype), 0)
    rows = bags.rows._array
    if rows.size and weight.shape[1]:
        values = weight[rows]
        filled, numbers = bags.largest(values)
        result[filled] = np.take_along_axis(values, numbers, axis=0)
    return result


def _weight_slope(g, weight, sample_weights, bags, mode, by_freq):
    if mode == MAX:
        return _max_slope(g, weight, bags)
    if mode == MEAN:
        g = g / bags.counts(g.dtype.numpy)
    rows = embedding_op(g, bags.bag_of, -1, False)
    if sample_weights is not None:
        rows = rows * sample_weights.reshape(-1)[bags.places].unsqueeze(1)
    return embedding_backward(rows, bags.rows, tuple(weight.shape), -1, by_freq)


def _max_slope(g: Tensor, weight: Tensor, bags: Bags) -> Tensor:
    """Each column's gradient goes to the row that the maximum came from."""
    n_rows, n_columns = weight.shape
    rows = bags.rows._array
    if not rows.size or not n_columns:
        return zeros_like(weight) + g.sum() * 0
    filled, numbers = bags.largest(weight._array[rows])
    cells = rows[numbers] * n_columns + np.arange(n_columns)
    values = embedding_op(g, Tensor._wrap(filled.astype(np.int64)), -1, False).reshape(-1, 1)
    index = Tensor._wrap(np.ascontiguousarray(cells.reshape(-1), np.int64))
    flat = embedding_backward(values, index, (n_rows * n_columns, 1), -1, False)
    return flat.reshape(n_rows, n_columns)


def _sample_slope(g, weight, sample_weights, bags):
    products = embedding_op(g, bags.bag_of, -1, False) * embedding_op(weight, bags.rows, -1, False)
    sums = products.sum(1, keepdim=True)
    return embedding_backward(sums, bags.places, (sample_weights.numel(), 1), -1, False).reshape(
        sample_weights.shape
    )


embedding_bag_op = op(
    "embedding_bag",
    forward=composite(_bagged),
    params=("weight", "sample_weights", "bags", "mode", "by_freq"),
    inputs=("weight", "sample_weights"),
    gradients=lambda g, weight, sample_weights, bags, mode, by_freq, needs: (
        _weight_slope(g, weight, sample_weights, bags, mode, by_freq) if needs[0] else None,
        _sample_slope(g, weight, sample_weights, bags) if needs[1] else None,
    ),
    doc="The sum, mean or maximum of the rows of each bag.",
)
