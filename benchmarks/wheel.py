"""The size of a wheel, without compiling again: what it would contain, packed as it would be."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MB = 5


def size() -> int:
    """Return the bytes of the package's files and the modules built in place, as one archive."""
    with tempfile.TemporaryDirectory() as folder:
        contents = Path(folder, "contents")
        subprocess.run([sys.executable, "setup.py", "-q", "build_py", "--build-lib", contents],
                       cwd=ROOT, check=True, capture_output=True)
        suffix = f"*cpython-{sys.version_info[0]}{sys.version_info[1]}*.so"
        for module in (ROOT / "tapegrad").rglob(suffix):
            shutil.copy(module, contents / module.relative_to(ROOT))
            if sys.platform == "linux":  # as setup.py links a wheel
                subprocess.run(["strip", contents / module.relative_to(ROOT)], check=True)
        return Path(shutil.make_archive(f"{folder}/wheel", "zip", contents)).stat().st_size
