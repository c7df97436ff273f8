"""Each example runs with small settings, learns something, and loses as PyTorch does."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from .scripts import PNG, SOURCE, for_pytorch, run

# Epochs that are enough to see that an example learns; whether its measure should rise.
SETTINGS = {
    "char_lstm": (20, False),
    "custom_function": (1, True),
    "digits_cnn": (1, True),
    "gan": (250, True),
    "gpt": (15, False),
    "gradual_unfreeze": (2, True),
    "mnist_cnn": (1, True),
    "regression": (60, True),
    "reinforce": (40, True),
    "sequence_tagging": (1, True),
    "siamese": (60, True),
    "sine_lbfgs": (2, False),
    "vae": (2, False),
    "word_language_model": (1, False),
}
# What others import, and what test files of their own run.
NOT_HERE = {"comparison", "digits", "harness", "reviews", "train_digits", "finetune_digits",
            "finetune_text", "finetune_vision", "pretrain_fashion", "digit_pictures"}


def test_every_example_is_run() -> None:
    """No script is forgotten."""
    assert {path.stem for path in SOURCE.glob("*.py")} - NOT_HERE == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_example_learns(examples: Path, name: str) -> None:
    """The number that an example ends with is better after training than before."""
    epochs, rises = SETTINGS[name]
    result = run(examples / f"{name}.py", "--epochs", str(epochs))
    figures = re.search(r": (-?[\d.]+) before, (-?[\d.]+) after \d+ steps\n\Z", result.stdout)

    assert result.returncode == 0, result.stderr
    assert figures, result.stdout
    before, after = map(float, figures.groups())
    assert (after > before) == rises


def test_ways_of_moving_are_compared(examples: Path) -> None:
    """Gradual unfreezing stands beside the other ways; each learns, and none trains less."""
    result = run(examples / "gradual_unfreeze.py", "--epochs", "3")
    rows = re.findall(r"^([a-zA-Z ]+?) +([\d,]+) +([\d.]+) +[\d.]+ +([\d.]+)$", result.stdout,
                      re.MULTILINE)  # fmt: skip
    before = float(re.search(r": ([\d.]+) before", result.stdout)[1])
    trained = [int(numbers.replace(",", "")) for _, numbers, *_ in rows]

    assert [row[0] for row in rows] == ["head alone", "LoRA", "all weights", "gradually"]
    assert min(float(row[2]) for row in rows) > before
    assert trained == sorted(trained) and rows[0][3] < rows[2][3]


def test_curve_is_drawn(examples: Path, tmp_path: Path) -> None:
    """``--plot`` leaves a picture."""
    plot = tmp_path / "curve.png"
    run(examples / "regression.py", "--epochs", "5", "--plot", str(plot))

    assert plot.read_bytes().startswith(PNG)


@pytest.mark.parametrize(("name", "epochs"), [("char_lstm", 20), ("digits_cnn", 1), ("gpt", 20)])
def test_losses_are_those_of_pytorch(
    examples: Path, tmp_path: Path, reference, name: str, epochs: int
) -> None:
    """With the same seed each step's loss is the one that PyTorch prints."""
    copy = shutil.copytree(examples, tmp_path / "examples")
    curves = []
    for script in (examples / f"{name}.py", for_pytorch(copy / f"{name}.py")):
        losses = tmp_path / f"losses_{len(curves)}.txt"
        result = run(script, "--epochs", str(epochs), "--losses", str(losses))
        assert result.returncode == 0, result.stderr
        curves.append([float(line) for line in losses.read_text(encoding="utf-8").split()])

    np.testing.assert_allclose(curves[0], curves[1], rtol=2e-3)
