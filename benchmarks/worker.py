"""The process that runs one case in one library: ``worker LIBRARY CASE THREADS CLOCK``.

It says what it has loaded, then answers requests, JSON lines both ways. ``{"seconds": S}`` runs the
step for about S seconds and answers ``{"per_run": seconds}``; ``{"peak": true}`` answers
``{"peak": bytes}``. As in timeit, the garbage collector is off while the clock runs.
"""

import importlib
import json
import platform
import sys
import time
import timeit
import traceback
from functools import cached_property
from types import ModuleType
from typing import Any

from benchmarks import peak
from benchmarks.case import Case
from benchmarks.cases import ALL_CASES


def load(name: str, threads: int) -> ModuleType:
    """Import the library, keep it to so many threads, and fix its random numbers."""
    library = importlib.import_module(name)
    if hasattr(library, "set_num_threads"):
        library.set_num_threads(threads)
        library.manual_seed(0)
    return library


class Stopwatch:
    """A case made ready in one library."""

    def __init__(self, case: Case, library: ModuleType, clock: str) -> None:
        names = case.names(library)
        run = case.run if not case.is_rival(library) else "step()"
        self.needs_preparation = bool(case.before)
        self.timer = timeit.Timer(
            run, case.before or "pass", timer=getattr(time, clock), globals=names)

    @cached_property
    def _first_guess(self) -> float:
        """Seconds a run, after one that does not count; more runs where one is too short."""
        self.timer.timeit(1)
        runs, taken = 1, self.timer.timeit(1)
        while taken < 0.002 and not self.needs_preparation:
            runs *= 4
            taken = self.timer.timeit(runs)
        return taken / runs

    def measure(self, seconds: float) -> float:
        """Return the seconds that a run takes."""
        guess = self._first_guess
        runs = 1 if self.needs_preparation else max(1, round(seconds / guess))
        return self.timer.timeit(runs) / runs

    def peak(self) -> float | None:
        """Return the most memory that a step takes beyond what is held between two steps."""
        return peak.beyond(lambda: self.timer.timeit(1))


def main(library_name: str, case_name: str, threads: str, clock: str) -> None:
    """Answer requests until the input ends; a failure is an answer too, and the last one."""
    def answer(**message: Any) -> None:
        print(json.dumps(message), flush=True)

    try:
        library = load(library_name, int(threads))
        stopwatch = Stopwatch(ALL_CASES[case_name], library, clock)
        answer(version=library.__version__, python=platform.python_version())
        for line in sys.stdin:
            request = json.loads(line)
            if "seconds" in request:
                answer(per_run=stopwatch.measure(request["seconds"]))
            else:
                answer(peak=stopwatch.peak())
    except Exception as error:  # whatever a library raises belongs into the table
        traceback.print_exc()
        answer(error=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
