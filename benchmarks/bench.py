"""Measure a case in every library that is there, a process each."""

import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from benchmarks.case import Case
from benchmarks.runner import REST, CaseError, Comparison, Effort, Worker, alternate

OURS, PYTORCH = "tapegrad", "torch"
FULL, QUICK = Effort(11, 0.03, 2.0), Effort(4, 0.01, 0.5)


@dataclass(frozen=True)
class Result:
    """What was seen of one case: times and peaks a library, and why a library has none."""

    case: Case
    threads: int
    times: dict[str, list[float]]
    peaks: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def beside(self, library: str = PYTORCH) -> Comparison | None:
        """Return the comparison with another library; None where one of the two has no times."""
        if OURS in self.times and library in self.times:
            return Comparison(self.times[OURS], self.times[library])
        return None

    def seconds(self, library: str = OURS) -> float | None:
        """Return the median time of a run."""
        return median(self.times[library]) if library in self.times else None

    @property
    def shortfall(self) -> float:
        """The target over the ratio: above 1 it is missed; 0 without target or comparison."""
        found = self.beside()
        return self.case.at_least / found.ratio if found and self.case.at_least else 0


class Bench:
    """The libraries that are there, how much work a case is worth, and the clock."""

    def __init__(
        self, effort: Effort, ours: str = OURS, clock: str = "perf_counter"
    ) -> None:
        self.effort, self.ours, self.clock = effort, ours, clock
        self.versions: dict[str, str] = {}

    def libraries(self, case: Case) -> Iterator[tuple[str, str]]:
        """Give each side of a case with the module that stands for it."""
        yield OURS, self.ours
        for name in (PYTORCH, *case.rivals):
            if importlib.util.find_spec(name):
                yield name, name

    def measure(self, case: Case, threads: int) -> Result:
        """Race the libraries that can run the case; at one thread, ask for their peaks too."""
        result = Result(case, threads, {})
        with ExitStack() as stack:
            workers = {
                side: stack.enter_context(Worker(module, case.name, threads, self.clock))
                for side, module in self.libraries(case)}
            for side, worker in list(workers.items()):
                try:
                    self.versions[side] = worker.answer()["version"]
                    worker.measure(0)
                except CaseError as failure:
                    result.failures[side] = str(failure)
                    del workers[side]
            try:
                rest = REST if threads > 1 else 0
                result.times.update(alternate(workers, self.effort, rest))
                if case.has_peak and threads == 1:
                    result.peaks.update(peaks(workers))
            except CaseError as failure:
                result.failures["race"] = str(failure)
        return result


def peaks(workers: Mapping[str, Worker]) -> dict[str, float]:
    """Return what a step takes in tapegrad and in PyTorch, where the system tells."""
    found = {side: workers[side].peak() for side in (OURS, PYTORCH) if side in workers}
    return {side: peak for side, peak in found.items() if peak is not None}


def thread_counts(at_most: int = 2) -> list[int]:
    """Return the numbers of threads to measure with: one, and two where there are two cores."""
    return list(range(1, min(at_most, os.cpu_count() or 1) + 1))


def best_rate(results: Iterable[Result], threads: int, of: str) -> float | None:
    """Return the most ``flops`` or ``traffic`` a second that any library reached.

    Only in cases that do nothing but multiply matrices, or copy.
    """
    plain = {"flops": "matmul-", "traffic": "copy"}[of]
    rates = [getattr(result.case, of) / result.seconds(library)
             for result in results if result.threads == threads
             and result.case.name.startswith(plain) for library in result.times]
    return max(rates, default=None)
