"""From what a sampler gives to a batch: loading samples from a dataset and collating them."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops.index.rows import gather_rows
from tapegrad.utils.data._utils.collate import (
    collate_tensor_fn,
    default_collate,
    default_collate_fn_map,
    function_for,
)
from tapegrad.utils.data.dataset import IterableDataset, Subset, TensorDataset

# What a fetcher notes as its place when it is not at a single sample of a batch.
WHOLE = -1


class _Fetcher:
    """Loads batches, or single samples without ``auto_collation``, and notes how far it is.

    ``place[0]`` is the number, within its batch, of the sample that is being loaded, or ``WHOLE``;
    ``place`` may be memory that another process reads.
    """

    def __init__(
        self,
        dataset: Any,
        auto_collation: bool,
        collate_fn: Callable,
        drop_last: bool,
        place: MutableSequence[int] | None = None,
    ) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.place: Any = [0] if place is None else place

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The batch of these indices, or the sample of this one; StopIteration at the end."""
        self.place[0] = WHOLE
        if not self.auto_collation:
            return self.collate_fn(self.load_one(possibly_batched_index))
        batch = self.load_collated(possibly_batched_index)
        if batch is not None:
            return batch
        samples = self.load(possibly_batched_index)
        self.place[0] = WHOLE
        return self.collate_fn(samples)

    def load_collated(self, indices: Any) -> Any:
        """The batch without its samples, where that is possible."""
        return None

    def load(self, indices: Any) -> list:
        """The samples of one batch."""
        raise NotImplementedError

    def load_one(self, index: Any) -> Any:
        """One sample."""
        raise NotImplementedError


class _IterableDatasetFetcher(_Fetcher):
    """Loads what comes next in a stream; of the indices only the number counts."""

    def __init__(self, dataset: Any, *options: Any) -> None:
        super().__init__(dataset, *options)
        self.dataset_iter = iter(dataset)
        self.ended = False

    def load(self, indices: Any) -> list:
        """As many samples as there are indices, less at the end."""
        if self.ended:
            raise StopIteration
        samples: list = []
        for self.place[0], _ in enumerate(indices):
            try:
                samples.append(next(self.dataset_iter))
            except StopIteration:
                self.ended = True
                break
        if not samples or (self.drop_last and self.ended):
            raise StopIteration
        return samples

    def load_one(self, index: Any) -> Any:
        """The next sample."""
        return next(self.dataset_iter)


class _MapDatasetFetcher(_Fetcher):
    """Loads samples by index, all at once where the dataset can."""

    def load_collated(self, indices: Any) -> Any:
        """The rows of a dataset of plain tensors, collated by the one indexing."""
        return rows_of(self.dataset, indices) if self.collate_fn is default_collate else None

    def load(self, indices: Any) -> list:
        """The samples at the indices, by ``__getitems__`` if the dataset has it."""
        dataset = self.dataset
        if getattr(dataset, "__getitems__", None):
            return dataset.__getitems__(indices)
        samples = []
        for self.place[0], index in enumerate(indices):
            samples.append(dataset[index])
        return samples

    def load_one(self, index: Any) -> Any:
        """The sample at an index."""
        return self.dataset[index]


def create_fetcher(dataset: Any, *options: Any) -> _Fetcher:
    """The fetcher for a dataset's kind."""
    is_stream = isinstance(dataset, IterableDataset)
    return (_IterableDatasetFetcher if is_stream else _MapDatasetFetcher)(dataset, *options)


def rows_of(dataset: Any, indices: Any) -> list[Tensor] | None:
    """What ``default_collate`` makes of samples of a ``TensorDataset``: each tensor indexed once.

    None where samples could be anything else: subclasses with a say in it, tensors of other
    types or that want a gradient, indices that are no numbers or are not there.
    """
    kind = type(dataset)
    if isinstance(dataset, Subset) and kind.__getitems__ is Subset.__getitems__:
        return rows_of(dataset.dataset, [dataset.indices[index] for index in indices])
    if (
        not isinstance(dataset, TensorDataset)
        or kind.__getitem__ is not TensorDataset.__getitem__
        or hasattr(dataset, "__getitems__")
        or not _joins_plainly()
        or any(type(one) is not Tensor or one.requires_grad for one in dataset.tensors)
        or set(map(type, indices)) != {int}
    ):
        return None
    rows = (np.array(indices),)
    try:
        return [Tensor._wrap(gather_rows(one._array, rows)) for one in dataset.tensors]
    except IndexError:  # loading them one by one says which it is
        return None


def _joins_plainly() -> bool:
    """Whether the program has left alone how tuples of tensors are collated."""
    kinds = default_collate_fn_map
    return kinds.get(Tensor) is collate_tensor_fn and function_for((), kinds) is None
