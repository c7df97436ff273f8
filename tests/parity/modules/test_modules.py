"""Every entry of PyTorch's table of modules passes."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

MISSING = [name for name in ("torch", "expecttest") if find_spec(name) is None]

if MISSING:
    pytest.skip(f"PyTorch is not installed: no {' and '.join(MISSING)}", allow_module_level=True)

from . import check, table  # noqa: E402

ENTRIES = table.entries()
COUNTS = json.loads(Path(__file__).with_name("counts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENTRIES)
def test_entry(name):
    """An entry agrees with PyTorch in every comparison, and no fewer are made than before."""
    report = check.check(name, ENTRIES[name])
    failures = "\n".join(report.failures[:20])

    assert report.passes, failures
    stored = zip(report.counts(), COUNTS[name], strict=True)
    assert all(now >= before for now, before in stored), "fewer were compared than before"


def test_counts_cover_all_entries():
    """Each entry has a stored number of comparisons."""
    assert set(COUNTS) == set(ENTRIES)
