"""The guard of counted instructions, without counting."""

import json

import pytest

from benchmarks import callgrind, count
from benchmarks.cases import ALL_CASES


@pytest.mark.parametrize(("found", "expected"), [
    (103, "as stored"), (105, "**more**"), (95, "less: run with --update")])
def test_count_is_judged(found, expected) -> None:
    """A few per cent more are noise; above that a step has become dearer."""
    assert count.judged(found, 100) == expected


def test_every_step_has_its_count() -> None:
    """What is counted is stored, for each Python that any count is stored for."""
    stored = json.loads(count.STORED.read_text(encoding="utf-8"))

    assert stored
    assert all(counts.keys() == count.RUNS.keys() for counts in stored.values())
    assert count.RUNS.keys() <= ALL_CASES.keys()


def test_without_valgrind_it_says_so(monkeypatch, capsys) -> None:
    """Where nothing can be counted the reason is printed."""
    monkeypatch.setattr(callgrind.shutil, "which", lambda name: None)
    monkeypatch.setattr("sys.argv", ["count"])

    assert count.main() == 0
    assert capsys.readouterr().out == (
        "Instructions are not counted: valgrind is not installed.\n")
