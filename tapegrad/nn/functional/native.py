"""Losses, dropouts and look-ups as ``torch`` itself has them: with its compiled functions' forms.

A ``reduction`` is a number: 0 for none, 1 for the mean, 2 for the sum. PyTorch declares the mean
as the default, but its parser reads that as 0. Otherwise each is the function of its name in
``nn.functional``, whose docstring has the formula.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad._types import bool as bool_dtype
from tapegrad.nn.functional import bags, distribution_losses, embeddings, margin_losses
from tapegrad.nn.functional.reduction import apply
from tapegrad.ops import ctc, dropouts, loss
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops._dims import number_of
from tapegrad.ops.create import ones_like


@takes_tensors
def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: int = 0, zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """The loss of that name, with ``reduction`` a number."""
    return ctc.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity
    )


@takes_tensors
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:
    """The loss of that name, with ``reduction`` a number."""
    return loss.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)


@takes_tensors
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """The loss of that name, with ``reduction`` a number."""
    losses = margin_losses.cosine_embedding_loss(input1, input2, target, margin, reduction="none")
    return apply(losses, reduction)


@takes_tensors
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0
) -> Tensor:
    """The loss of that name, with ``reduction`` a number."""
    losses = margin_losses.hinge_embedding_loss(input, target, margin, reduction="none")
    return apply(losses, reduction)


@takes_tensors
def kl_div(
    input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False
) -> Tensor:
    """The loss of that name, with ``reduction`` a number."""
    losses = distribution_losses.kl_div(input, target, reduction="none", log_target=log_target)
    return apply(losses, reduction)


@takes_tensors
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """The loss of that name, with ``reduction`` a number, for tensors that broadcast."""
    return apply((-target * (input1 - input2) + float(margin)).clamp_min(0), reduction)


@takes_tensors
def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int
) -> Tensor:
    """The loss of that name, with ``reduction`` a number."""
    losses = distribution_losses.poisson_nll_loss(
        input, target, log_input, full, eps=eps, reduction="none"
    )
    return apply(losses, reduction)


@takes_tensors
def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, reduction: int = 0,
) -> Tensor:  # fmt: skip
    """The loss of that name, with ``reduction`` a number."""
    losses = margin_losses.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction="none"
    )
    return apply(losses, reduction)


@takes_tensors
def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:  # fmt: skip
    """Rows of ``weight``; the row at ``padding_idx`` gets no gradient, -1 stands for none."""
    padding = None if padding_idx == -1 else padding_idx
    return embeddings.embedding(
        indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse
    )


@takes_tensors
def embedding_bag(
    weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: bool = False,
    mode: int = 0, sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Sums (0), means (1) or maxima (2) of rows of ``weight``, and how they came about.

    Those are the bag of each index, the number of rows of each bag (0 for sums), and for maxima the
    row that each came from.
    """
    result, parts = bags.bagged(
        indices, weight, offsets, mode, scale_grad_by_freq, per_sample_weights,
        include_last_offset, padding_idx,
    )  # fmt: skip
    return result, *parts.origins(weight, mode)


@takes_tensors
def embedding_renorm_(
    input: Tensor, indices: Tensor, max_norm: float, norm_type: float
) -> Tensor:
    """Shorten the rows at ``indices`` that are longer than ``max_norm``, in place."""
    embeddings.shorten_rows(input, indices, max_norm, norm_type)
    return input


def _pair(drop: Callable) -> tuple[Callable, Callable]:
    """A dropout with ``train`` in the place of options, and its form in place."""

    def dropped(input: Tensor, p: float, train: bool) -> Tensor:
        return drop(input, p, train)

    def dropped_in_place(input: Tensor, p: float, train: bool) -> Tensor:
        return drop(input, p, train, True)

    for function, name in ((dropped, drop.__name__), (dropped_in_place, f"{drop.__name__}_")):
        function.__name__ = function.__qualname__ = name
        function.__doc__ = f"{drop.__doc__} Only where it is to ``train``."
    return takes_tensors(dropped), takes_tensors(dropped_in_place)


dropout, dropout_ = _pair(dropouts.dropout)
alpha_dropout, alpha_dropout_ = _pair(dropouts.alpha_dropout)
feature_dropout, feature_dropout_ = _pair(dropouts.feature_dropout)
feature_alpha_dropout, feature_alpha_dropout_ = _pair(dropouts.feature_alpha_dropout)


@takes_tensors
def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """``dropout``, and which elements it kept."""
    if not (train is None or isinstance(train, bool)):
        raise TypeError("native_dropout() is told by a bool whether to drop")
    mask = ones_like(input, dtype=bool_dtype)
    if train is False or input.numel() == 0:
        return input.clone(), mask
    p = number_of(p)
    mask.bernoulli_(1 - p)
    return input * mask * (1 / (1 - p) if p < 1 else 0.0), mask


__all__ = [
    "alpha_dropout", "alpha_dropout_", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "ctc_loss", "dropout", "dropout_", "embedding", "embedding_bag", "embedding_renorm_",
    "feature_alpha_dropout", "feature_alpha_dropout_", "feature_dropout", "feature_dropout_",
    "hinge_embedding_loss", "kl_div", "margin_ranking_loss", "native_dropout", "poisson_nll_loss",
    "triplet_margin_loss",
]  # fmt: skip
