"""Rates along a cosine, once or again and again."""

from __future__ import annotations

import math
from typing import Any

from tapegrad.optim.lr_scheduler.scheduler import ClosedFormScheduler, GroupScheduler, raised
from tapegrad.optim.optimizer import Optimizer


def _between(least: float, base_lr: Any, angle: float) -> Any:
    return least + (base_lr - least) * (1 + math.cos(angle)) / 2


class CosineAnnealingLR(ClosedFormScheduler):
    """``lr = eta_min + (base_lr - eta_min)·(1 + cos(pi·epoch / T_max)) / 2``.

    Computed from the rate before, so that other schedulers may change it in between. Source:
    Loshchilov and Hutter 2017.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _next(self, lr: Any, base_lr: Any) -> Any:
        epoch, period, least = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return lr
        if self._step_count == 1 and epoch > 0:
            return _between(least, base_lr, epoch * math.pi / period)
        if (epoch - 1 - period) % (2 * period) == 0:  # from the bottom, where the ratio is 0 / 0
            return lr + (base_lr - least) * (1 - math.cos(math.pi / period)) / 2
        here, before = (1 + math.cos(math.pi * k / period) for k in (epoch, epoch - 1))
        return here / before * (lr - least) + least

    def _at_epoch(self, base_lr: Any) -> Any:
        return _between(self.eta_min, base_lr, math.pi * self.last_epoch / self.T_max)


class CosineAnnealingWarmRestarts(GroupScheduler):
    """``lr = eta_min + (base_lr - eta_min)·(1 + cos(pi·T_cur / T_i)) / 2``.

    ``T_cur`` counts from the last restart; the periods ``T_i`` begin with ``T_0`` and grow by
    ``T_mult``. Raises ``ValueError`` unless these are positive integers. Source: Loshchilov and
    Hutter 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min = T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next step, or of ``epoch``, which may be a fraction."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = epoch or 0
            if epoch < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self._jump(epoch)
        self.last_epoch = math.floor(epoch)
        with raised(self, "_get_lr_called_within_step"):
            rates = self.get_lr()
        self._set_rates(rates)

    def _jump(self, epoch: float) -> None:
        """Find the period in which ``epoch`` lies."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n

    def _next(self, lr: Any, base_lr: Any) -> Any:
        return _between(self.eta_min, base_lr, math.pi * self.T_cur / self.T_i)
