"""Call everything public with random arguments: ``python -m tests.fuzz --rounds 20 --seed 0``.

The calls run in child processes with faulthandler, one after the other. A child that crashes or
hangs is reported with the call that it was in, and the next child goes on behind it. Exits with 1
if there was any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS_PER_CALL = 60
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run all rounds; say what failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="calls of each function")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--show", action="store_true", help="print how many calls gave a result")
    options = parser.parse_args()
    failures, start, total = [], 0, None
    while total is None or start < total:
        found = run_child(options, start)
        total = found.total
        if found.failed is not None:
            failures.append(found)
            print(f"FAILED {found.failed}\n{found.text}", flush=True)
        start = found.reached + 1
    print(f"{total} calls, {len(failures)} crashes or hangs")
    return 1 if failures else 0


class Found:
    """How far a child came: the number of its last call, and its name if that one failed."""

    def __init__(self, journal: Path, status: int, text: str) -> None:
        lines = journal.read_text(encoding="utf-8").splitlines()
        self.total = int(lines[0]) if lines else 0
        last = lines[-1].split(" ", 1) if len(lines) > 1 else ["-1", "the start"]
        self.reached = int(last[0])
        self.failed = last[1] if status else None
        self.text = f"exit status {status}\n{text[-3000:]}"
        if status and len(lines) < 2:
            raise RuntimeError(text)
        if not status:
            self.reached = self.total


def run_child(options: argparse.Namespace, start: int) -> Found:
    """Let a child process run the calls from number ``start`` on."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        command = [
            sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.child", str(journal),
            str(options.rounds), str(options.seed), str(start), str(SECONDS_PER_CALL), options.only,
        ]  # fmt: skip
        if options.show:
            command.append("show")
        path = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)])
        child = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            check=False, env={**os.environ, "PYTHONPATH": path}, cwd=folder,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if options.show and not child.returncode:
            print(child.stdout)
        return Found(journal, child.returncode, child.stdout)


if __name__ == "__main__":
    sys.exit(main())
