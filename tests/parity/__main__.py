"""``python -m tests.parity``: the comparison as a table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

HERE = Path(__file__).parent
NOT_YET, COUNTS = HERE / "not_yet.txt", HERE / "counts.json"
PAGE = HERE.parent.parent / "docs" / "parity.md"


def main() -> int:
    """Run the entries that the command line names."""
    options = _options()
    from . import check, table

    entries = table.entries()
    names = _chosen(entries, options.only)
    print(f"{len(entries)} entries of PyTorch's table are compared; {len(table.LEFT_OUT)} are left "
          f"out. This run: {len(names)}.")
    reports = []
    bar = tqdm(names, disable=None, unit="entry", leave=False)
    for name in bar:
        bar.set_postfix_str(name)
        report = check.check(name, entries[name], tuple(options.dtype))
        reports.append(report)
        if options.update:
            _update(report)
        if options.verbose:
            for line in _shown(report.failures, options.most) + report.texts * options.texts:
                bar.write(line)
    print(_table(reports))
    _summary(reports, options.verbose)
    if options.write:
        PAGE.write_text(_page(list(entries), reports), encoding="utf-8")
    return any(not report.passes for report in reports)


def _options() -> argparse.Namespace:
    from .dtypes import DTYPES

    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("--only", default="", help="entries, with commas; a trailing * or _ "
                                                   "stands for every ending")
    parser.add_argument("--verbose", action="store_true", help="print what differs")
    parser.add_argument("--most", type=int, default=25, help="with --verbose, lines an entry")
    parser.add_argument("--texts", action="store_true",
                        help="with --verbose, print error texts that differ too")
    parser.add_argument("--dtype", nargs="+", default=DTYPES, choices=DTYPES)
    parser.add_argument("--update", action="store_true",
                        help="bring not_yet.txt and counts.json up to date")
    parser.add_argument("--write", action="store_true", help="write docs/parity.md")
    return parser.parse_args()


def _chosen(entries: dict[str, Any], only: str) -> list[str]:
    if not only:
        return list(entries)
    found = []
    for wanted in only.split(","):
        wanted = wanted.strip()
        matches = [name for name in entries if name == wanted or entries[name].name == wanted
                   or (wanted.endswith(("*", "_")) and name.startswith(wanted.rstrip("*")))]
        if not matches:
            sys.exit(f"no entry is called {wanted!r}, or it is left out")
        found += [name for name in matches if name not in found]
    return found


def _shown(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    picked = sorted({k * len(lines) // most for k in range(most)})
    return [lines[k] for k in picked] + [f"... and {len(lines) - most} more"]


def _table(reports: list[Any]) -> str:
    width = max((len(report.name) for report in reports), default=9)
    lines = [f"{'operation':{width}}  " + "  ".join(f"{title:>11}" for title in _TITLES)]
    lines += [f"{report.name:{width}}  " + "  ".join(f"{cell:>11}" for cell in _cells(report))
              for report in reports]
    return "\n".join(lines)


_TITLES = ("samples", "forward", "gradient", "second", "spellings", "out=", "errors")


def _cells(report: Any) -> list[str]:
    from .calls import STAGES

    cells = [_cell(report.compared[stage], report.failed[stage]) for stage in STAGES]
    return [str(report.compared["forward"]), *cells]


def _cell(compared: int, failed: int) -> str:
    if not compared:
        return "-"
    return f"{compared - failed}/{compared}" if failed else str(compared)


def _summary(reports: list[Any], verbose: bool) -> None:
    failing = [report for report in reports if not report.passes]
    if not verbose:
        for report in failing[:20]:
            print(report.failures[0])
    print(f"{len(reports) - len(failing)} of {len(reports)} entries pass; "
          f"{sum(sum(report.compared.values()) for report in reports)} comparisons, "
          f"{sum(report.not_ours for report in reports)} samples of other types not counted, "
          f"{sum(len(report.texts) for report in reports)} error texts differ.")


def _update(report: Any) -> None:
    """Put an entry on the list of those to come or off it, and store its counts."""
    waiting = set(NOT_YET.read_text(encoding="utf-8").split()) if NOT_YET.exists() else set()
    counts = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}
    (waiting.discard if report.passes else waiting.add)(report.name)
    counts.pop(report.name, None)
    if report.passes:
        counts[report.name] = report.counts()
    NOT_YET.write_text("".join(f"{name}\n" for name in sorted(waiting)), encoding="utf-8")
    lines = ",\n".join(f"{json.dumps(name)}: {n}" for name, n in sorted(counts.items()))
    COUNTS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _page(names: list[str], reports: list[Any]) -> str:
    """Describe this run; what it left out is as it was stored."""
    from .left_out import LEFT_OUT

    stored = json.loads(COUNTS.read_text(encoding="utf-8"))
    cells = {name: [_cell(n, 0) for n in (counts[0], *counts)] for name, counts in stored.items()}
    cells |= {report.name: _cells(report) for report in reports}
    failing = {report.name for report in reports if not report.passes}
    rows = "\n".join(f"| {name} | " + " | ".join(cells.get(name, ["not yet"] * len(_TITLES))) + " |"
                     for name in names)
    left = "\n".join(f"| {name} | {reason} |" for name, reason in LEFT_OUT.items())
    return _TEXT.format(n=len(names), passing=len(set(cells) - failing), rows=rows, left=left,
                        titles=" | ".join(_TITLES), rule=" | ".join("---:" for _ in _TITLES))


_TEXT = """# Compared with PyTorch, operation by operation

Made by `python -m tests.parity --write`. Every entry of PyTorch 2.13's own table of operations that
is dense and real-valued runs in both libraries, on all of the table's reference inputs in float64,
float32 and the integer types, bool and float16 where the entry has them. *samples*: how many inputs
ran in both, each dtype counted; the other cells count comparisons, as `passed/all` where some fail.
*forward*: shape, dtype and values; *gradient*: first derivatives of every input along a random
direction; *second*: second derivatives in float64, on at most 16 evenly picked samples of an entry;
*spellings*: methods, in-place forms, operators and aliases, on at most 12 samples; *errors*: the
table's mistakes, which must raise PyTorch's class.

{passing} of {n} entries pass.

| operation | {titles} |
| --- | {rule} |
{rows}

## Left out

| operation | reason |
| --- | --- |
{left}
"""

if __name__ == "__main__":
    sys.exit(main())
