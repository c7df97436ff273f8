"""The pages of docs/reference are those that the docstrings give."""

import subprocess
import sys
from pathlib import Path
from typing import get_origin

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the pages are made with Python 3.11")
def test_pages_are_current():
    """`make docs` would change nothing."""
    made = subprocess.run([sys.executable, "tools/make_reference.py", "--check"], cwd=ROOT,
                          capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stdout + made.stderr


def test_every_public_name_has_a_docstring(tapegrad):
    """What a user can call says what it does, in its own words."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from make_reference import NAMESPACES, doc_of, public_names, resolved
    finally:
        sys.path.pop(0)
    bare = [f"{namespace}.{name}" for namespace in NAMESPACES
            for name in (public_names(resolved(namespace)) if resolved(namespace) else ())
            if callable(getattr(resolved(namespace), name))
            and get_origin(getattr(resolved(namespace), name)) is None  # a name for a union
            and not doc_of(getattr(resolved(namespace), name))]

    assert bare == []
