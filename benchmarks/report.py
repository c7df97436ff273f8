"""``docs/benchmarks.md``: every case at each number of threads, and why a target is missed."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import counted, machine
from benchmarks.bench import PYTORCH, Bench, Result, best_rate
from benchmarks.cases import FAMILIES
from benchmarks.reasons import reason
from benchmarks.tables import (
    PEAK_HEADER,
    RACE_HEADER,
    Row,
    machine_cell,
    microseconds,
    peak_row,
    race_row,
    ratio,
    table,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
SLOWER_BELOW = 0.9
THREADS = {1: "One thread", 2: "Two threads"}
BEHIND = "Behind a target, or slower than PyTorch by more than a tenth"

INTRODUCTION = """# Benchmarks

`make bench` measured this: {machine}

{how} Targets are ratios too.

*Of the machine* is tapegrad's work a second, with its share of the best matrix product or of the
best copy that any library reached in the same run. Traffic counts what must be read and written.
[`benchmarks/cases`](../benchmarks/cases) has each case, written once for all libraries.
"""

PEAK = (
    "The peak is what a step takes beyond what is held between two steps, pages of code left out; "
    "less than 1 MB apart counts as equal.\n")


def page(bench: Bench, results: Sequence[Result], counted_rows: Sequence[Row]) -> str:
    """Return the whole page."""
    counts = sorted({result.threads for result in results})
    parts = [INTRODUCTION.format(machine=machine.described(bench.versions), how=machine.HOW)]
    for threads in counts:
        parts.append(f"## {THREADS[threads]}\n")
        parts += tables([result for result in results if result.threads == threads], threads)
    if peaks := [peak_row(result) for result in results if result.peaks]:
        parts += ["## Memory and size\n", PEAK, table(PEAK_HEADER, peaks)]
    if counted_rows:
        parts.append(table(counted.HEADER, counted_rows))
    return "\n".join([*parts, *behind(results)])


def tables(results: Sequence[Result], threads: int) -> list[str]:
    """Return a titled table a family, and the perceptrons' rivals."""
    best = {of: best_rate(results, threads, of) for of in ("flops", "traffic")}
    parts = []
    for family in FAMILIES:
        names = {case.name for case in family}
        rows = [(*race_row(result), machine_cell(result, best))
                for result in results if result.case.name in names]
        header = (*RACE_HEADER, "of the machine")
        if not any(row[-1] for row in rows):
            header, rows = RACE_HEADER, [row[:-1] for row in rows]
        if rows:
            parts += [f"### {family.title}\n", table(header, rows)]
    return parts + rivals(results)


def rivals(results: Sequence[Result]) -> list[str]:
    """Return the table of steps that other libraries run too: their time, over tapegrad's."""
    rows = [(result.case.title, microseconds(result.seconds()),
             *(f"{microseconds(result.seconds(name))}, {ratio(result.beside(name))}"
               if name in result.times else "not installed" if name in absent(result) else "failed"
               for name in (PYTORCH, "jax", "numpy")))
            for result in results if result.case.rivals]
    header = ("time, and over tapegrad's", "tapegrad", "PyTorch", "JAX, compiled", "NumPy by hand")
    return ["### Training steps elsewhere\n", table(header, rows)] if rows else []


def absent(result: Result) -> set[str]:
    """Return the libraries that neither ran the case nor failed."""
    return {PYTORCH, *result.case.rivals} - result.times.keys() - result.failures.keys()


def behind(results: Sequence[Result]) -> list[str]:
    """Return the lines about missed targets, and about what is slower by more than a tenth."""
    lines: dict[str, list[str]] = {}
    for result in results:
        found = result.beside()
        if found and (result.shortfall > 1 or found.ratio < SLOWER_BELOW):
            seen = f"{found.ratio:.2f} at {THREADS[result.threads].lower()}"
            lines.setdefault(result.case.name, [result.case.title]).append(seen)
    items = [f"* {title} ({', '.join(seen)}): {reason(name)}"
             for name, (title, *seen) in lines.items()]
    return [f"## {BEHIND}\n", "\n".join(items or ["Nothing."]), ""]
