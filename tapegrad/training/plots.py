"""Curves and matrices as pictures, drawn by matplotlib (extra ``plots``)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapegrad.training.history import History
from tapegrad.utils._atomic import replaced_file

_NO_CURVES = ("epoch", "step", "seconds")


def plot_history(history: History, path: str | os.PathLike) -> None:
    """Draw a panel for each column, with that of the validation beside it, over the epochs.

    Raises ValueError for a history without rows.
    """
    names = [name for name in history.columns if name not in _NO_CURVES]
    panels = list(dict.fromkeys(name.removeprefix("val_") for name in names))
    if not panels:
        raise ValueError("the history has nothing to draw yet")
    figure = _new_figure(4.5 * len(panels), 3.5)
    for k, panel in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), k + 1)
        for name in (panel, f"val_{panel}"):
            points = [(i + 1, row[name]) for i, row in enumerate(history) if name in row]
            if points:
                axes.plot(*zip(*points, strict=True), marker=".", label=name)
        axes.set(title=panel, xlabel="epoch")
        axes.legend()
    _save(figure, path)


def plot_confusion(matrix: Any, classes: Sequence[str], path: str | os.PathLike) -> None:
    """Draw a matrix ``[true, guess]`` of counts, each row coloured by its shares.

    Raises ValueError unless there is a name for each row and column.
    """
    counts = np.asarray(matrix)
    if counts.shape != (len(classes), len(classes)):
        raise ValueError(f"{len(classes)} names do not fit a matrix of shape {counts.shape}")
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = 2.5 + 0.5 * len(classes)
    figure = _new_figure(size + 1, size)
    axes = figure.add_subplot()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    figure.colorbar(image, ax=axes, label="share of the class")
    axes.set(xlabel="taken for", ylabel="class", xticks=range(len(classes)),
             yticks=range(len(classes)), yticklabels=classes)  # fmt: skip
    axes.set_xticklabels(classes, rotation=45, ha="right")
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color, size=8)
    _save(figure, path)


def plot_rates(rates: Sequence[float], losses: Sequence[float], path: str | os.PathLike) -> None:
    """Draw the losses of a search for a learning rate over the rates."""
    figure = _new_figure(5, 3.5)
    axes = figure.add_subplot()
    axes.plot(rates, losses)
    axes.set(xscale="log", xlabel="learning rate", ylabel="smoothed loss")
    _save(figure, path)


def check_installed() -> None:
    """Raise ModuleNotFoundError, with the extra that brings it, without matplotlib."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "No module named 'matplotlib': tapegrad draws with it, `pip install tapegrad[plots]` "
            "installs it", name="matplotlib",
        ) from error  # fmt: skip


def _new_figure(width: float, height: float) -> Any:
    """A figure of its own: nothing of the program's matplotlib state is touched."""
    check_installed()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: str | os.PathLike) -> None:
    with replaced_file(os.fspath(path)) as file:
        figure.savefig(file, format="png", dpi=120)


__all__ = ["plot_confusion", "plot_history", "plot_rates"]
