"""Figures that are no race: import, the wheel, and memory that is kept or must not grow."""

from collections.abc import Iterable

from benchmarks import memory, wheel
from benchmarks.tables import Row, verdict

HEADER = ("counted", "tapegrad", "at most", "")


def probe_rows(names: Iterable[str], library: str, repeats: int) -> list[Row]:
    """Run probes; those that time an import, more than once."""
    rows: list[Row] = []
    for name in names:
        probe = memory.PROBES[name]
        figures = memory.medians(probe, library, repeats if name == "import" else 1)
        for (title, unit, limit), figure in zip(probe.figures, figures, strict=True):
            rows.append((title, f"{figure:.1f} {unit}", f"{limit:g} {unit}",
                         verdict(figure <= limit)))
    return rows


def wheel_row() -> Row:
    """The size of the wheel."""
    size = wheel.size() / 1e6
    return ("wheel", f"{size:.1f} MB", f"{wheel.LIMIT_MB:g} MB", verdict(size <= wheel.LIMIT_MB))
