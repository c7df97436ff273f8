"""What ends ``tapegrad finetune`` early: a line that says what, a status, and nothing lost.

Each runs as a program of its own, which spoils something in the midst of the training.
"""

import os
import pkgutil
import signal
import subprocess
import sys
import textwrap

import pytest
from command_line import finetune, words_of

START = """
    import os, resource, signal, sys
    import tapegrad
    from tapegrad import training
    from command_line import register_tiny
    register_tiny()

    class Spoil(training.SaveHistory):
        def on_step_end(self, trainer, loss):
            if trainer.position.step == 5:
                spoil(trainer)

    training.SaveHistory = Spoil
    def spoil(trainer):
"""


def run(spoil, pictures, weights, folder, *options):
    """Train for three epochs of three steps; in the fifth step something happens."""
    program = textwrap.dedent(START) + textwrap.indent(textwrap.dedent(spoil), "    ")
    program += "\nfrom tapegrad.cli.main import main; main()"
    words = words_of(pictures, weights, folder)
    words += ["--epochs", 3, "--no-plots", "--checkpoint-every", 1, *options]
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tapegrad, pictures, weights, tmp_path_factory):
    """The weights of the training that nothing happens to."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    options = ["--epochs", 3, "--no-plots", "--checkpoint-every", 1]
    assert finetune(pictures, weights, folder, *options) == 0
    return tapegrad.load(folder / "model.pt")


def assert_goes_on(tapegrad, whole, pictures, weights, folder):
    """With --resume the training ends with the weights of the one that nothing happened to."""
    options = ["--epochs", 3, "--no-plots", "--checkpoint-every", 1, "--resume"]

    assert finetune(pictures, weights, folder, *options) == 0
    resumed = tapegrad.load(folder / "model.pt")
    assert all(resumed[name].equal(value) for name, value in whole.items())


def test_full_disk(tapegrad, whole, pictures, weights, tmp_path):
    """The checkpoint that found no room is named, and the one to go on from."""
    folder = tmp_path / "run"
    spoil = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))"
    result = run(spoil, pictures, weights, folder)
    names = sorted(path.name for path in (folder / "checkpoints").glob("check*"))

    assert result.returncode == 1
    assert result.stderr == (
        "tapegrad finetune: error: [Errno 27] File too large: "
        f"{folder / 'checkpoints' / 'checkpoint-00000005.pt'} was not written; the newest whole "
        f"one is {folder / 'checkpoints' / 'checkpoint-00000004.pt'}\n")
    assert names == ["checkpoint-00000003.pt", "checkpoint-00000004.pt"]
    assert_goes_on(tapegrad, whole, pictures, weights, folder)


@pytest.mark.parametrize(("name", "spoiled"), [
    ("history.csv", "tapegrad.training.SaveHistory.on_epoch_end"),
    ("model.pt", "tapegrad.cli.run_folder.RunFolder.save_model"),
    ("metrics.json", "tapegrad.cli.report.evaluate"),
])  # fmt: skip
def test_full_disk_elsewhere(pictures, weights, tmp_path, capsys, monkeypatch, name, spoiled):
    """Whatever file finds no room is named in one line, and is not half there."""
    holder, _, attribute = spoiled.rpartition(".")
    real = getattr(pkgutil.resolve_name(holder), attribute)

    def without_room(*arguments):
        monkeypatch.setattr(os, "fsync", full)
        return real(*arguments)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spoiled, without_room)
    code = finetune(pictures, weights, tmp_path / "run", "--epochs", 1, "--no-plots")

    assert code == 1 and not (tmp_path / "run" / name).exists()
    assert capsys.readouterr().err == (
        "tapegrad finetune: error: [Errno 28] No space left on device: "
        f"'{tmp_path / 'run' / name}'\n")


def test_loss_that_is_nan(pictures, weights, tmp_path):
    """The operation is named with its line and module, and the weights from before are kept."""
    spoil = """
        class Broken(tapegrad.nn.ReLU):
            def forward(self, x):
                return x + tapegrad.log(x.sum() * 0 - 1)
        trainer.model[2].__class__ = Broken
    """
    folder = tmp_path / "run"
    result = run(spoil, pictures, weights, folder)
    checkpoint = folder / "checkpoints" / "checkpoint-00000005.pt"

    assert result.returncode == 1
    assert result.stderr.startswith(
        "tapegrad finetune: error: the loss is nan in epoch 2, batch 3 (step 5): LogBackward0 gave "
        'nan ("<string>", line ')
    assert result.stderr.endswith(
        f", in module 2 (Broken)). {checkpoint} holds the weights from before it; resume=True goes "
        "on after it.\n")
    assert checkpoint.exists() and result.stderr.count("\n") == 1


def test_interrupted(tapegrad, whole, pictures, weights, tmp_path):
    """Ctrl-C ends it with status 130 after the step's checkpoint, which is named."""
    folder = tmp_path / "run"
    result = run("os.kill(os.getpid(), signal.SIGINT)", pictures, weights, folder)
    checkpoint = folder / "checkpoints" / "checkpoint-00000005.pt"

    assert result.returncode == 128 + signal.SIGINT
    assert result.stderr == (
        "\nCtrl-C: the checkpoint is written after this step; again stops at once\n"
        f"tapegrad finetune: interrupted; {checkpoint} is where to go on, with --resume\n")
    assert_goes_on(tapegrad, whole, pictures, weights, folder)


def test_debug_shows_where(pictures, weights, tmp_path):
    """With --debug the same error has a traceback."""
    result = run("raise OSError(28, 'No space left on device')", pictures, weights,
                 tmp_path / "run", "--debug")  # fmt: skip

    assert result.returncode == 1
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith("OSError: [Errno 28] No space left on device\n")
