"""``python -m tests.parity.optimizers``: the comparison as a table."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from . import check, table

HERE = Path(__file__).parent
COUNTS = HERE / "counts.json"
PAGE = HERE.parents[2] / "docs" / "parity_optimizers.md"


def main() -> int:
    """Compare what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.optimizers", description=__doc__)
    parser.add_argument("--only", default="", help="optimizers, with commas")
    parser.add_argument("--verbose", action="store_true", help="print what differs")
    parser.add_argument("--update", action="store_true", help="store the counts")
    parser.add_argument("--write", action="store_true", help="write docs/parity_optimizers.md")
    options = parser.parse_args()
    entries = table.entries()
    names = options.only.split(",") if options.only else list(entries)
    reports = [check.check(name, entries[name]) for name in names]
    print(_table(reports))
    if options.verbose:
        print("\n".join(line for report in reports for line in report.failures))
    if options.update:
        _store(reports)
    if options.write:
        PAGE.write_text(_TEXT.format(table=_table(reports), left_out="\n".join(
            f"| {name} | {reason} |" for name, reason in table.LEFT_OUT.items())), encoding="utf-8")
    return any(report.failures for report in reports)


def _table(reports: list[Any]) -> str:
    lines = ["| optimizer | " + " | ".join(check.ASPECTS) + " | failed |",
             "| --- |" + " ---: |" * (len(check.ASPECTS) + 1)]
    for report in reports:
        cells = [str(report.passed[aspect] or "-") for aspect in check.ASPECTS]
        lines.append(f"| {report.name} | {' | '.join(cells)} | {len(report.failures) or '-'} |")
    return "\n".join(lines)


def _store(reports: list[Any]) -> None:
    counts = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}
    counts |= {report.name: list(report.passed.values()) for report in reports}
    lines = ",\n".join(f"{json.dumps(name)}: {n}" for name, n in sorted(counts.items()))
    COUNTS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


_TEXT = """# Compared with PyTorch, optimizer by optimizer

Made by `python -m tests.parity.optimizers --write`. Every optimizer of PyTorch 2.13's own table
runs in both libraries under all of the table's options, on tensors of several shapes in two groups.
A cell counts comparisons that pass. *float64*: 50 steps, the parameters after each within 1e-10
(L-BFGS: 5 steps within 1e-8, the loss after 10 within 1e-6); *float32*: 20 steps within PyTorch's
tolerance; *kinds*: the same as `foreach` and `fused`; *through*: the gradient through a
`differentiable` step; *carried*: state dicts loaded by the other library, both ways, with the same
names, dtypes and shapes, and training that goes on alike; *shown*: what is printed and the
defaults; *errors*: the table's mistakes, class and text.

{table}

## Left out

| optimizer | reason |
| --- | --- |
{left_out}
"""

if __name__ == "__main__":
    raise SystemExit(main())
