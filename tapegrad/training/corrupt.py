"""Samples that cannot be read: named, or left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from tapegrad.utils.data import Dataset, Subset

# What Pillow raises for files that are no pictures or are cut off, broken PNG chunks among them.
_UNREADABLE = (OSError, SyntaxError)


class CorruptSampleError(RuntimeError):
    """A sample could not be read; the text names it, and its file if there is one."""


class EmptyBatchError(CorruptSampleError):
    """No sample of a batch could be read; the batches after it may be better."""


class Readable(Dataset):
    """A dataset whose unreadable samples are named, or with ``on_corrupt="skip"`` left out.

    With ``"raise"`` the first one raises :class:`CorruptSampleError`; with ``"skip"`` each is named
    in a warning and its batch is smaller by one. ``errors`` are what counts as unreadable: all else
    is a mistake in the program and is raised as it is. A batch of which nothing is left raises
    :class:`EmptyBatchError`, which :func:`readable_batches` passes over. Raises ValueError for
    another ``on_corrupt``.
    """

    def __init__(
        self,
        dataset: Any,
        on_corrupt: Literal["raise", "skip"] = "raise",
        errors: tuple[type[Exception], ...] = _UNREADABLE,
    ) -> None:
        if on_corrupt not in ("raise", "skip"):
            raise ValueError(f"on_corrupt must be 'raise' or 'skip', not {on_corrupt!r}")
        self.dataset, self.on_corrupt, self.errors = dataset, on_corrupt, errors

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        try:
            return self.dataset[index]
        except self.errors as error:
            raise CorruptSampleError(_complaint(self.dataset, index, error)) from error

    def __getitems__(self, indices: list[int]) -> list:
        """The samples of a batch that can be read."""
        samples = []
        for index in indices:
            try:
                samples.append(self[index])
            except CorruptSampleError as error:
                if self.on_corrupt == "raise":
                    raise
                warnings.warn(f"{error}; it is left out", stacklevel=2)
        if not samples:
            raise EmptyBatchError(f"none of the samples {indices} can be read")
        return samples


def _complaint(dataset: Any, index: int, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return f"{name_of_sample(dataset, index)} cannot be read: {reason}"


def name_of_sample(dataset: Any, index: int) -> str:
    """What to call a sample: the file that it is read from, else its number."""
    while isinstance(dataset, Subset):
        dataset, index = dataset.dataset, dataset.indices[index]
    files = getattr(dataset, "samples", None)
    if isinstance(files, list) and isinstance(files[index], (tuple, list)):
        return str(files[index][0])
    return f"sample {index}"


def readable_batches(loader: Iterable[Any]) -> Iterator[Any]:
    """The batches of a loader without those of which no sample can be read."""
    return (batch for _, batch in numbered_batches(iter(loader), 0))


def numbered_batches(batches: Iterator[Any], start: int) -> Iterator[tuple[int, Any]]:
    """Batches with their numbers from ``start``; those that cannot be read have numbers too."""
    number = start
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except EmptyBatchError as error:
            warnings.warn(f"batch {number} is left out: {error}", stacklevel=2)
        else:
            yield number, batch
        number += 1


__all__ = [
    "CorruptSampleError", "EmptyBatchError", "Readable", "name_of_sample", "numbered_batches",
    "readable_batches",
]  # fmt: skip
