"""Every optimizer of PyTorch's table agrees with it in every comparison."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED = ("torch", "expecttest")
MISSING = [name for name in NEEDED if find_spec(name) is None]

if MISSING:
    pytest.skip(f"PyTorch is not installed: no {' and '.join(MISSING)}", allow_module_level=True)

import torch  # noqa: E402

from . import check, schedules, table  # noqa: E402

ENTRIES = table.entries()
COUNTS = json.loads(Path(__file__).with_name("counts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENTRIES)
def test_optimizer(name):
    """Nothing differs, and no fewer comparisons are made than before."""
    report = check.check(name, ENTRIES[name])

    assert report.failures == []
    assert list(report.passed.values()) == COUNTS[name]


@pytest.mark.parametrize("name", schedules.CASES)
def test_scheduler(name):
    """Nothing differs, and no fewer comparisons are made than before."""
    report = schedules.check(name)

    assert report.failures == []
    assert list(report.passed.values()) == COUNTS[name]


def test_counts_are_complete():
    """Each entry of the table and each of PyTorch's schedulers has stored counts."""
    names = {*torch.optim.lr_scheduler.__all__, "SWALR"} - {"LRScheduler"}

    assert set(schedules.CASES) == names
    assert set(COUNTS) == set(ENTRIES) | names
