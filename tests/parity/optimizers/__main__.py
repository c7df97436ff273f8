"""``python -m tests.parity.optimizers``: the comparison as a table."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from . import check, schedules, table

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
    wanted = [*table.entries(), *schedules.CASES]
    if options.only:
        wanted = options.only.split(",")
    reports = [check_any(name) for name in wanted]
    print(_tables(reports))
    if options.verbose:
        print("\n".join(line for report in reports for line in report.failures))
    if options.update:
        _store(reports)
    if options.write:
        left_out = "\n".join(f"| {name} | {why} |" for name, why in table.LEFT_OUT.items())
        PAGE.write_text(_TEXT.format(optimizers=_table(reports, check.ASPECTS), left_out=left_out,
                                     schedulers=_table(reports, schedules.ASPECTS)),
                        encoding="utf-8")
    return any(report.failures for report in reports)


def check_any(name: str) -> check.Report:
    """Compare an optimizer or a scheduler."""
    if name in schedules.CASES:
        return schedules.check(name)
    return check.check(name, table.entries()[name])


def _tables(reports: list[Any]) -> str:
    return "\n\n".join(_table(reports, aspects) for aspects in (check.ASPECTS, schedules.ASPECTS))


def _table(reports: list[Any], aspects: tuple[str, ...]) -> str:
    lines = ["| name | " + " | ".join(aspects) + " | failed |",
             "| --- |" + " ---: |" * (len(aspects) + 1)]
    for report in reports:
        if report.aspects == aspects:
            cells = [str(report.passed[aspect] or "-") for aspect in aspects]
            lines.append(f"| {report.name} | {' | '.join(cells)} | {len(report.failures) or '-'} |")
    return "\n".join(lines)


def _store(reports: list[Any]) -> None:
    counts = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}
    counts |= {report.name: list(report.passed.values()) for report in reports}
    lines = ",\n".join(f"{json.dumps(name)}: {n}" for name, n in sorted(counts.items()))
    COUNTS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


_TEXT = """# Optimizers and schedulers, compared with PyTorch

Made by `python -m tests.parity.optimizers --write`. Every optimizer of PyTorch 2.13's own table
runs in both libraries under all of the table's options, on tensors of several shapes in two groups.
A cell counts comparisons that pass. *float64*: 50 steps, the parameters after each within 1e-10
(L-BFGS: 5 steps within 1e-8, the loss after 7 within 1e-6); *float32*: 20 steps within PyTorch's
tolerance; *kinds*: the same as `foreach` and `fused`; *through*: the gradient through a
`differentiable` step; *carried*: state dicts loaded by the other library, both ways, with the same
names, dtypes and shapes, and training that goes on alike; *shown*: what is printed and the
defaults; *errors*: the table's mistakes, class and text.

{optimizers}

Every scheduler, under several settings each, for 60 steps with SGD and with AdamW, two groups with
rates of their own. *rates*: the rates and momenta of both groups after each step, to 1e-14;
*tensors*: the same with tensors as rates; *jumps*: steps to a given number; *resumed*: a new
scheduler goes on from a state dict; *carried*: state dicts have the same entries and go on in the
other library; *warnings*: what is said about steps in the wrong order and rates asked for outside
of a step.

{schedulers}

## Left out

| optimizer | reason |
| --- | --- |
{left_out}
"""

if __name__ == "__main__":
    raise SystemExit(main())
