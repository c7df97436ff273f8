"""One pass over a loader: what all passes share, and the one in the program's own process."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from tapegrad.utils.data._utils.fetch import create_fetcher
from tapegrad.utils.data.sampler import drawn_seed

if TYPE_CHECKING:
    from typing_extensions import Self

    from tapegrad.utils.data.dataloader import DataLoader

_TOO_LONG = (
    "Length of IterableDataset {dataset} was reported to be {length}"
    "(when accessing len(dataloader)), but {count} samples have been fetched. "
)
_NOT_SHARED_OUT = (
    "For multiprocessing data-loading, this could be caused by not properly configuring the "
    "IterableDataset replica at each worker. Please see "
    "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
)


class _BaseDataLoaderIter:
    """Counts batches and draws the base seed; subclasses say where a batch comes from."""

    def __init__(self, loader: DataLoader) -> None:
        _warn_of_pinning(loader)
        self._dataset = loader.dataset
        self._num_workers = loader.num_workers
        self._index_sampler = loader._index_sampler
        # In this order: a sampler may draw random numbers as soon as it is iterated over.
        self._start_over(loader)
        self._base_seed = drawn_seed(loader.generator)

    def _start_over(self, loader: DataLoader) -> None:
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded = 0
        self._announced = loader._IterableDataset_len_called

    def _next_index(self) -> Any:
        return next(self._sampler_iter)

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        if self._announced is not None and self._num_yielded > self._announced:
            self._warn_of_length()
        return data

    def _warn_of_length(self) -> None:
        """Say that a stream is longer than it said."""
        text = _TOO_LONG.format(
            dataset=self._dataset, length=self._announced, count=self._num_yielded
        )
        warnings.warn(text + (_NOT_SHARED_OUT if self._num_workers else ""), stacklevel=3)

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> NoReturn:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Loads each batch when it is asked for."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetcher = create_fetcher(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )

    def _next_data(self) -> Any:
        return self._fetcher.fetch(self._next_index())


def _warn_of_pinning(loader: DataLoader) -> None:
    """There is no device that pinned memory would help."""
    if not loader.pin_memory:
        return
    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,"
            f"ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=5,
        )
    warnings.warn(
        "'pin_memory' argument is set as true but no accelerator is found, "
        "then device pinned memory won't be used.",
        stacklevel=5,
    )
