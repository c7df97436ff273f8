"""Numbered checkpoints in a folder: written whole or not at all, read back past damage."""

from __future__ import annotations

import os
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

from tapegrad.serialization.api import load, save

# What reading a damaged file raises; an OSError is no damage and is passed on.
_DAMAGE = (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, LookupError, TypeError)
_NAME = re.compile(r"checkpoint-(\d+)\.pt")


class CheckpointError(OSError):
    """A checkpoint could not be written, or none of those that are there can be read."""


class Checkpoints:
    """The newest ``keep`` checkpoints of a training, by step: ``FOLDER/checkpoint-00000120.pt``.

    A process may be killed at any moment of :meth:`save`, and a disk may run full: what was written
    before stays whole. ``best`` is the path of one more file, for the best weights so far.
    Raises ValueError for ``keep < 1``.
    """

    def __init__(self, folder: str | os.PathLike, keep: int = 2) -> None:
        if keep < 1:
            raise ValueError(f"at least one checkpoint has to be kept, not keep={keep}")
        self.folder, self.keep = Path(folder), keep
        self.best = self.folder / "best.pt"

    def paths(self) -> list[Path]:
        """The numbered checkpoints that are there, oldest first."""
        found = [path for path in self.folder.glob("checkpoint-*.pt") if _NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.stem.partition("-")[2]))

    def save(self, state: Any, step: int) -> Path:
        """Write the checkpoint of a step, then remove those beyond the newest ``keep``.

        Raises CheckpointError, with the reason, where the disk does not take it.
        """
        path = self.folder / f"checkpoint-{step:08d}.pt"
        self._write(state, path)
        for old in self.paths()[: -self.keep]:
            old.unlink()
        return path

    def save_best(self, state: Any) -> None:
        """Replace the best weights. Raises as :meth:`save`."""
        self._write(state, self.best)

    def load(self) -> tuple[Any, Path] | None:
        """The newest checkpoint that is whole, and its path; None if there is none at all.

        A damaged one is named in a warning and moved aside, to ``….pt.damaged``; if nothing whole
        is left, CheckpointError is raised.
        """
        self._remove_unfinished()
        paths = self.paths()
        for path in reversed(paths):
            try:
                return load(path), path
            except _DAMAGE as error:
                path.replace(path.with_name(f"{path.name}.damaged"))
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                warnings.warn(
                    f"{path} is damaged and was moved aside as {path.name}.damaged, the checkpoint "
                    f"before it is used: {reason}", stacklevel=2,
                )  # fmt: skip
        if paths:
            raise CheckpointError(f"none of the {len(paths)} checkpoints in {self.folder} is whole")
        return None

    def _write(self, state: Any, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            save(state, path)
        except (OSError, RuntimeError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(cause, OSError):
                raise
            whole = self.paths()
            newest = f"the newest whole one is {whole[-1]}" if whole else "there is none before it"
            raise CheckpointError(
                cause.errno, f"{cause.strerror}: {path} was not written; {newest}"
            ) from error

    def _remove_unfinished(self) -> None:
        """Files that a killed process was writing."""
        for path in self.folder.glob(".*.pt.*.tmp"):
            path.unlink(missing_ok=True)


__all__ = ["CheckpointError", "Checkpoints"]
