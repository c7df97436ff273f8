"""Run a program as it is under PyTorch and on tapegrad, and compare what it prints.

``python tools/run_beside.py [--data FOLDER] [--edit OLD=>NEW] [--ignore REGEX] SCRIPT [ARGS]``

Each side runs in a fresh copy of the script's folder, on one thread, with the generators of
torch, NumPy and ``random`` seeded by 1. ``--data`` links a folder to where the program looks for
``data``: in its own folder or up to two above. ``--edit`` replaces a text of the script on both
sides, to cut a run short or to print more of it. ``--ignore`` takes times out of the comparison.
Where torchvision is not installed, PyTorch is given a copy of ``tapegrad/vision`` for it.
The exit status is 0 if both sides end well and print the same, else 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEDED = """
import random, runpy, sys
import numpy, torch
torch.manual_seed(1); numpy.random.seed(1); random.seed(1)
sys.argv, sys.path[0] = sys.argv[1:], "."
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def main() -> int:
    """Run both sides and say whether they print the same."""
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "seeded.py").write_text(SEEDED, encoding="utf-8")
        expected, got = (run(options, place, library) for library in ("torch", "tapegrad"))
    if expected is None or got is None:
        return 1
    return report(expected, got)


def parse() -> argparse.Namespace:
    """The command line; what follows the script is the program's own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder to link as the program's data")
    parser.add_argument("--edit", action="append", default=[], metavar="OLD=>NEW")
    parser.add_argument("--ignore", metavar="REGEX", help="what may differ, such as times")
    parser.add_argument("script", type=Path)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def run(options: argparse.Namespace, place: Path, library: str) -> list[str] | None:
    """The lines that the program prints on one library; None, and its errors, if it fails."""
    home = prepare(options, place / library)
    paths = [str(ROOT)]
    if library == "torch" and importlib.util.find_spec("torchvision") is None:
        paths.append(str(torchvision(place / "vision")))
    paths.append(os.environ.get("PYTHONPATH", ""))
    start = [sys.executable, *(["-m", "tapegrad"] if library == "tapegrad" else [])]
    done = subprocess.run(
        [*start, str(place / "seeded.py"), options.script.name, *options.arguments],
        cwd=home, env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{library}: exit status {done.returncode}\n{done.stderr}", file=sys.stderr)
        return None
    lines = done.stdout.splitlines()
    return [re.sub(options.ignore, "…", line) for line in lines] if options.ignore else lines


def prepare(options: argparse.Namespace, place: Path) -> Path:
    """A copy of the program's folder with the edits made and the data linked."""
    home = place / "upper" / "lower" / "program"
    shutil.copytree(options.script.parent, home)
    script = home / options.script.name
    text = script.read_text(encoding="utf-8")
    for edit in options.edit:
        old, _, new = edit.partition("=>")
        if old not in text:
            raise SystemExit(f"{options.script} does not hold {old!r}")
        text = text.replace(old, new)
    script.write_text(text, encoding="utf-8")
    for above in (home, home.parent, home.parent.parent) if options.data else ():
        if not (above / "data").exists():
            (above / "data").symlink_to(options.data.resolve())
    return home


def torchvision(place: Path) -> Path:
    """A folder with ``tapegrad/vision`` made into a ``torchvision`` that imports PyTorch.

    What it has from private modules, which know no tensors, stays ours.
    """
    sources = (ROOT / "tapegrad" / "vision").rglob("*")
    for path in (one for one in sources if one.suffix in (".py", ".txt")):
        copy = place / "torchvision" / path.relative_to(ROOT / "tapegrad" / "vision")
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8").replace("tapegrad.vision", "torchvision")
        copy.write_text(re.sub(r"from tapegrad(?![\w.]*\._)", "from torch", text), encoding="utf-8")
    return place


def report(expected: list[str], got: list[str]) -> int:
    """Print what both sides print, or the lines that differ; the exit status."""
    pairs = list(zip_longest(expected, got, fillvalue=""))
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    for on_torch, here in differing:
        print(f"torch:    {on_torch}\ntapegrad: {here}")
    if not differing:
        print("\n".join(expected))
    print(f"{len(pairs) - len(differing)} of {len(pairs)} lines the same")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
