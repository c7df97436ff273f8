"""Measures that are collected batch by batch and read at the end of a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tapegrad._tensor import Tensor
from tapegrad.ops.order.selection import topk


class Metric(Protocol):
    """What the trainer asks of a measure; one of your own needs no more than these methods."""

    def reset(self) -> None:
        """Forget all batches."""

    def update(self, outputs: Any, targets: Any) -> None:
        """Take in a batch."""

    def compute(self) -> float:
        """The measure over all batches since the last reset."""

    def state_dict(self) -> dict[str, Any]:
        """What was collected, as ``save`` can write it."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""


class Mean:
    """A mean of means: each counts as often as it has samples. NaN before the first."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all values."""
        self.total, self.count = 0.0, 0

    def add(self, value: float, n: int = 1) -> None:
        """Take in the mean of n samples."""
        self.total += value * n
        self.count += n

    def compute(self) -> float:
        """The mean over all samples."""
        return self.total / self.count if self.count else float("nan")

    def state_dict(self) -> dict[str, Any]:
        """The sum and the number of samples."""
        return {"total": self.total, "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.total, self.count = state["total"], state["count"]


class MeanOf(Mean):
    """The mean over all samples of a function of outputs and targets that gives a batch's mean."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.function = function

    def update(self, outputs: Any, targets: Any) -> None:
        """Take in a batch."""
        self.add(float(self.function(outputs, targets)), len(targets))


class Accuracy(Mean):
    """The share of samples whose class is among the ``top_k`` that have the highest scores.

    ``outputs`` are scores ``(batch, classes)``, or for ``top_k=1`` also classes ``(batch,)`` or
    the scores ``(batch,)`` of the second of two; ``targets`` are classes ``(batch,)``.
    Raises ValueError for ``top_k < 1``, for other shapes, and for fewer than ``top_k`` classes.
    """

    def __init__(self, top_k: int = 1) -> None:
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, but is {top_k}")
        super().__init__()
        self.top_k = top_k

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Take in a batch."""
        if self.top_k == 1:
            hits = predicted_classes(outputs, targets) == targets
        else:
            if outputs.ndim != 2 or outputs.shape[1] < self.top_k:
                raise ValueError(
                    f"scores of at least {self.top_k} classes are needed, not of shape "
                    f"{tuple(outputs.shape)}"
                )
            _, best = topk(outputs.detach(), self.top_k)
            hits = (best == targets.unsqueeze(1)).any(1)
        self.total += float(hits.sum())
        self.count += len(targets)


def predicted_classes(outputs: Tensor, targets: Tensor) -> Tensor:
    """The class of each sample: the one of the highest score, or 1 where a lone score is positive.

    ``outputs`` are ``(batch, classes)`` or ``(batch,)``; whole numbers are classes already.
    Raises ValueError for other shapes and for a batch of another size than ``targets``.
    """
    outputs = outputs.detach()
    if outputs.ndim not in (1, 2) or targets.shape != outputs.shape[:1]:
        raise ValueError(
            f"scores (batch, classes) and classes (batch,) are needed, not {tuple(outputs.shape)} "
            f"and {tuple(targets.shape)}"
        )
    if outputs.ndim == 2:
        return outputs.argmax(1)
    return (outputs > 0).long() if outputs.is_floating_point() else outputs


__all__ = ["Accuracy", "Mean", "MeanOf", "Metric", "predicted_classes"]
