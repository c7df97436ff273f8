"""Hold the instructions of the engine's small steps: ``python -m benchmarks.count [--update]``.

Each is a ratio to the iteration of a control loop in plain Python, counted in the same run, so that
another machine does not matter. ``counts.json`` keeps the ratios a version and build of Python, as
these differ in what a call costs; a step that takes more than the tolerance above its own fails.
"""

import argparse
import gc
import json
import platform
import sys
import sysconfig
import timeit
from pathlib import Path

import tapegrad
from benchmarks import callgrind
from benchmarks.cases import ALL_CASES
from benchmarks.tables import table

STORED = Path(__file__).with_name("counts.json")
RUNS = {"multiply": 1000, "recorded": 1000, "chain": 20, "small-step": 100, "small-step-adamw": 100}
CONTROL_RUNS = 20_000
TOLERANCE = 0.04


def control(n: int) -> int:
    """Call, compare, add and index: what the interpreter does around operations."""
    values, total = list(range(16)), 0

    def mixed(k: int) -> int:
        return values[k & 15] * 3 + k

    for k in range(n):
        total = (total + mixed(k)) % 8191 if k else total
    return total


def run_between_marks() -> None:
    """Run the control, then each case, warm, with a mark after each: what callgrind watches."""
    timers = [timeit.Timer(ALL_CASES[name].run, globals=ALL_CASES[name].names(tapegrad))
              for name in RUNS]
    gc.disable()  # or a collection falls into whichever stretch allocates the next object too many
    control(100)
    for timer in timers:
        timer.timeit(50)
    callgrind.mark()
    control(CONTROL_RUNS)
    callgrind.mark()
    for timer, n in zip(timers, RUNS.values(), strict=True):
        timer.timeit(n)
        callgrind.mark()


def counted() -> dict[str, float]:
    """Return the instructions of a run of each case, over those of the control's iteration."""
    first, *others = callgrind.stretches("-m", "benchmarks.count", "--run")
    unit = first.total / CONTROL_RUNS
    return {name: round(found.total / n / unit, 3)
            for (name, n), found in zip(RUNS.items(), others, strict=True)}


def version() -> str:
    """Return what counts are kept for: the Python version, how it was compiled, the processor."""
    settings = sysconfig.get_config_var("CONFIG_ARGS") or ""
    how = "optimized" if "--enable-optimizations" in settings else "plain"
    return f"{sys.version_info[0]}.{sys.version_info[1]}, {how}, {platform.machine()}"


def judged(found: float, stored: float) -> str:
    """Say how a count compares with the stored one."""
    if found > stored * (1 + TOLERANCE):
        return "**more**"
    return "less: run with --update" if found < stored * (1 - TOLERANCE) else "as stored"


def main() -> int:
    """Compare with the stored ratios, or store them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.count", description=__doc__)
    parser.add_argument("--update", action="store_true", help="store what is counted")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        run_between_marks()
        return 0
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    known = stored.get(version())
    reason = callgrind.why_not()
    if not reason and known is None and not chosen.update:
        reason = f"no counts are stored for Python {version()}, but for {'; '.join(stored)}"
    if reason:
        print(f"Instructions are not counted: {reason}.")
        return 0
    found = counted()
    if chosen.update:
        stored[version()] = found
        STORED.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
        known = found
    rows = [(ALL_CASES[name].title, f"{found[name]:.3f}", f"{known[name]:.3f}",
             judged(found[name], known[name])) for name in RUNS]
    print(table(("instructions, in iterations of the control loop", "counted", "stored", ""), rows))
    return int(any(found[name] > known[name] * (1 + TOLERANCE) for name in RUNS))


if __name__ == "__main__":
    sys.exit(main())
