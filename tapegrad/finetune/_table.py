"""Columns of text."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def table(
    heading: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()
) -> str:
    """Rows below a heading, each column as wide as its widest cell; some are set to the right."""
    lines = [heading, *rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(heading))]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(line, widths, right) for line in [heading, rule, *rows])


def _line(cells: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    set_cells = [cell.rjust(width) if k in right else cell.ljust(width)
                 for k, (cell, width) in enumerate(zip(cells, widths, strict=True))]  # fmt: skip
    return "  ".join(set_cells).rstrip()


def human_bytes(n: float) -> str:
    """A size with three digits: ``1.50 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000 or unit == "GB":
            break
        n /= 1000
    return f"{n:.0f} {unit}" if unit == "B" else f"{n:.3g} {unit}"
