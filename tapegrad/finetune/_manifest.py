"""The record beside cached features: what they were computed from, batch by batch."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tapegrad.nn import Module
from tapegrad.utils._atomic import replaced_file

FORMAT = 1
_SECONDS_BETWEEN_WRITES = 1.0


def digest(arrays: Iterable[np.ndarray]) -> str:
    """A fingerprint of arrays: their dtypes, shapes and bytes."""
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def weights_digest(module: Module) -> str:
    """A fingerprint of a module: its printed structure, the names and values of its state."""
    found = hashlib.blake2b(repr(module).encode(), digest_size=16)
    for name, tensor in module.state_dict().items():
        found.update(f"{name} {digest([tensor.numpy()])}\n".encode())
    return found.hexdigest()


class Manifest:
    """A JSON file that is replaced whole. What is no such file, or has other settings, is empty."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path, self.settings = path, {"format": FORMAT, **settings}
        self.columns: list = []
        self._batches: dict[int, list[str]] = {}
        self._written = time.monotonic()
        self._is_current = True
        self._read()

    @property
    def n_batches(self) -> int:
        """How many batches are recorded."""
        return len(self._batches)

    def batch(self, k: int) -> list[str] | None:
        """The fingerprints of batch ``k``."""
        return self._batches.get(k)

    def note(self, k: int, fingerprints: list[str], flush: Callable[[], None]) -> None:
        """Record a batch, and now and then write the file, after ``flush`` has written the data."""
        self._batches[k] = fingerprints
        self._is_current = False
        if time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self.write(flush)

    def restart(self, columns: list) -> None:
        """Forget all batches, in the file too, before files of these columns are made."""
        self.columns, self._batches = columns, {}
        self._is_current = False
        self.write(lambda: None)

    def write(self, flush: Callable[[], None]) -> None:
        """Write the file if something has changed, after ``flush`` has written the data."""
        if self._is_current:
            return
        flush()
        content = {**self.settings, "columns": self.columns, "batches": self._batches}
        with replaced_file(str(self.path)) as file:
            file.write(json.dumps(content).encode())
        self._written, self._is_current = time.monotonic(), True

    def _read(self) -> None:
        try:
            content = json.loads(self.path.read_bytes())
            settings = {name: content.pop(name) for name in self.settings}
            columns, batches = list(content["columns"]), dict(content["batches"])
            numbered = {int(k): list(prints) for k, prints in batches.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return
        if settings == self.settings:
            self.columns, self._batches = columns, numbered
