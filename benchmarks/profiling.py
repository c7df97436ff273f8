"""Where the time of a step goes: kernels, the engine, Python.

The step's time is processor time at one thread, which a busy machine harms little. That of the
kernels is measured at the one place where they are launched, by a clock that costs each some 30 ns
more; results then are not handed the memory of earlier ones, so that large ones pay for more fresh
pages than usually (what the system takes in an ordinary step is said below). What is left of the
step's time is divided as the instructions are that callgrind counts outside of launches: the
interpreter's are Python, all others the engine.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable

from benchmarks import callgrind
from benchmarks.bench import FULL, PYTORCH, Bench, Result
from benchmarks.case import Case
from benchmarks.runner import environment
from benchmarks.tables import Row, microseconds, ratio, table

SHOWN = 8
LONGEST_TO_COUNT = 0.1  # seconds a step; under callgrind it takes fifty times as long


def report(case: Case) -> str:
    """Return the profile of a case as text."""
    result = Bench(FULL, clock="process_time").measure(case, 1)
    total = result.seconds()
    if total is None:
        return "; ".join(result.failures.values())
    seen = inspected(case)
    kernels = sum(seconds for _, seconds in seen["launches"])
    beside = (f"PyTorch {microseconds(result.seconds(PYTORCH))}, ratio {ratio(result.beside())}"
              if result.beside() else "PyTorch is not there")
    parts = [
        f"{case.name}: {case.title}\n"
        f"tapegrad {microseconds(total)} a run at one thread; {beside}\n",
        table(("part", "time", "share", "how it is known"), shares(case, result, kernels, seen)),
        table(("kernel", "launches", "time", "share"), by_kernel(seen["launches"], total)),
        f"Python functions entered in a run: {sum(n for _, n in seen['entered'])}: "
        + ", ".join(f"{name} {n}×" for name, n in seen["entered"][:SHOWN]) + "\n",
        f"The system takes {microseconds(seen['system']['seconds'])} of a run, for "
        f"{seen['system']['pages']:,.0f} pages of fresh memory among others.\n"]
    return "\n".join(parts)


def inspected(case: Case) -> dict:
    """Return what a process of its own sees of a step."""
    command = [sys.executable, "-m", "benchmarks.profiled", case.name]
    shown = subprocess.run(command, capture_output=True, text=True, check=True,
                           env=environment(threads=1)).stdout
    return json.loads(shown)


def shares(case: Case, result: Result, kernels: float, seen: dict) -> Iterable[Row]:
    """Divide the step's time."""
    total = result.seconds()
    rest = max(0.0, total - kernels)

    def row(part: str, seconds: float, how: str) -> Row:
        return part, microseconds(seconds), f"{seconds / total:.0%}", how

    yield row("kernels", kernels, f"{len(seen['launches'])} launches, timed")
    reason = callgrind.why_not() or ("the step is too long to count" if total > LONGEST_TO_COUNT
                                     else "a run needs preparation" if case.before else "")
    if reason:
        yield row("engine and Python", rest, f"what is left; not divided: {reason}")
        return
    count = callgrind.stretches("-m", "benchmarks.profiled", case.name, "--count")[0]
    outside = count.engine + count.interpreter
    for part, n in (("engine", count.engine), ("Python", count.interpreter)):
        yield row(part, rest * n / outside, f"{n:,} of {outside:,} instructions outside launches")


def by_kernel(launches: Iterable[tuple[str, float]], total: float) -> list[Row]:
    """Add the launches of each kernel up, the longest first."""
    times = defaultdict(list)
    for name, seconds in launches:
        times[name].append(seconds)
    longest = sorted(times.items(), key=lambda item: -sum(item[1]))
    rows = [(name, f"{len(each)}", microseconds(sum(each)), f"{sum(each) / total:.0%}")
            for name, each in longest[:SHOWN]]
    others = [seconds for _, each in longest[SHOWN:] for seconds in each]
    if others:
        rows.append(("all others", f"{len(others)}", microseconds(sum(others)),
                     f"{sum(others) / total:.0%}"))
    return rows
