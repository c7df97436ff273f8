"""Histories in files, and the best of their rows."""

import math
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=8)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
ROWS = st.lists(st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=4), max_size=4)


def exactly(rows):
    """Rows with floats to the bit and their types."""
    return [{name: (type(value), repr(value)) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_round_trip(tapegrad, tmp_path_factory, ending, rows):
    """What is read is what was written: NaN, infinities, large integers, missing columns."""
    history = tapegrad.training.History(rows)
    path = tmp_path_factory.getbasetemp() / f"history.{ending}"
    history.save(path)
    read = tapegrad.training.History.load(path)

    assert exactly(read) == exactly(rows)


def test_columns(training):
    """Columns are in the order of their first appearance, and skip rows that have them not."""
    history = training.History([{"a": 1, "b": 2.0}, {"a": 3, "c": 4}])

    assert history.columns == ["a", "b", "c"]
    assert history.column("a") == [1, 3] and history.column("b") == [2.0]
    assert history[-1] == {"a": 3, "c": 4} and len(history) == 2


@pytest.mark.parametrize(("row", "error"), [
    ({"a": "1"}, TypeError), ({"a": True}, TypeError), ({"a": None}, TypeError), ({}, ValueError),
])
def test_rows_are_numbers(training, row, error):
    """What is no number, and a row of none, is refused."""
    history = training.History()
    with pytest.raises(error):
        history.append(row)

    assert len(history) == 0


def test_endings(training, tmp_path):
    """The ending says the format; others are refused."""
    with pytest.raises(ValueError, match=r"a \.csv or a \.jsonl file"):
        training.History().save(tmp_path / "history.txt")
    with pytest.raises(ValueError, match=r"to \.csv, \.jsonl or \.png"):
        training.SaveHistory(tmp_path / "history.txt")


def test_a_full_disk_leaves_the_old_file(training, tmp_path, monkeypatch):
    """A file is replaced whole or not at all."""
    path = tmp_path / "history.csv"
    training.History([{"a": 1}]).save(path)

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        training.History([{"a": 2}]).save(path)

    assert training.History.load(path)[0] == {"a": 1}
    assert os.listdir(tmp_path) == ["history.csv"]


VALUES = st.lists(st.floats(-5, 5) | st.just(math.nan), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(values=VALUES, mode=st.sampled_from(["min", "max"]), min_delta=st.sampled_from([0, 0.5]),
       patience=st.integers(1, 3))
def test_early_stopping(tapegrad, values, mode, min_delta, patience):
    """It stops where the last better value lies as far back as its patience."""
    sign = 1 if mode == "min" else -1
    best, last_better = math.inf, -1
    stopping = tapegrad.training.EarlyStopping("x", patience, mode, min_delta)
    for k, value in enumerate(values):
        is_better = not math.isnan(value) and (
            best == math.inf or best - sign * value - min_delta > 0)
        if is_better:
            best, last_better = sign * value, k

        assert stopping.update({"x": value}) == is_better
        assert stopping.should_stop == (k - last_better >= patience)
    assert stopping.value == (None if best == math.inf else sign * best)


def test_state_of_early_stopping(training):
    """A loaded state goes on counting."""
    first, second = (training.EarlyStopping("x", 2) for _ in range(2))
    first.update({"x": 1.0})
    first.update({"x": 2.0})
    second.load_state_dict(first.state_dict())
    second.update({"x": 1.5})

    assert second.should_stop and second.value == 1.0


@pytest.mark.parametrize("code", [
    "t.Best('x', 'least')", "t.Best('x', min_delta=-1)", "t.EarlyStopping('x', 0)",
])
def test_refused_options(training, code):
    """Options out of range are refused."""
    with pytest.raises(ValueError, match="must"):
        eval(code, {"t": training})


def test_missing_column(training):
    """A column that is not there is named, with those that are."""
    with pytest.raises(KeyError, match="no column 'val_loss' among loss, lr"):
        training.Best("val_loss").update({"loss": 1.0, "lr": 0.1})
