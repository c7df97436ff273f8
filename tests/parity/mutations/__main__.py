"""``python -m tests.parity.mutations``: what differs, by kind, and what may."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tqdm import tqdm

from .. import table
from ..__main__ import _chosen
from ..dtypes import DTYPES
from . import allowed, check


def main() -> int:
    """Change the arguments of the entries that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.mutations", description=__doc__)
    parser.add_argument("--only", default="", help="entries, with commas; a trailing * or _ "
                                                   "stands for every ending")
    parser.add_argument("--verbose", action="store_true", help="print each call that differs")
    parser.add_argument("--dtype", default="float32", choices=DTYPES)
    options = parser.parse_args()
    entries = table.entries()
    started, reports = time.monotonic(), []
    for name in tqdm(_chosen(entries, options.only), disable=None, unit="entry", leave=False):
        reports.append(check.check(name, entries[name], options.dtype))
        if options.verbose:
            for one in reports[-1].differing:
                tqdm.write(f"{one.kind:6} {one.call} [{one.change}]: {one.told}")
    print(_table(reports))
    print(f"{len(reports)} entries took {time.monotonic() - started:.0f} s.")
    causes = {cause for report in reports for _, cause in report.allowed}
    unused = [] if options.only else allowed.unused(causes)
    for cause in unused:
        print(f"Nothing differs so any more: {cause}")
    return bool(unused) or any(report.differing for report in reports)


def _table(reports: list[check.Mutations]) -> str:
    differing = Counter(one.kind for report in reports for one in report.differing)
    may = Counter(kind for report in reports for kind, _ in report.allowed.elements())
    lines = [f"{'kind':6}  {'differ':>7}  {'may':>7}"]
    lines += [f"{kind:6}  {differing[kind]:7}  {may[kind]:7}" for kind in check.KINDS]
    calls, slow = (sum(getattr(report, part) for report in reports) for part in ("calls", "slow"))
    lines += [f"{calls} calls; {slow} more were too slow to compare.", "", "What may differ:"]
    reasons = Counter(cause.reason for report in reports for _, cause in report.allowed.elements())
    lines += [f"{n:7}  {reason}" for reason, n in reasons.most_common()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
