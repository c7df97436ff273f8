"""Run a program in a process of its own: under Python as it is, or under ``python -m tapegrad``."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNDER_TAPEGRAD = ("-m", "tapegrad")


def run_python(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run the interpreter with the package that is tested on its path."""
    paths = [str(Path(path).resolve()) for path in sys.path if path]
    # faulthandler and coverage of the outer process are none of the program's business.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *paths])}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
