"""``python -m tests.parity.modules``: the comparison as a table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..__main__ import _cell, _chosen, _shown
from . import check, table

COUNTS = Path(__file__).parent / "counts.json"
PAGE = Path(__file__).parents[3] / "docs" / "parity_modules.md"


def main() -> int:
    """Run the entries that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.modules", description=__doc__)
    parser.add_argument("--only", default="", help="entries, with commas; a trailing * stands for "
                                                   "every ending")
    parser.add_argument("--verbose", action="store_true", help="print what differs")
    parser.add_argument("--update", action="store_true", help="bring counts.json up to date")
    parser.add_argument("--write", action="store_true", help="write docs/parity_modules.md")
    options = parser.parse_args()
    entries = table.entries()
    names = _chosen(entries, options.only)
    reports = []
    for name in tqdm(names, disable=None, unit="entry", leave=False):
        report = check.check(name, entries[name])
        reports.append(report)
        for line in _shown(report.failures, 25 if options.verbose else 1) + report.texts:
            tqdm.write(line)
    print(f"{sum(r.passes for r in reports)} of {len(reports)} entries pass; "
          f"{sum(sum(r.compared.values()) for r in reports)} comparisons.")
    if options.update:
        _store(reports)
    if options.write:
        PAGE.write_text(_page(reports), encoding="utf-8")
    return any(not report.passes for report in reports)


def _store(reports: list[Any]) -> None:
    counts = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}
    counts |= {report.name: report.counts() for report in reports if report.passes}
    lines = ",\n".join(f"{json.dumps(name)}: {n}" for name, n in sorted(counts.items()))
    COUNTS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _page(reports: list[Any]) -> str:
    rows = "\n".join(f"| {report.name} | " + " | ".join(
        _cell(report.compared[stage], report.failed[stage]) for stage in check.STAGES) + " |"
        for report in reports)
    return _TEXT.format(n=len(reports), passing=sum(report.passes for report in reports), rows=rows,
                        titles=" | ".join(check.STAGES),
                        rule=" | ".join("---:" for _ in check.STAGES))


_TEXT = """# Compared with PyTorch, module by module

Made by `python -m tests.parity.modules --write`. Every entry of PyTorch 2.13's own table of modules
is built and run in both libraries, in training and in evaluation mode, in float64 and float32. A
cell counts comparisons, as `passed/all` where some fail. *made*: repr, names, shapes and first
values for the same seed; *forward*: outputs; *state*: parameters and buffers afterwards;
*gradient*: first derivatives of inputs and parameters along a random direction; *second*: second
derivatives in float64; *errors*: the table's mistakes, which must raise PyTorch's class.

{passing} of {n} entries pass.

| module | {titles} |
| --- | {rule} |
{rows}
"""

if __name__ == "__main__":
    sys.exit(main())
