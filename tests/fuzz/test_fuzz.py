"""A short run of the fuzzer; ``make fuzz`` makes a long one."""

import os
import subprocess
import sys
from pathlib import Path

import tapegrad

ROOT = Path(__file__).resolve().parents[2]


def test_random_calls_end_in_results_or_exceptions(torch):
    """No crash and no hang in a few calls of everything public."""
    path = os.pathsep.join([str(Path(tapegrad.__file__).parents[1]), str(ROOT)])
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--rounds", "3"], check=False, cwd=ROOT / "tests",
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)

    assert run.returncode == 0 and " 0 crashes or hangs" in run.stdout, run.stdout + run.stderr
