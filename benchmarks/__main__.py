"""Measure tapegrad beside PyTorch and print the tables as Markdown."""

import argparse
import importlib.util
import platform
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks import tables
from benchmarks.runner import Worker

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->\n"


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def heading(ours: Worker, theirs: Worker | None) -> str:
    """Say what ran where; a missing PyTorch first of all."""
    versions = f"Python {ours.about['python']}, NumPy {np.__version__}"
    if theirs is None:
        return f"**PyTorch is not installed: nothing is compared.** {processor()}, {versions}.\n"
    return (f"{processor()}, one thread each; {versions}, PyTorch {theirs.about['version']}. "
            "A process a library, rounds in turn; the ratio is PyTorch's time over tapegrad's, "
            "the median of the rounds with their 10th and 90th percentile.\n")


def into_readme(text: str) -> None:
    """Replace what stands between the README's two markers."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    README.write_text(before + BEGIN + "\n" + text + "\n" + END + after, encoding="utf-8")


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--case", action="append", choices=tables.SECTIONS,
                        help="only this one; may be repeated")
    parser.add_argument("--readme", action="store_true", help="also put the tables into the README")
    parser.add_argument("--ours", default="tapegrad", metavar="MODULE",
                        help="library in tapegrad's place; torch checks the bench against itself")
    return parser.parse_args()


def main() -> None:
    """Measure what was chosen; print, and write into the README if asked."""
    chosen = options()
    with ExitStack() as workers:
        ours = workers.enter_context(Worker(chosen.ours))
        found = importlib.util.find_spec("torch")
        theirs = workers.enter_context(Worker("torch")) if found else None
        bench = tables.Bench(ours, theirs, chosen.quick)
        parts = [heading(ours, theirs), *bench.tables(chosen.case or tables.SECTIONS)]
    text = "\n".join(parts)
    print(text)
    if theirs is None:
        print("PyTorch is not installed: nothing was compared.", file=sys.stderr)
    if chosen.readme:
        into_readme(text)


if __name__ == "__main__":
    main()
