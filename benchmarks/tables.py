"""The tables: what is measured for each of them and how a row reads."""

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from statistics import median

from benchmarks import memory
from benchmarks.cases import CASES, CHAIN_LENGTHS, LENGTH_CASES, REACH_CASES, REACH_LIMIT
from benchmarks.runner import Comparison, Worker, alternate

SECTIONS = (*CASES, "lengths", "reach", *memory.PROBES)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, padded so that it reads as plain text too."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |\n"
        for line in lines)


def microseconds(seconds: float) -> str:
    """Return a time with three significant figures."""
    value = seconds * 1e6
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} µs"


def verdict(is_met: bool) -> str:
    """Say whether a target is met."""
    return "met" if is_met else "**missed**"


class Bench:
    """Both libraries' workers and the amount of work; measures the tables one by one."""

    def __init__(self, ours: Worker, theirs: Worker | None, quick: bool) -> None:
        self.ours, self.theirs = ours, theirs
        self.rounds, self.seconds = (5, 0.02) if quick else (21, 0.1)
        self.repeats = 3 if quick else 11

    def tables(self, chosen: Collection[str]) -> Iterator[str]:
        """Measure and give the tables that the chosen sections make up."""
        if raced := [name for name in CASES if name in chosen]:
            yield self.race(raced)
        if "lengths" in chosen:
            yield self.lengths()
        counted = [name for name in memory.PROBES if name in chosen]
        if counted or "reach" in chosen:
            rows = self.reach() if "reach" in chosen else []
            yield table(("counted", "tapegrad", "at most", ""), rows + self.counted(counted))

    def compare(self, case: str, rounds: int) -> Comparison:
        """Time one case in both libraries, or in ours alone."""
        print(f"measuring {case}", file=sys.stderr)
        workers = [worker for worker in (self.ours, self.theirs) if worker]
        ours, *theirs = alternate([(worker, case) for worker in workers], rounds, self.seconds)
        return Comparison(ours, theirs[0] if theirs else [])

    def race(self, names: Iterable[str]) -> str:
        """The cases with a target."""
        rows = []
        for name in names:
            case, found = CASES[name], self.compare(name, self.rounds)
            judgement = judged(found, case.target)
            rows.append((case.title, *times(found), f"≥ {case.target:g}", judgement))
        return table(("", "tapegrad", "PyTorch", "ratio", "target", ""), rows)

    def lengths(self) -> str:
        """The time of a backward pass over tapes of growing length."""
        rows = []
        for length, name in zip(CHAIN_LENGTHS, LENGTH_CASES, strict=True):
            found = self.compare(name, 5)
            each = f"{median(found.ours) / length * 1e9:.0f} ns"
            rows.append((LENGTH_CASES[name].title, *times(found), each))
        return table(("backward over a tape of", "tapegrad", "PyTorch", "ratio", "an entry"), rows)

    def reach(self) -> list[tuple[str, ...]]:
        """A short backward that reaches back over live entries, beside the same without them."""
        print("measuring reach", file=sys.stderr)
        with Worker(self.ours.library) as far:
            sides = [(self.ours, "near"), (far, "far")]
            found = Comparison(*alternate(sides, self.rounds, self.seconds))
        low, high = found.spread
        return [(REACH_CASES["far"].title, f"{found.ratio:.2f}× ({low:.2f}–{high:.2f})",
                 f"{REACH_LIMIT:g}×", verdict(found.ratio < REACH_LIMIT))]

    def counted(self, names: Iterable[str]) -> list[tuple[str, ...]]:
        """Import time and memory."""
        rows: list[tuple[str, ...]] = []
        for name in names:
            print(f"measuring {name}", file=sys.stderr)
            probe = memory.PROBES[name]
            times = self.repeats if name == "import" else 1
            figures = memory.medians(probe, self.ours.library, times)
            for (title, unit, limit), figure in zip(probe.figures, figures, strict=True):
                rows.append((title, f"{figure:.1f} {unit}", f"{limit:g} {unit}",
                             verdict(figure <= limit)))
        return rows


def times(found: Comparison) -> tuple[str, str, str]:
    """Both times and the ratio with its spread; dashes where PyTorch is missing."""
    ours = microseconds(median(found.ours))
    if not found.theirs:
        return ours, "–", "–"
    low, high = found.spread
    return ours, microseconds(median(found.theirs)), f"{found.ratio:.1f} ({low:.1f}–{high:.1f})"


def judged(found: Comparison, target: float) -> str:
    """Say whether the target is met, if there is something to compare with."""
    return verdict(found.ratio >= target) if found.theirs else "not compared"
