"""Print groups of requirements from pyproject.toml as ``pip install -r`` reads them.

``build`` is what the build needs, ``run`` what the package needs, any other name an extra.
"""

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(group: str) -> list[str]:
    """Return the requirements of one group, with ``tapegrad[extra]`` replaced by that extra's."""
    project = PYPROJECT["project"]
    groups = {"build": PYPROJECT["build-system"]["requires"], "run": project["dependencies"]}
    listed = {**project["optional-dependencies"], **groups}[group]
    return [found for line in listed for found in expand(line)]


def expand(line: str) -> list[str]:
    """Return the requirements behind one line."""
    own_extra = re.fullmatch(r"tapegrad\[(\w+)\]", line)
    return requirements(own_extra[1]) if own_extra else [line]


if __name__ == "__main__":
    print("\n".join(line for group in sys.argv[1:] for line in requirements(group)))
