"""The two examples of ``make demo`` run as a newcomer runs them, and reach what they promise."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .scripts import PNG, for_pytorch, run


@pytest.fixture(scope="module")
def trained(examples: Path) -> subprocess.CompletedProcess:
    """The training run as ``make demo`` starts it, which leaves its weights for the next."""
    return run(examples / "train_digits.py")


@pytest.fixture(scope="module")
def finetuned(examples: Path, trained: subprocess.CompletedProcess) -> subprocess.CompletedProcess:
    """The fine-tuning run on the weights of the training run."""
    return run(examples / "finetune_digits.py")


def percentage(text: str, start: str) -> float:
    """Return the percentage on the line that begins with ``start``."""
    return float(re.search(rf"^{start}.*?: ([\d.]+)%", text, re.MULTILINE)[1])


def test_training_reaches_its_target(trained: subprocess.CompletedProcess) -> None:
    """At least 96 % of held-out digits 0 to 6 are told apart."""
    assert trained.returncode == 0, trained.stderr
    assert percentage(trained.stdout, "held-out accuracy") >= 96


def test_a_bar_shows_loss_and_accuracy(trained: subprocess.CompletedProcess) -> None:
    """The progress bar carries both figures."""
    assert re.search(r"50/50 .*accuracy=[\d.]+%, loss=[\d.]+", trained.stderr)


def test_finetuning_reaches_its_targets(finetuned: subprocess.CompletedProcess) -> None:
    """At least 90 % of digits 7 to 9, and more than on an untrained body."""
    assert finetuned.returncode == 0, finetuned.stderr
    reached = percentage(finetuned.stdout, "held-out accuracy")

    assert reached >= 90
    assert reached > percentage(finetuned.stdout, "the same head")


def test_frozen_body_keeps_its_bits(finetuned: subprocess.CompletedProcess) -> None:
    """Not one bit of a frozen parameter changes."""
    assert "body bit-identical: True" in finetuned.stdout


@pytest.mark.parametrize("name", ["train_digits.png", "finetune_digits.png"])
@pytest.mark.usefixtures("finetuned")
def test_curves_are_drawn(examples: Path, name: str) -> None:
    """Each run leaves a picture."""
    assert (examples / "output" / name).read_bytes().startswith(PNG)


def test_same_seed_same_run(examples: Path, tmp_path: Path) -> None:
    """Two short runs with one seed print the same; and they miss the target, which is an error."""
    script = shutil.copytree(examples, tmp_path / "examples") / "train_digits.py"
    options = ("--epochs", "1", "--seed", "3", "--plot", str(tmp_path / "short.png"))
    runs = [run(script, *options) for _ in range(2)]

    assert runs[0].stdout == runs[1].stdout != ""
    assert [each.returncode for each in runs] == [1, 1]


def test_runs_on_pytorch(examples: Path, tmp_path: Path, reference) -> None:
    """With two import lines changed the training example runs on PyTorch and gets there too."""
    copy = shutil.copytree(examples, tmp_path / "examples")

    result = run(for_pytorch(copy / "train_digits.py"))

    assert result.returncode == 0, result.stderr
