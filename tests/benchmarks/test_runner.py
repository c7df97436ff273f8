"""The machinery around a race: processes, rounds, ratios; nothing here is timed."""

import subprocess
import sys

import pytest

from benchmarks.bench import OURS, PYTORCH, Bench
from benchmarks.cases import ALL_CASES
from benchmarks.runner import FEWEST_ROUNDS, CaseError, Comparison, Effort, Worker, alternate

ONE_RUN = Effort(rounds=3, seconds=0, budget=60)


class Scripted:
    """A worker that answers from a list, and notes when it was asked."""

    def __init__(self, side: str, times, asked: list[str]) -> None:
        self.side, self.times, self.asked = side, iter(times), asked

    def measure(self, seconds: float) -> float:
        """Answer the next time."""
        self.asked.append(self.side)
        return next(self.times)


def test_ratio_is_the_median_of_the_rounds() -> None:
    """A round's two times belong together: the ratio is not that of the medians."""
    found = Comparison([1, 2, 10], [3, 2, 5])

    assert found.ratios == [3, 1, 0.5]
    assert found.ratio == 1
    assert found.spread == pytest.approx((0.6, 2.6))


def test_sides_take_turns() -> None:
    """Each side runs once a round, and the first round does not count."""
    asked: list[str] = []
    workers = {side: Scripted(side, range(9), asked) for side in "ab"}
    times = alternate(workers, Effort(2, 0, 60))

    assert asked == ["a", "b"] * 3
    assert times == {"a": [1, 2], "b": [1, 2]}


def test_budget_ends_a_long_race() -> None:
    """When the budget is spent, the fewest rounds are enough."""
    workers = {"a": Scripted("a", range(99), [])}

    assert len(alternate(workers, Effort(50, 0, 0))["a"]) == FEWEST_ROUNDS


def test_worker_runs_a_case(tapegrad) -> None:
    """A process says what it has loaded and answers with a time and a peak."""
    with Worker("tapegrad", "multiply") as worker:
        about, taken, memory = worker.answer(), worker.measure(0), worker.peak()

    assert about["version"] == tapegrad.__version__
    assert taken > 0
    assert memory is None if sys.platform != "linux" else memory >= 0


def test_failure_is_an_answer() -> None:
    """What a library raises reaches the table as text."""
    with Worker("no_such_library", "multiply") as worker:
        with pytest.raises(CaseError, match="no_such_library, multiply: ModuleNotFoundError"):
            worker.answer()


def test_one_librarys_failure_leaves_the_others(monkeypatch, tapegrad) -> None:
    """A case that one side cannot run still has the other side's times."""
    bench = Bench(ONE_RUN)
    monkeypatch.setattr(bench, "libraries",
                        lambda case: [(OURS, "tapegrad"), (PYTORCH, "no_such_library")])
    result = bench.measure(ALL_CASES["multiply"], 1)

    assert len(result.times[OURS]) == 3
    assert result.failures.keys() == {PYTORCH}
    assert result.beside() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux notes a step's peak")
def test_peak_is_what_the_step_takes() -> None:
    """Memory that is freed within the step counts, what was held before does not.

    The process is new, as a worker is: no thread of the test runner's takes memory meanwhile.
    """
    code = """
import numpy as np
from benchmarks import peak
held = np.ones(10**7)
print(peak.beyond(lambda: np.ones(2 * 10**7).sum() + held[0]))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert float(found.stdout) == pytest.approx(160e6, rel=0.02)
