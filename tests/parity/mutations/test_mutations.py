"""Changed arguments end as PyTorch's do, in a small part of the table; the rest takes minutes."""

import os
from importlib.util import find_spec

import pytest

NEEDED = ("torch", "expecttest")
MISSING = [name for name in NEEDED if find_spec(name) is None]

if MISSING:
    pytest.skip(f"PyTorch is not installed: no {' and '.join(MISSING)}", allow_module_level=True)

from .. import convert, table  # noqa: E402
from . import allowed, check, made  # noqa: E402

ENTRIES = table.entries()
CALLS = {"eye": 60, "flip": 100, "linalg_cross": 90, "nn_functional_pixel_shuffle": 90,
         "topk": 110, "vstack": 30}      # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_changed_arguments_end_alike(name):
    """No call of an entry ends otherwise, and most of the changes are made."""
    report = check.check(name, ENTRIES[name])

    assert not report.differing
    assert report.calls >= CALLS[name]


def test_what_differs_is_found(monkeypatch):
    """Another class, another end, another value and another text are told apart."""
    outcomes = iter((ValueError("a"), 1, RuntimeError("b")))

    def wrong(x, *args, **kwargs):
        try:
            result = x.flip(*args, **kwargs)
        except (TypeError, RuntimeError, IndexError) as error:
            outcome = next(outcomes, error)
            if isinstance(outcome, Exception):
                raise outcome from None
            return outcome
        return result + 1

    monkeypatch.setattr(convert, "operation", lambda entry: wrong)
    found = {one.kind for one in check.check("flip", ENTRIES["flip"]).differing}

    assert {"class", "end", "value"} <= found


def test_a_crash_is_told_and_passed(monkeypatch):
    """A call that ends the process is a difference, and those behind it are still made."""

    def crashing(x, *args, **kwargs):
        if kwargs.get("dims") == "a":
            os._exit(1)
        return x.flip(*args, **kwargs)

    monkeypatch.setattr(convert, "operation", lambda entry: crashing)
    report = check.check("flip", ENTRIES["flip"])
    crashes = [one for one in report.differing if one.kind == "crash"]

    assert crashes and all("ours ended" in one.told for one in crashes)
    assert report.calls >= CALLS["flip"]


def test_causes_are_distinct():
    """Each allowed cause has a reason of its own, and is named where a run does not need it."""
    reasons = [one.reason for one in allowed.ALLOWED]

    assert len(set(reasons)) == len(reasons)
    assert allowed.unused(allowed.ALLOWED[1:]) == list(allowed.ALLOWED[:1])


@pytest.mark.parametrize("value", [True, 3, 2.5, "mean", [1, 2], (1, 2), None])
def test_others_are_different(value):
    """No change gives a value of the same kind that is equal."""
    for how, other in made.others(value).items():
        assert type(other) is not type(value) or repr(other) != repr(value), how
