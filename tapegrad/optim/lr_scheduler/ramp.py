"""Rates that go from one level to another in a number of steps."""

from __future__ import annotations

from typing import Any

from tapegrad.optim.lr_scheduler.scheduler import ClosedFormScheduler
from tapegrad.optim.optimizer import Optimizer


class ConstantLR(ClosedFormScheduler):
    """``lr = base_lr·factor`` for the first ``total_iters`` steps, then ``base_lr``.

    Raises ``ValueError`` unless ``factor`` is between 0 and 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: Any, base_lr: Any) -> Any:
        if self.last_epoch == 0:
            return lr * self.factor
        return lr * (1.0 / self.factor) if self.last_epoch == self.total_iters else lr

    def _at_epoch(self, base_lr: Any) -> Any:
        is_over = self.last_epoch >= self.total_iters
        return base_lr * (self.factor + is_over * (1 - self.factor))


class LinearLR(ClosedFormScheduler):
    """``lr = base_lr·f``, where ``f`` goes from ``start_factor`` to ``end_factor`` on a line.

    It takes ``total_iters`` steps. Raises ``ValueError`` for factors out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal "
                "to 1."
            )
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: Any, base_lr: Any) -> Any:
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return lr * (1.0 + rise / before)

    def _at_epoch(self, base_lr: Any) -> Any:
        passed = min(self.total_iters, self.last_epoch)
        rise = self.end_factor - self.start_factor
        return base_lr * (self.start_factor + rise * passed / self.total_iters)


class PolynomialLR(ClosedFormScheduler):
    """``lr = base_lr·(1 - epoch / total_iters)^power``, and zero afterwards."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _left(self, epoch: int) -> float:
        return 1.0 - epoch / self.total_iters

    def _next(self, lr: Any, base_lr: Any) -> Any:
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        return lr * (self._left(self.last_epoch) / self._left(self.last_epoch - 1)) ** self.power

    def _at_epoch(self, base_lr: Any) -> Any:
        return base_lr * self._left(min(self.total_iters, self.last_epoch)) ** self.power
