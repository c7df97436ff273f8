"""Losses of whole sequences."""

from __future__ import annotations

from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn.functional.reduction import get_enum
from tapegrad.ops import ctc
from tapegrad.ops._declare import calls


@calls("ctc_loss", "log_probs", "targets", "input_lengths", "target_lengths", "blank",
       1, "zero_infinity")
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the log-probability of label sequences, summed over all their spreads over time.

    The gradient is right for log-probabilities that come from ``log_softmax``, as in PyTorch. The
    mean is over the losses per label. Shape: ``(times, batch, labels)``, targets ``(batch,
    longest)`` or all in one row, both lengths ``(batch)``; or without ``batch``. Source: Graves,
    Fernández, Gomez and Schmidhuber 2006.
    """
    how = get_enum(reduction)
    return ctc.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, how, zero_infinity
    )
