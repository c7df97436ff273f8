"""What a trainer calls at the turns of its loop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapegrad.training.history import History

if TYPE_CHECKING:
    from tapegrad.training.trainer import Trainer


class Callback:
    """Does nothing at each turn: subclasses override what they need.

    One with a state of its own that a resumed training needs also has ``state_dict`` and
    ``load_state_dict``. Its state is loaded before the optimizer's, so that it can add the
    parameter groups that it had added.
    """

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first step, after a checkpoint was loaded."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Before the first batch of an epoch; not of one that is resumed midway."""

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """After a step of the optimizer; ``loss`` is that of the last batch."""

    def on_epoch_end(self, trainer: Trainer, row: Mapping[str, float]) -> None:
        """After an epoch, whose row is the history's last; its checkpoint is written then."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last epoch."""

    def state_dict(self) -> dict[str, Any]:
        """What :meth:`load_state_dict` goes on from; nothing here."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""


class SaveHistory(Callback):
    """Writes the history to files after each epoch: to ``.csv`` and ``.jsonl``, curves to ``.png``.

    Raises ValueError at once for another ending.
    """

    def __init__(self, *paths: str | os.PathLike) -> None:
        self.paths = [Path(path) for path in paths]
        for path in self.paths:
            if path.suffix not in (".csv", ".jsonl", ".png"):
                raise ValueError(f"a history is written to .csv, .jsonl or .png, not to {path}")

    def on_epoch_end(self, trainer: Trainer, row: Mapping[str, float]) -> None:
        """Write all files."""
        for path in self.paths:
            _write(trainer.history, path)


def _write(history: History, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        from tapegrad.training.plots import plot_history

        plot_history(history, path)
    else:
        history.save(path)


class TensorBoard(Callback):
    """Writes the loss of each step and the columns of each epoch as scalars, for TensorBoard.

    Needs the extra ``tensorboard``. What a resumed training repeats is hidden by its later values.
    """

    def __init__(self, folder: str | os.PathLike) -> None:
        from tapegrad.utils.tensorboard import SummaryWriter

        self._make = SummaryWriter
        self.folder = os.fspath(folder)

    def on_fit_start(self, trainer: Trainer) -> None:
        """Open a file of events."""
        step = trainer.position.step
        self.writer = self._make(self.folder, purge_step=step if step else None)

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """Note the loss."""
        self.writer.add_scalar("step/loss", loss, trainer.position.step)

    def on_epoch_end(self, trainer: Trainer, row: Mapping[str, float]) -> None:
        """Note the columns."""
        for name, value in row.items():
            self.writer.add_scalar(f"epoch/{name}", value, trainer.position.step)
        self.writer.flush()

    def on_fit_end(self, trainer: Trainer) -> None:
        """Close the file."""
        self.writer.close()


__all__ = ["Callback", "SaveHistory", "TensorBoard"]
