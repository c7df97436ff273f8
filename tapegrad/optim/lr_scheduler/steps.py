"""Rates that are multiplied now and then."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tapegrad.optim.lr_scheduler.scheduler import ClosedFormScheduler
from tapegrad.optim.optimizer import Optimizer


class StepLR(ClosedFormScheduler):
    """``lr ← lr·gamma`` every ``step_size`` steps: ``lr = base_lr·gamma^(epoch // step_size)``."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: Any, base_lr: Any) -> Any:
        stays = self.last_epoch == 0 or self.last_epoch % self.step_size != 0
        return lr if stays else lr * self.gamma

    def _at_epoch(self, base_lr: Any) -> Any:
        return base_lr * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(ClosedFormScheduler):
    """``lr ← lr·gamma`` at each of the ``milestones``; one that is listed twice counts twice."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: Any, base_lr: Any) -> Any:
        count = self.milestones[self.last_epoch]
        return lr * self.gamma**count if count else lr

    def _at_epoch(self, base_lr: Any) -> Any:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return base_lr * self.gamma**passed


class ExponentialLR(ClosedFormScheduler):
    """``lr ← lr·gamma`` every step: ``lr = base_lr·gamma^epoch``."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: Any, base_lr: Any) -> Any:
        return lr if self._is_initial else lr * self.gamma

    def _at_epoch(self, base_lr: Any) -> Any:
        return base_lr * self.gamma**self.last_epoch
