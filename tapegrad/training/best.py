"""The best value so far of one column of a history, and when to stop waiting for a better one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal


class Best:
    """The best value of ``column`` so far: the lowest with ``mode="min"``, else the highest.

    A value is better if it is so by more than ``min_delta``; NaN never is. Raises ValueError for
    another mode and for a negative ``min_delta``.
    """

    def __init__(
        self, column: str, mode: Literal["min", "max"] = "min", min_delta: float = 0.0
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', not {mode!r}")
        if min_delta < 0:
            raise ValueError(f"min_delta must not be negative, but is {min_delta}")
        self.column, self.mode, self.min_delta = column, mode, min_delta
        self.value: float | None = None
        self.n_worse = 0

    def update(self, row: Mapping[str, float]) -> bool:
        """Take in a row of a history; whether it is the best so far.

        Raises KeyError, with the columns that exist, if the row does not have the one to watch.
        """
        if self.column not in row:
            raise KeyError(f"there is no column {self.column!r} among {', '.join(row)}")
        value = row[self.column]
        is_better = not math.isnan(value) and (self.value is None or self._gain(value) > 0)
        if is_better:
            self.value = value
        self.n_worse = 0 if is_better else self.n_worse + 1
        return is_better

    def _gain(self, value: float) -> float:
        """By how much more than needed a value is better."""
        assert self.value is not None
        gain = self.value - value if self.mode == "min" else value - self.value
        return gain - self.min_delta

    def state_dict(self) -> dict[str, Any]:
        """What :meth:`load_state_dict` goes on from."""
        return {"value": self.value, "n_worse": self.n_worse}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.value, self.n_worse = state["value"], state["n_worse"]


class EarlyStopping(Best):
    """Says when ``patience`` rows in a row have not been better than the best before them.

    Raises ValueError for ``patience < 1``, and as :class:`Best`. Source: Prechelt 1998.
    """

    def __init__(
        self,
        column: str,
        patience: int,
        mode: Literal["min", "max"] = "min",
        min_delta: float = 0.0,
    ) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1, but is {patience}")
        super().__init__(column, mode, min_delta)
        self.patience = patience

    @property
    def should_stop(self) -> bool:
        """Whether to stop now."""
        return self.n_worse >= self.patience


__all__ = ["Best", "EarlyStopping"]
