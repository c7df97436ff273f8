"""Gradual unfreezing as a trainer's callback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tapegrad.finetune import GradualUnfreezing
from tapegrad.training.callbacks import Callback

if TYPE_CHECKING:
    from tapegrad.training.trainer import Trainer


class UnfreezeGradually(Callback):
    """Steps a :class:`tapegrad.finetune.GradualUnfreezing` after each epoch.

    Its schedule should have the trainer's optimizer, which gets what is unfrozen.
    """

    def __init__(self, schedule: GradualUnfreezing) -> None:
        self.schedule = schedule

    def on_epoch_end(self, trainer: Trainer, row: Mapping[str, float]) -> None:
        """Unfreeze what the next epoch trains too."""
        self.schedule.step()

    def state_dict(self) -> dict[str, Any]:
        """The schedule's."""
        return self.schedule.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Unfreeze as after the epochs of a state."""
        self.schedule.load_state_dict(state)


__all__ = ["UnfreezeGradually"]
