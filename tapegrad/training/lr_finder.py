"""A search for a learning rate: one short training with growing rates."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from typing import Any

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.nn.module import Module
from tapegrad.training.evaluation import Forward, forward_pass
from tapegrad.training.random_state import generators_of, random_state, set_random_state


@dataclass
class RateSearch:
    """The rates that were tried, and the smoothed loss before the step with each."""

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def suggestion(self) -> float:
        """The rate at which the loss falls fastest over the logarithm of the rate.

        Raises ValueError for fewer than two rates.
        """
        if len(self.rates) < 2:
            raise ValueError("a slope needs two rates or more")
        slopes = np.gradient(self.losses, np.log(self.rates))
        return self.rates[int(slopes.argmin())]

    def plot(self, path: str | os.PathLike) -> None:
        """Draw the losses over the rates; needs matplotlib."""
        from tapegrad.training.plots import plot_rates

        plot_rates(self.rates, self.losses, path)


def find_rate(
    model: Module,
    loss: Callable[..., Tensor],
    optimizer: Any,
    loader: Iterable[Any],
    *,
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    smoothing: float = 0.9,
    stop_above: float = 4.0,
    forward: Forward = forward_pass,
) -> RateSearch:
    """Train with rates that grow from ``start`` to ``end`` by one factor, and note the losses.

    These are smoothed, ``s ← smoothing·s + (1 - smoothing)·loss`` without the bias of the first
    ones. It ends early where that is no number or ``stop_above`` times the lowest. Model, optimizer
    and random numbers are then as they were. Raises ValueError for options out of range.
    Source: Smith 2015.
    """
    if not 0 < start < end or steps < 2 or not 0 <= smoothing < 1:
        raise ValueError("find_rate needs 0 < start < end, steps >= 2 and 0 <= smoothing < 1")
    generators = generators_of([loader])
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    state = random_state(generators)
    try:
        return _search(
            model, loss, optimizer, _endless(loader, steps), forward,
            np.geomspace(start, end, steps), smoothing, stop_above,
        )  # fmt: skip
    finally:
        model.load_state_dict(before[0])
        optimizer.load_state_dict(before[1])
        optimizer.zero_grad()
        set_random_state(state, generators)


def _endless(loader: Iterable[Any], n: int) -> Iterable[Any]:
    """The first n batches of a loader that begins again when it ends."""
    return islice(chain.from_iterable(repeat(loader)), n)


def _search(
    model: Module, loss: Callable[..., Tensor], optimizer: Any, batches: Iterable[Any],
    forward: Forward, rates: np.ndarray, smoothing: float, stop_above: float,
) -> RateSearch:  # fmt: skip
    search, mean = RateSearch(), 0.0
    for k, (batch, rate) in enumerate(zip(batches, rates.tolist(), strict=False)):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        value = forward(model, loss, batch)[0]
        mean = smoothing * mean + (1 - smoothing) * value.item()
        smoothed = mean / (1 - smoothing ** (k + 1))
        limit = stop_above * min(search.losses, default=math.inf)
        if not math.isfinite(smoothed) or smoothed > limit:
            break
        search.rates.append(rate)
        search.losses.append(smoothed)
        value.backward()
        optimizer.step()
    return search


__all__ = ["RateSearch", "find_rate"]
