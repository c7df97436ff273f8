"""How long named parts of a program take: ``record_function`` inside ``profile``.

Operations are not told apart; mark what is to be timed with ``record_function``.
Source: https://docs.pytorch.org/docs/2.13/profiler.html
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class ProfilerActivity(Enum):
    """What can be watched: here the CPU."""

    CPU, XPU, MTIA, CUDA = range(4)


class ProfilerAction(Enum):
    """What a schedule says of a step."""

    NONE, WARMUP, RECORD, RECORD_AND_SAVE = range(4)


@dataclass
class EventAverage:
    """All runs of one named part: how many, and how long together, in microseconds."""

    key: str
    count: int = 0
    cpu_time_total: float = 0.0

    @property
    def cpu_time(self) -> float:
        """The mean time of a run."""
        return self.cpu_time_total / self.count if self.count else 0.0


class EventList(list):
    """Parts with their times, which can be printed as a table."""

    def table(
        self, sort_by: str | None = None, row_limit: int = 100, **kwargs: Any
    ) -> str:
        """Rows of name, runs, total and mean time, the longest first if ``sort_by`` is given."""
        shown = sorted(self, key=lambda one: -one.cpu_time_total) if sort_by else list(self)
        width = max([len("Name"), *(len(one.key) for one in self)])
        rows = [f"{'Name':>{width}}  {'# of Calls':>10}  {'CPU total':>12}  {'CPU time avg':>12}"]
        rows += [
            f"{one.key:>{width}}  {one.count:>10}  {_shown(one.cpu_time_total):>12}  "
            f"{_shown(one.cpu_time):>12}"
            for one in (shown if row_limit < 0 else shown[:row_limit])
        ]
        return "\n".join(rows) + "\n"


def _shown(microseconds: float) -> str:
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3f}{unit}"
    return f"{microseconds:.3f}us"


_active: list[profile] = []


class record_function:
    """A named part of a program, as a block or around a function."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        taken = time.perf_counter() - self._start
        for one in _active:
            one._note(self.name, taken)

    def __call__(self, function: Callable) -> Callable:
        """The function, each call of which counts as such a part."""
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name):
                return function(*args, **kwargs)

        return timed


class profile:
    """Time the parts that ``record_function`` marks in a block, and its steps.

    ``schedule(step)`` says which steps count; ``on_trace_ready(self)`` is called after each step
    that ends a recording, and at the end of the block without a schedule.
    """

    def __init__(
        self, *, activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.step_num = 0
        self._schedule, self._on_trace_ready = schedule, on_trace_ready
        self._averages: dict[str, EventAverage] = {}

    def _action(self) -> ProfilerAction:
        return self._schedule(self.step_num) if self._schedule else ProfilerAction.RECORD

    def _note(self, name: str, seconds: float) -> None:
        if self._action() in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE):
            average = self._averages.setdefault(name, EventAverage(name))
            average.count += 1
            average.cpu_time_total += seconds * 1e6

    def start(self) -> None:
        """Begin, without a block."""
        _active.append(self)
        self._step_start = time.perf_counter()

    def stop(self) -> None:
        """End what :meth:`start` began."""
        _active.remove(self)
        if self._on_trace_ready and self._schedule is None:
            self._on_trace_ready(self)

    def step(self) -> None:
        """Say that a step has ended; it counts as a part named ``ProfilerStep*``."""
        now = time.perf_counter()
        self._note("ProfilerStep*", now - self._step_start)
        if self._on_trace_ready and self._action() is ProfilerAction.RECORD_AND_SAVE:
            self._on_trace_ready(self)
        self.step_num, self._step_start = self.step_num + 1, now

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def key_averages(self, *args: Any, **kwargs: Any) -> EventList:
        """The parts that were met, in the order of their first end."""
        return EventList(self._averages.values())


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0
) -> Callable[[int], ProfilerAction]:
    """Which steps count: in rounds, after ``wait`` idle and ``warmup`` ones, ``active`` steps."""

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        length = wait + warmup + active
        if step < 0 or (repeat and step >= repeat * length):
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        is_last = place == length - 1
        return ProfilerAction.RECORD_AND_SAVE if is_last else ProfilerAction.RECORD

    return action


__all__ = [
    "EventAverage", "EventList", "ProfilerAction", "ProfilerActivity", "profile",
    "record_function", "schedule",
]  # fmt: skip
