"""Checkpoints that are cut off, changed, or have no room."""

import os
import resource
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from training_samples import loader_of, make, weights_of


@pytest.fixture
def checkpoints(tapegrad, training, tmp_path):
    """Three checkpoints, of which two are kept."""
    kept = training.Checkpoints(tmp_path / "run")
    for step in (1, 2, 3):
        kept.save({"step": step, "numbers": tapegrad.arange(100)}, step)
    return kept


def test_newest_are_kept(checkpoints):
    """The newest two are there, and the newest is loaded."""
    state, path = checkpoints.load()

    assert [one.name for one in checkpoints.paths()] == [
        "checkpoint-00000002.pt", "checkpoint-00000003.pt"]
    assert state["step"] == 3 and path == checkpoints.paths()[-1]


def test_cut_off_anywhere(checkpoints, training):
    """Wherever the newest file is cut off, the one before is used, and both are named."""
    newest = checkpoints.paths()[-1]
    whole = newest.read_bytes()
    for size in (0, 1, 30, len(whole) // 2, len(whole) - 30, len(whole) - 1):
        newest.write_bytes(whole[:size])
        with pytest.warns(UserWarning, match=rf"{newest} is damaged and was moved aside"):
            state, path = checkpoints.load()

        assert state["step"] == 2 and path.name == "checkpoint-00000002.pt"
        assert newest.with_name(f"{newest.name}.damaged").read_bytes() == whole[:size]


def test_changed_bytes(checkpoints):
    """A changed byte of the contents is found out."""
    newest = checkpoints.paths()[-1]
    data = bytearray(newest.read_bytes())
    data[data.index(np.arange(100).tobytes()) + 9] ^= 255
    newest.write_bytes(data)

    with pytest.warns(UserWarning, match="is damaged"):
        assert checkpoints.load()[0]["step"] == 2


def test_none_is_whole(checkpoints, training):
    """If none can be read, that is an error, not a new beginning."""
    for path in checkpoints.paths():
        path.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="is damaged"),
        pytest.raises(training.CheckpointError, match="none of the 2 checkpoints"),
    ):
        checkpoints.load()


def test_no_checkpoint(training, tmp_path):
    """A folder without any, or none at all, is a beginning."""
    assert training.Checkpoints(tmp_path).load() is None
    assert training.Checkpoints(tmp_path / "missing").load() is None


def fill_disk(monkeypatch):
    """Let every write to the disk fail as on a full one."""
    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)


def test_full_disk(checkpoints, training, monkeypatch):
    """The reason, the file that was not written and the one that is whole are named."""
    with monkeypatch.context() as patched:
        fill_disk(patched)
        with pytest.raises(training.CheckpointError) as caught:
            checkpoints.save({"step": 4}, 4)
        with pytest.raises(training.CheckpointError, match=r"best\.pt was not written"):
            checkpoints.save_best({})

    text = str(caught.value)
    assert "No space left on device: " in text and "checkpoint-00000004.pt was not written" in text
    assert text.endswith("checkpoint-00000003.pt")
    assert checkpoints.load()[0]["step"] == 3
    assert len(os.listdir(checkpoints.folder)) == 2


def test_a_limit_of_the_system(checkpoints):
    """A file that the system does not let grow is the same: here nothing is replaced by a test."""
    program = f"""
        import resource
        from tapegrad import ones, training
        checkpoints = training.Checkpoints({str(checkpoints.folder)!r})
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        checkpoints.save(ones(100_000), 4)
    """
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True,
                            text=True, check=False)

    assert resource.RLIMIT_FSIZE is not None
    assert "CheckpointError: [Errno 27] File too large: " in result.stderr
    assert checkpoints.load()[0]["step"] == 3
    assert len(os.listdir(checkpoints.folder)) == 2


def test_a_folder_that_cannot_be_written(training, tmp_path):
    """A file in the place of the folder is told as what it is."""
    (tmp_path / "run").write_text("")

    with pytest.raises(OSError, match="run"):
        training.Checkpoints(tmp_path / "run").save({}, 1)


def test_training_on_a_full_disk(tapegrad, training, tmp_path, monkeypatch):
    """The training ends with that message; when there is room, it goes on where it was."""
    whole = make(tapegrad)
    whole.fit(loader_of(tapegrad), epochs=3)
    make(tapegrad, folder=tmp_path).fit(loader_of(tapegrad), epochs=1)
    full = make(tapegrad, folder=tmp_path)
    with monkeypatch.context() as patched:
        fill_disk(patched)
        with pytest.raises(training.CheckpointError, match="No space left on device"):
            full.fit(loader_of(tapegrad), epochs=3, resume=True)
    resumed = make(tapegrad, folder=tmp_path)
    resumed.fit(loader_of(tapegrad), epochs=3, resume=True)

    assert weights_of(resumed.model) == weights_of(whole.model)


def test_training_past_a_damaged_checkpoint(tapegrad, tmp_path):
    """A training falls back to the checkpoint before, and ends with the same weights."""
    whole = make(tapegrad)
    whole.fit(loader_of(tapegrad), epochs=3)
    first = make(tapegrad, folder=tmp_path, checkpoint_every=2)
    first.fit(loader_of(tapegrad), epochs=2)
    newest = first.checkpoints.paths()[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    resumed = make(tapegrad, folder=tmp_path, checkpoint_every=2)
    with pytest.warns(UserWarning, match="is damaged"):
        resumed.fit(loader_of(tapegrad), epochs=3, resume=True)

    assert weights_of(resumed.model) == weights_of(whole.model)


def test_another_training(tapegrad, training, tmp_path):
    """A checkpoint of a training with other parts is refused, with both lists."""
    make(tapegrad, folder=tmp_path).fit(loader_of(tapegrad), epochs=1)
    other = make(tapegrad, folder=tmp_path, metrics={"accuracy": training.Accuracy()})

    with pytest.raises(ValueError, match="this one has .*metric accuracy"):
        other.fit(loader_of(tapegrad), epochs=2, resume=True)
