"""``python -m tests.parity.mistakes``: what differs, by cause."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from . import check

TO_COME = Path(__file__).with_name("to_come.json")


def main() -> int:
    """Make the mistakes with the callables that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.mistakes", description=__doc__)
    parser.add_argument("--only", default="", help="callables, with commas; a trailing * stands "
                                                   "for every ending")
    parser.add_argument("--verbose", action="store_true", help="print each call that differs")
    parser.add_argument("--most", type=int, default=40, help="lines of the table by cause")
    parser.add_argument("--update", action="store_true", help="bring to_come.json up to date")
    options = parser.parse_args()
    wanted = [one.strip() for one in options.only.split(",") if one.strip()]
    names = [name for name in check.names() if not wanted or any(
        name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in wanted)]
    found = [check.check(name) for name in tqdm(names, disable=None, leave=False)]
    for title, part in (("End otherwise", "ends"), ("Worded otherwise", "texts")):
        differing = [one for each in found for one in getattr(each, part)]
        print(f"{title}: {len(differing)} of {sum(each.calls for each in found)} calls")
        for cause, n in Counter(cause for cause, _ in differing).most_common(options.most):
            print(f"{n:6}  {cause}")
        if options.verbose:
            print(*(call for _, call in differing), sep="\n")
    if options.update:
        _store(found)
    return any(each.ends or each.texts for each in found)


def _store(found: list[check.Mistakes]) -> None:
    counts = json.loads(TO_COME.read_text(encoding="utf-8")) if TO_COME.exists() else {}
    counts |= {each.name: each.counts() for each in found}
    lines = ",\n".join(f"{json.dumps(name)}: {n}" for name, n in sorted(counts.items()) if any(n))
    TO_COME.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
