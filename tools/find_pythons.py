"""Print a working interpreter for each Python that tapegrad supports, or for those named.

A command found by name may be a shim that runs nothing, so each candidate is asked for its version.
"""

import subprocess
import sys
from pathlib import Path

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
ASK = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"


def candidates(version: str) -> list[str]:
    """Commands that may run this version: by name, then pyenv's own copies."""
    copies = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    return [f"python{version}", *map(str, sorted(copies))]


def answer(command: str) -> list[str]:
    """Return the version and the path that an interpreter reports; nothing if it does not run."""
    try:
        result = subprocess.run([command, "-c", ASK], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return result.stdout.split(maxsplit=1)


def find(version: str) -> str | None:
    """Return the path of the first candidate that really is this version."""
    for command in candidates(version):
        match answer(command):
            case [found, path] if found == version:
                return path.strip()
    return None


if __name__ == "__main__":
    paths = [find(version) for version in sys.argv[1:] or SUPPORTED]
    print("\n".join(path for path in paths if path))
