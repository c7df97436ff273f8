"""Ask a process a library for rounds in turn, and compare what they answer."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

THREAD_SETTINGS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
FEWEST_ROUNDS = 3
# Seconds until the threads of a side that has run are asleep: PyTorch's look for work for 6 ms,
# those of the BLAS for some 100, each on the core of another side's second thread.
REST = 0.15


class CaseError(Exception):
    """A library could not run a case; the text says why."""


def environment(threads: int) -> dict[str, str]:
    """Return this process's environment with so many threads a library."""
    settings = {**os.environ, **dict.fromkeys(THREAD_SETTINGS, str(threads))}
    if threads == 1:  # all that XLA has: one, or all cores
        settings["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return settings


class Worker:
    """A child process that has one case ready in one library.

    ``clock`` names the function of ``time`` that it reads.
    """

    def __init__(
        self, library: str, case: str, threads: int = 1, clock: str = "perf_counter"
    ) -> None:
        self.library, self.case = library, case
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", library, case, str(threads), clock],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads))

    def answer(self) -> dict[str, Any]:
        """Read one answer; the first says what the worker has loaded. Raises :class:`CaseError`."""
        line = self.process.stdout.readline()
        found = json.loads(line) if line else {"error": "the process ended"}
        if "error" in found:
            raise CaseError(f"{self.library}, {self.case}: {found['error']}")
        return found

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer."""
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.answer()

    def measure(self, seconds: float) -> float:
        """Return the seconds that one run of the case takes."""
        return self.ask(seconds=seconds)["per_run"]

    def peak(self) -> float | None:
        """Return the memory that one run takes, in bytes, where the system tells."""
        return self.ask(peak=True)["peak"]

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Comparison:
    """Seconds a run in each round, of tapegrad and of the other side."""

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """The other side's time over ours, round by round."""
        return [their / our for our, their in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The 10th and the 90th percentile of the rounds' ratios."""
        deciles = quantiles(self.ratios, n=10, method="inclusive")
        return deciles[0], deciles[-1]


@dataclass(frozen=True)
class Effort:
    """How many rounds of how many seconds a side, and after how many seconds there are enough."""

    rounds: int
    seconds: float
    budget: float


def alternate(
    workers: Mapping[str, Worker], effort: Effort, rest: float = 0
) -> dict[str, list[float]]:
    """Run each side once a round, after so many seconds of rest; a first round does not count."""
    times: dict[str, list[float]] = {side: [] for side in workers}
    end = time.monotonic() + effort.budget
    for turn in range(effort.rounds + 1):
        for side, worker in workers.items():
            time.sleep(rest)
            taken = worker.measure(effort.seconds)
            if turn:
                times[side].append(taken)
        if turn >= FEWEST_ROUNDS and time.monotonic() > end:
            break
    return times
