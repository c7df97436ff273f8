"""Running the examples' scripts."""

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent / "examples"
PNG = b"\x89PNG\r\n\x1a\n"


def run(script: Path, *options: str) -> subprocess.CompletedProcess:
    """Run a script to its end, whatever its exit status; a warning is an error."""
    command = [sys.executable, "-W", "error", str(script), *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=script.parent)


def for_pytorch(script: Path) -> Path:
    """Change the import lines of a script, and nothing else."""
    source = script.read_text(encoding="utf-8")
    source = source.replace("import tapegrad as torch\n", "import torch\n")
    script.write_text(source.replace("\nfrom tapegrad", "\nfrom torch"), encoding="utf-8")
    return script
