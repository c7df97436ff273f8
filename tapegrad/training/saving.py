"""The state of a whole training: put into a checkpoint, and taken up again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapegrad.training.best import Best
from tapegrad.training.history import History
from tapegrad.training.interrupt import Interrupted
from tapegrad.training.random_state import generators_of, random_state, set_random_state
from tapegrad.training.resuming import start_workers_that_stay

if TYPE_CHECKING:
    from tapegrad.training.trainer import Trainer


@dataclass
class Position:
    """How far a training is: epochs that are done, batches of the next one, steps in all.

    ``is_pass_over`` says that the loader has been asked for more than its last batch: it may draw
    random numbers then.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    is_pass_over: bool = False

    def begin_next_epoch(self) -> None:
        """One more is done."""
        self.epoch, self.batch, self.is_pass_over = self.epoch + 1, 0, False


def begin(trainer: Trainer, loaders: list[Any], resume: bool) -> None:
    """Make a trainer ready for its next step: as it is, or as the newest checkpoint has it."""
    checkpoints = trainer.checkpoints
    if resume and checkpoints is None:
        raise ValueError("resume=True needs the folder of the training")
    trainer.best = trainer.best or Best("val_loss" if len(loaders) > 1 else "loss")
    trainer.generators = generators_of(loaders)
    trainer.waiting.clear()
    trainer.optimizer.zero_grad()
    if checkpoints is not None and trainer.position == Position():
        if not resume and checkpoints.paths():
            raise FileExistsError(
                f"{checkpoints.folder} holds checkpoints of a training: resume=True goes on with "
                "it, another folder begins a new one"
            )
        found = checkpoints.load() if resume else None
        if found is not None:
            restore(trainer, found[0], loaders)
    trainer.notify("on_fit_start")


def save(trainer: Trainer) -> Path | None:
    """Write a checkpoint, if the trainer has a folder."""
    if trainer.checkpoints is None:
        return None
    return trainer.checkpoints.save(state_of(trainer), trainer.position.step)


def save_best(trainer: Trainer, row: dict[str, float]) -> None:
    """Keep the weights of the model that was validated, of ``ema`` if there is one."""
    assert trainer.checkpoints is not None  # without a folder nothing is kept
    judged = trainer.model if trainer.ema is None else trainer.ema.module
    trainer.checkpoints.save_best({"model": judged.state_dict(), "row": row})


def end_if_interrupted(trainer: Trainer) -> None:
    """After a Ctrl-C write a checkpoint and raise :class:`Interrupted`."""
    if trainer.interrupt.requested:
        raise Interrupted(save(trainer))


def state_of(trainer: Trainer) -> dict[str, Any]:
    """Everything that the rest of a training depends on."""
    return {
        "parts": {name: part.state_dict() for name, part in _parts(trainer).items()},
        "position": asdict(trainer.position),
        "history": trainer.history.rows,
        "random": random_state(trainer.generators),
        "random_at_start": trainer.state_at_start,
    }


def restore(trainer: Trainer, state: dict[str, Any], loaders: list[Any]) -> None:
    """Go on from a state. Raises ValueError if the trainer is not made of the same parts."""
    trainer.position = Position(**state["position"])
    trainer.history = History(state["history"])
    parts = _parts(trainer)
    if parts.keys() != state["parts"].keys():
        raise ValueError(
            f"the checkpoint is of a training with {', '.join(state['parts'])}, this one has "
            f"{', '.join(parts)}"
        )
    for name, part in parts.items():
        part.load_state_dict(state["parts"][name])
    if trainer.position.epoch > 0:
        start_workers_that_stay(loaders)
    trainer.state_at_start = state["random_at_start"]
    set_random_state(state["random"], trainer.generators)


def _parts(trainer: Trainer) -> dict[str, Any]:
    """What has a state, in the order in which it is loaded."""
    metrics = {f"metric {name}": metric for name, metric in trainer.metrics.items()}
    parts = {
        **{f"callback {k}": one for k, one in enumerate(trainer.callbacks)},
        "model": trainer.model,
        "optimizer": trainer.optimizer,
        "scheduler": trainer.scheduler,
        "ema": trainer.ema,
        "best": trainer.best,
        "early_stopping": trainer.early_stopping,
        "mean": trainer.mean,
        **metrics,
    }
    return {name: part for name, part in parts.items() if part is not None}


__all__ = ["Position", "begin", "end_if_interrupted", "restore", "save", "save_best", "state_of"]
