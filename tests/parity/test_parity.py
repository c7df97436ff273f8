"""Every entry of PyTorch's table passes, but for those that are named as still to come."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NEEDED = ("torch", "expecttest")
MISSING = [name for name in NEEDED if find_spec(name) is None]

if MISSING:
    pytest.skip(f"PyTorch is not installed: no {' and '.join(MISSING)}", allow_module_level=True)

from . import check, table  # noqa: E402

ENTRIES = table.entries()
NOT_YET = HERE.joinpath("not_yet.txt").read_text(encoding="utf-8").split()
COUNTS = json.loads(HERE.joinpath("counts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENTRIES)
def test_entry(name):
    """An entry agrees with PyTorch in every comparison, and no fewer are made than before."""
    report = check.check(name, ENTRIES[name])
    failures = "\n".join(report.failures[:20])

    if name in NOT_YET:
        # Some of these pass on one processor and not on another, so passing is no failure; it is
        # `python -m tests.parity --update` that takes an entry off the list.
        if not report.passes:
            pytest.xfail(f"still to come: {report.failures[0]}")
    else:
        assert report.passes, failures
        stored = zip(report.counts(), COUNTS[name], strict=True)
        assert all(now >= before for now, before in stored), "fewer were compared than before"


def test_not_yet_is_sorted_and_known():
    """What is still to come is a sorted list of entries, which only shrinks."""
    assert sorted(set(NOT_YET)) == NOT_YET
    assert set(NOT_YET) <= set(ENTRIES)


def test_counts_cover_what_passes():
    """Each passing entry has a stored number of comparisons."""
    assert set(COUNTS) == set(ENTRIES) - set(NOT_YET)
