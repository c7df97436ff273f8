"""The confusion matrix, and the measures that can be read from it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops.histogram import bincount
from tapegrad.training.metrics import predicted_classes

Average = Literal["macro", "micro", "weighted"]


class ConfusionMatrix:
    """How often samples of a class (row) were taken for a class (column): ``matrix[true, guess]``.

    ``outputs`` are scores ``(batch, classes)`` or classes ``(batch,)``, ``targets`` classes
    ``(batch,)``. Raises ValueError for fewer than two classes, for classes beyond ``n_classes``
    and for other shapes. :meth:`compute` gives the accuracy, which is the share on the diagonal.
    """

    def __init__(self, n_classes: int) -> None:
        if n_classes < 2:
            raise ValueError(f"there must be two classes or more, not {n_classes}")
        self.n_classes = n_classes
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self.matrix = np.zeros((self.n_classes, self.n_classes), np.int64)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Take in a batch."""
        predicted, n = predicted_classes(outputs, targets), self.n_classes
        for classes in (predicted, targets):
            if len(classes) and not 0 <= int(classes.min()) <= int(classes.max()) < n:
                raise ValueError(f"classes must be from 0 to {n - 1}")
        counts = bincount(targets * n + predicted, minlength=n * n)
        self.matrix += counts.reshape(n, n).numpy()

    def compute(self) -> float:
        """The share of samples on the diagonal; NaN where there are none."""
        total = self.matrix.sum()
        return float(self.matrix.trace() / total) if total else float("nan")

    def state_dict(self) -> dict[str, Any]:
        """The matrix as nested lists."""
        return {"matrix": self.matrix.tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.matrix = np.array(state["matrix"], np.int64)

    def hits(self) -> np.ndarray:
        """How many samples of each class were recognised."""
        return self.matrix.diagonal()

    def guesses(self) -> np.ndarray:
        """How many samples were taken for each class."""
        return self.matrix.sum(0)

    def truths(self) -> np.ndarray:
        """How many samples each class has."""
        return self.matrix.sum(1)


class _PerClass(ConfusionMatrix):
    """A share ``hits / wholes`` for each class, and their average.

    ``average`` is ``"macro"``, the plain mean over the classes that occur; ``"weighted"``, each by
    its number of samples; or ``"micro"``, all samples in one share. 0 / 0 counts as 0.
    """

    def __init__(self, n_classes: int, average: Average = "macro") -> None:
        if average not in ("macro", "micro", "weighted"):
            raise ValueError(f"average must be 'macro', 'micro' or 'weighted', not {average!r}")
        super().__init__(n_classes)
        self.average = average

    def wholes(self) -> np.ndarray:
        """What the hits of each class are a share of."""
        raise NotImplementedError

    def per_class(self) -> np.ndarray:
        """The share of each class."""
        return _shares(self.hits(), self.wholes())

    def compute(self) -> float:
        """The average; NaN before the first sample."""
        truths = self.truths()
        if not truths.any():
            return float("nan")
        if self.average == "micro":
            return float(_shares(self.hits().sum(), self.wholes().sum()))
        if self.average == "weighted":
            return float(np.average(self.per_class(), weights=truths))
        return float(self.per_class()[(truths > 0) | (self.guesses() > 0)].mean())


class Precision(_PerClass):
    """The share of the samples taken for a class that are of it.

    Raises ValueError for another ``average`` than macro, micro or weighted.
    """

    def wholes(self) -> np.ndarray:
        """The samples taken for each class."""
        return self.guesses()


class Recall(_PerClass):
    """The share of the samples of a class that were recognised. Raises as :class:`Precision`."""

    def wholes(self) -> np.ndarray:
        """The samples of each class."""
        return self.truths()


class F1(_PerClass):
    """The harmonic mean of precision and recall. Raises as :class:`Precision`."""

    def wholes(self) -> np.ndarray:
        """The mean of the samples taken for each class and of those that are of it."""
        return (self.guesses() + self.truths()) / 2


def _shares(hits: Any, wholes: Any) -> np.ndarray:
    return np.divide(hits, wholes, out=np.zeros(np.shape(wholes)), where=np.asarray(wholes) > 0)


__all__ = ["F1", "ConfusionMatrix", "Precision", "Recall"]
