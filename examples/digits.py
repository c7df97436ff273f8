"""What the digit examples share: real handwritten digits, saved weights, drawn curves."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

OUTPUT = Path(__file__).parent / "output"


class Split(NamedTuple):
    """Images as rows of 64 values in 0…1 and their labels, for training and held out."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_split(classes: range) -> Split:
    """Return the digits of ``classes``, labelled from 0; a fixed fifth of them is held out."""
    images, labels = load_digits(return_X_y=True)
    chosen = np.flatnonzero(np.isin(labels, classes))
    chosen = np.random.RandomState(0).permutation(chosen)
    images = (images[chosen] / 16).astype(np.float32)
    labels = labels[chosen].astype(np.int64) - classes.start
    held_out = np.arange(len(chosen)) % 5 == 0
    return Split(images[~held_out], labels[~held_out], images[held_out], labels[held_out])


def save_weights(path: Path, state: dict) -> None:
    """Write a state dict as an ``.npz`` file: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with open(unfinished, "wb") as file:
        np.savez(file, **{name: value.numpy() for name, value in state.items()})
    os.replace(unfinished, path)


def save_curves(path: Path, title: str, losses: list[float], accuracies: list[float]) -> None:
    """Draw loss and held-out accuracy over the epochs into a PNG."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    epochs = range(1, len(losses) + 1)
    left.plot(epochs, losses)
    left.set(xlabel="epoch", ylabel="training loss", yscale="log")
    right.plot(epochs, accuracies)
    right.set(xlabel="epoch", ylabel="held-out accuracy", ylim=(None, 1.0))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
