"""Every optimizer of PyTorch's table agrees with it in every comparison."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED = ("torch", "expecttest")
MISSING = [name for name in NEEDED if find_spec(name) is None]

if MISSING:
    pytest.skip(f"PyTorch is not installed: no {' and '.join(MISSING)}", allow_module_level=True)

from . import check, table  # noqa: E402

ENTRIES = table.entries()
COUNTS = json.loads(Path(__file__).with_name("counts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENTRIES)
def test_optimizer(name):
    """Nothing differs, and no fewer comparisons are made than before."""
    report = check.check(name, ENTRIES[name])

    assert report.failures == []
    assert list(report.passed.values()) == COUNTS[name]


def test_table_is_complete():
    """Each entry has stored counts."""
    assert set(COUNTS) == set(ENTRIES)
