"""What a frozen body makes of a data set, computed once and kept in files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.finetune._manifest import Manifest, digest, weights_digest
from tapegrad.nn import Module
from tapegrad.utils.data import Dataset, TensorDataset, default_collate


def cache_features(
    body: Module, dataset: Dataset, path: str | os.PathLike, batch_size: int = 64,
    progress: bool | None = None,
) -> TensorDataset:  # fmt: skip
    """Compute ``body(x)`` for each sample ``(x, *rest)`` of a data set; give ``(features, *rest)``.

    The body runs in evaluation mode, without gradients, on batches. The results go to the folder
    ``path``: ``column_0.npy`` holds the features, the others the rest, ``manifest.json``
    fingerprints of the body's weights and structure, and of what went into and came out of each
    batch. Where these agree nothing is computed again: an interrupted run goes on where it was, a
    batch whose samples have changed or whose results are damaged is redone, and other weights,
    sizes or dtypes begin anew. To compare, the samples are read each time; a random transform
    therefore computes all anew. The data set that is returned lies in the files, which are mapped.
    By default a bar is shown where somebody watches, after two seconds.

    Raises TypeError for samples and results that are not tensors, ValueError for an empty data set.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    total: int = len(dataset)  # type: ignore[arg-type]  # as in PyTorch, declared without length
    if not total:
        raise ValueError("the data set is empty")
    cache = _Cache(body, Path(path), total, batch_size)
    shown = {"disable": None, "delay": 2} if progress is None else {"disable": not progress}
    modes = [(module, module.training) for module in body.modules()]
    body.eval()
    try:
        with tapegrad.no_grad(), tqdm(total=total, unit="sample", **shown) as bar:
            for k, columns in enumerate(_batches(dataset, total, batch_size)):
                cache.fill(k, columns)
                bar.update(len(columns[0]))
    finally:
        for module, mode in modes:
            module.training = mode
        cache.close()
    return TensorDataset(*cache.tensors())


def _batches(dataset: Dataset, total: int, batch_size: int) -> Iterator[list[Tensor]]:
    """The columns of each batch of samples, in order."""
    for start in range(0, total, batch_size):
        samples = [dataset[i] for i in range(start, min(start + batch_size, total))]
        columns: Any = default_collate(samples)
        columns = list(columns) if isinstance(columns, Sequence) else [columns]
        for place, column in enumerate(columns):
            _check_rows(column, len(samples), f"element {place} of a sample")
        yield columns


def _check_rows(tensor: Any, n_rows: int, what: str) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{what} must be a tensor or a number, not {type(tensor).__name__}")
    if not tensor.ndim or tensor.shape[0] != n_rows:
        raise TypeError(f"{what} must have a row a sample, {n_rows}, not {tuple(tensor.shape)}")


class _Cache:
    """The folder: a file a column, mapped, and the manifest."""

    def __init__(self, body: Module, folder: Path, total: int, batch_size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.body, self.folder, self.total, self.batch_size = body, folder, total, batch_size
        self.arrays: list[np.memmap] = []
        settings = {"weights": weights_digest(body), "samples": total, "batch_size": batch_size}
        self.manifest = Manifest(folder / "manifest.json", settings)

    def fill(self, k: int, columns: list[Tensor]) -> None:
        """Write batch ``k``, unless it is there already."""
        source = digest(column.numpy() for column in columns)
        known = self.manifest.batch(k)
        if known and self._open() and known == [source, self._stored(k)]:
            return
        features = self.body(columns[0])
        _check_rows(features, len(columns[0]), "what the body gives")
        results = [column.numpy() for column in (features, *columns[1:])]
        self._make(results, is_first=not k)
        for array, result in zip(self.arrays, results, strict=True):
            array[self._rows(k)] = result
        self.manifest.note(k, [source, self._stored(k)], self._flush)

    def close(self) -> None:
        """Bring the manifest up to date with the files."""
        self.manifest.write(self._flush)

    def tensors(self) -> list[Tensor]:
        """The columns over the mapped files; writes to them stay private."""
        return [tapegrad.from_numpy(np.asarray(np.load(file, mmap_mode="c")))
                for file in self._files(len(self.arrays))]  # fmt: skip

    def _files(self, n: int) -> list[Path]:
        return [self.folder / f"column_{k}.npy" for k in range(n)]

    def _rows(self, k: int) -> slice:
        return slice(k * self.batch_size, min((k + 1) * self.batch_size, self.total))

    def _stored(self, k: int) -> str:
        return digest(array[self._rows(k)] for array in self.arrays)

    def _flush(self) -> None:
        for array in self.arrays:
            array.flush()

    def _open(self) -> bool:
        """Map the files that the manifest describes; whether they are there and as it says."""
        described = self.manifest.columns
        if described and not self.arrays:
            try:
                arrays = [np.load(file, mmap_mode="r+") for file in self._files(len(described))]
            except (OSError, ValueError):
                return False
            if [_description(array) for array in arrays] == described:
                self.arrays = arrays
        return bool(self.arrays)

    def _make(self, results: list[np.ndarray], is_first: bool) -> None:
        """Make new files if those that are there do not fit the results."""
        wanted = [[str(one.dtype), [self.total, *one.shape[1:]]] for one in results]
        if [_description(array) for array in self.arrays] == wanted:
            return
        if not is_first:
            raise TypeError(f"columns of {self.manifest.columns} were expected, not of {wanted}")
        self.manifest.restart(wanted)
        self.arrays = [
            _new_file(file, one.dtype, (self.total, *one.shape[1:]))
            for file, one in zip(self._files(len(results)), results, strict=True)
        ]


def _new_file(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.memmap:
    """A mapped file whose space is reserved: a full disk raises OSError here, not when written."""
    path.unlink(missing_ok=True)  # who has the old one mapped keeps it
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _description(array: np.ndarray) -> list:
    return [str(array.dtype), list(array.shape)]
