"""Ask a process a library for rounds in turn, and compare what they answer."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


class Worker:
    """A child process that keeps one library loaded."""

    def __init__(self, library: str) -> None:
        self.library = library
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", library],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **ONE_THREAD})
        self.about = self.answer()

    def answer(self) -> dict[str, Any]:
        """Read one answer."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"worker ended: {' '.join(self.process.args)}")
        return json.loads(line)

    def measure(self, case: str, seconds: float) -> float:
        """Return the seconds that one run of the case takes."""
        print(json.dumps({"case": case, "seconds": seconds}), file=self.process.stdin, flush=True)
        return self.answer()["per_run"]

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


def alternate(
    sides: Sequence[tuple[Worker, str]], rounds: int, seconds: float
) -> list[list[float]]:
    """Run each side once a round, after a first round that does not count."""
    times: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds + 1):
        for (worker, case), kept in zip(sides, times, strict=True):
            taken = worker.measure(case, seconds)
            if turn:
                kept.append(taken)
    return times
