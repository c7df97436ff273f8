"""Unfreezing from the top, a layer group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad.finetune._patterns import Patterns, listed
from tapegrad.finetune.freezing import freeze, unfreeze
from tapegrad.finetune.groups import group_parameters, layer_groups
from tapegrad.nn import Module
from tapegrad.optim import Optimizer


class GradualUnfreezing:
    """Trains the top layer group of a model first, and one group more after every few epochs.

    At once all but the top ``start`` groups are frozen, with their batch norms' statistics; call
    :meth:`step` after each epoch. Parameters that are unfrozen and not in the ``optimizer`` yet are
    added to it as a group whose learning rate is ``lr / factor**k`` for the k-th group below the
    top one; ``lr`` is by default the optimizer's. A learning-rate scheduler wants all groups from
    the start: ``discriminative_lr(..., include_frozen=True)`` makes these. ``groups`` lists
    patterns from bottom to top in place of :func:`layer_groups`.

    Raises ValueError for numbers below 1, and for patterns that fit nothing.
    Source: Howard and Ruder 2018.
    """

    def __init__(
        self, model: Module, optimizer: Optimizer | None = None, every: int = 1, start: int = 1,
        lr: float | None = None, factor: float = 1.0, groups: Sequence[Patterns] | None = None,
    ) -> None:  # fmt: skip
        for name, number in (("every", every), ("start", start)):
            if number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        self.model, self.optimizer = model, optimizer
        self.every, self.start, self.factor = every, start, factor
        self.lr: Any = optimizer.defaults["lr"] if lr is None and optimizer is not None else lr
        self.groups = layer_groups(model) if groups is None else [listed(g) for g in groups]
        self._members = group_parameters(model, self.groups)
        self.epoch = 0
        freeze(model)
        self._unfreeze(0, self.n_unfrozen)

    @property
    def n_unfrozen(self) -> int:
        """How many groups, counted from the top, are trained now."""
        return min(self.start + self.epoch // self.every, len(self.groups))

    def step(self) -> list[str]:
        """Count an epoch; give the names of what it unfreezes."""
        before = self.n_unfrozen
        self.epoch += 1
        return self._unfreeze(before, self.n_unfrozen)

    def state_dict(self) -> dict[str, Any]:
        """How many epochs were counted."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Freeze and unfreeze as after that many epochs; load the optimizer's own state later."""
        before, self.epoch = self.n_unfrozen, int(state["epoch"])
        if self.n_unfrozen < before:
            freeze(self.model)
            before = 0
        self._unfreeze(before, self.n_unfrozen)

    def _unfreeze(self, first: int, end: int) -> list[str]:
        """Unfreeze the groups from ``first`` to before ``end``, counted from the top."""
        names = []
        for depth in range(first, end):
            group = len(self.groups) - 1 - depth
            names += self.groups[group]
            unfreeze(self.model, self.groups[group])
            self._add(self._members[group], depth)
        return names

    def _add(self, parameters: list, depth: int) -> None:
        if self.optimizer is None:
            return
        known = {p for group in self.optimizer.param_groups for p in group["params"]}
        new = [parameter for parameter in parameters if parameter not in known]
        if new:
            rate = self.lr / self.factor**depth
            self.optimizer.add_param_group({"params": new, "lr": rate})
