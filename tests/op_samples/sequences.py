"""Losses of label sequences, beside a sum over all ways to spread them."""

from itertools import product
from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import Array, Case, real


def ctc(torch: ModuleType, scores: Any, *labels: Any, **options: Any) -> Any:
    """Turn scores into log-probabilities, as the gradient presumes."""
    return torch.nn.functional.ctc_loss(scores.log_softmax(-1), *labels, **options)


def collapsed(path: Any, blank: int) -> list:
    """Drop repetitions, then blanks."""
    return [label for k, label in enumerate(path)
            if label != blank and (k == 0 or path[k - 1] != label)]


def ctc_by_paths(scores: Any, targets: Any, times: Any, counts: Any, blank: int = 0,
                 reduction: str = "mean") -> Any:
    """Add the probabilities of every path that collapses to the labels."""
    p = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    losses, rest = [], list(targets.reshape(-1)) if targets.ndim == 1 else None
    for n, (n_times, count) in enumerate(zip(times, counts, strict=True)):
        wanted = ([rest.pop(0) for _ in range(count)] if rest is not None
                  else list(targets[n, :count]))
        total = sum(np.prod([p[t, n, label] for t, label in enumerate(path)])
                    for path in product(range(p.shape[2]), repeat=int(n_times))
                    if collapsed(path, blank) == wanted)
        losses.append(-np.log(total))
    if reduction == "mean":
        return np.mean(np.array(losses) / np.maximum(counts, 1))
    return np.array(losses) if reduction == "none" else np.sum(losses)


_LENGTHS = (Array([5, 4]), Array([3, 2]))

CASES = [
    *[Case("ctc_loss", real(5, 2, 4), targets, *_LENGTHS, call=ctc, reference=ctc_by_paths,
           reduction=reduction)
      for targets in (Array([[1, 2, 2], [3, 1, 0]]), Array([1, 2, 2, 3, 1]))
      for reduction in ("mean", "sum", "none")],
    Case("ctc_loss", real(5, 2, 4), Array([[0, 2, 1], [2, 1, 0]]), *_LENGTHS, call=ctc,
         reference=ctc_by_paths, blank=3),
    Case("ctc_loss", real(4, 2, 3), Array([[1, 2], [2, 1]]), Array([4, 3]), Array([0, 1]), call=ctc,
         reference=ctc_by_paths),
    Case("ctc_loss", real(4, 2, 3), Array([[1, 1], [2, 1]]), Array([2, 4]), Array([2, 2]), call=ctc,
         zero_infinity=True, reduction="sum"),
]
