"""How a row reads, and Markdown tables that read as plain text too."""

from collections.abc import Iterable, Sequence

from benchmarks.bench import OURS, PYTORCH, Result
from benchmarks.runner import Comparison

Row = tuple[str, ...]
DASH = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, padded so that it reads as plain text too."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |\n"
        for line in lines)


def significant(value: float) -> str:
    """Return a number with three significant figures, or all of its whole part."""
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}"


def microseconds(seconds: float | None) -> str:
    """Return a time; a dash where there is none."""
    return DASH if seconds is None else f"{significant(seconds * 1e6)} µs"


def megabytes(n_bytes: float | None) -> str:
    """Return a size; a dash where there is none."""
    return DASH if n_bytes is None else f"{n_bytes / 1e6:.1f} MB"


def verdict(is_met: bool) -> str:
    """Say whether a target is met."""
    return "met" if is_met else "**missed**"


def ratio(found: Comparison | None) -> str:
    """Return the ratio with its spread."""
    if found is None:
        return DASH
    digits = 2 if found.ratio < 2 else 1
    low, high = found.spread
    return f"{found.ratio:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def race_row(result: Result) -> Row:
    """Both times, the ratio, the target and whether it is met."""
    target, found = result.case.at_least, result.beside()
    if result.failures:
        judgement = "; ".join(result.failures.values())
    elif found is None:
        judgement = "not compared"
    else:
        judgement = "" if target is None else verdict(found.ratio >= target)
    return (result.case.title, microseconds(result.seconds()),
            microseconds(result.seconds(PYTORCH)), ratio(found),
            "" if target is None else f"≥ {target:g}", judgement)


RACE_HEADER = ("", "tapegrad", "PyTorch", "ratio", "target", "")


def machine_cell(result: Result, best: dict[str, float | None]) -> str:
    """Say how much work a second tapegrad gets done, and what part of the machine's best that is.

    ``best`` has the rates of the fastest matrix product and of the fastest copy in the same run.
    """
    seconds = result.seconds()
    for of, unit in (("flops", "GFLOP/s"), ("traffic", "GB/s")):
        amount = getattr(result.case, of)
        if amount and seconds:
            rate = amount / seconds
            share = f", {rate / best[of]:.0%}" if best[of] else ""
            return f"{significant(rate / 1e9)} {unit}{share}"
    return ""


def peak_row(result: Result) -> Row:
    """The most memory of a step in both libraries, equal where less than 1 MB lies between."""
    ours, theirs = result.peaks.get(OURS), result.peaks.get(PYTORCH)
    compared = ours is not None and theirs is not None
    judgement = verdict(ours <= theirs + 1e6) if compared else "not compared"
    return result.case.title, megabytes(ours), megabytes(theirs), judgement


PEAK_HEADER = ("peak memory of a step", "tapegrad", "PyTorch", "")
