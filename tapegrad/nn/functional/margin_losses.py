"""Losses with a margin: between scores, classes, or distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad.nn.functional.distances import pairwise_distance
from tapegrad.nn.functional.reduction import apply, choose, reduction_number
from tapegrad.ops._declare import calls, written_as


@written_as("functional.margin_ranking_loss")
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, -y (x1 - x2) + margin)``.

    Where ``y`` is 1 ``x1`` should be the larger, where it is -1 the smaller. Shape: three that
    broadcast, of as many dimensions.
    """
    how = reduction_number(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return apply((-target * (input1 - input2) + float(margin)).clamp_min(0), how)


@calls("hinge_embedding_loss", "input", "target", "margin")
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``x`` where ``y`` is 1, ``max(0, margin - x)`` where it is -1. Shape: two that broadcast."""
    how = reduction_number(size_average, reduce, reduction)
    zeros = tapegrad.zeros_like(input)
    # The margin is a number of the input's dtype.
    room = tapegrad.full_like(input, float(margin)).sub(input).clamp_min(0)
    apart = ops.where(target != 1, room, zeros)
    return apply(apart + ops.where(target != -1, input, zeros), how)


@calls("soft_margin_loss", "input", "target")
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-y x))`` for ``y`` of 1 and -1. Shape: two that broadcast."""
    how = reduction_number(size_average, reduce, reduction)
    return ops.margin_loss.soft_margin_loss(input, target, how)


@calls("multi_margin_loss", "input", "target", "p", "margin", "weight")
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum_j weight[y] max(0, margin - x[y] + x[j])^p / classes`` over all classes j but y.

    Shape: scores ``(batch, classes)`` or ``(classes)``, classes ``(batch)`` or ``()``.
    """
    how = reduction_number(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    return ops.margin_loss.multi_margin_loss(input, target, p, margin, weight, how)


@calls("multilabel_margin_loss", "input", "target")
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum max(0, 1 - x[right] + x[wrong]) / classes`` over all pairs of classes.

    The right classes stand at the front of each row of ``target``, up to the first -1. Shape: both
    ``(batch, classes)`` or ``(classes)``.
    """
    how = reduction_number(size_average, reduce, reduction)
    return ops.margin_loss.multilabel_margin_loss(input, target, how)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``-weight (y log(sigmoid(x)) + (1 - y) log(sigmoid(-x)))``, the mean over the classes.

    Shape: ``(..., classes)``.
    """
    reduction = choose(size_average, reduce, reduction)
    log_sigmoid = ops.log_sigmoid
    loss = -(target * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    if weight is not None:
        loss = loss * weight
    if input.dim() == 0:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    loss = loss.sum(dim=input.dim() - 1) / input.shape[-1]
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    return apply(loss, reduction_number(None, None, reduction))


@calls("cosine_embedding_loss", "input1", "input2", "target", "margin")
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos(x1, x2)`` where ``y`` is 1, ``max(0, cos(x1, x2) - margin)`` where it is -1.

    Shape: vectors ``(batch, features)`` or ``(features)``, ``y`` ``(batch)`` or ``()``.
    """
    how = reduction_number(size_average, reduce, reduction)
    _check_vectors(input1, input2, target)
    dim = target.dim()
    products = (input1 * input2).sum(dim)
    lengths = [(x * x).sum(dim) + _SMALL for x in (input1, input2)]
    cosine = products / (lengths[0] * lengths[1]).sqrt()
    zeros = tapegrad.zeros_like(cosine)
    alike = ops.where(target == 1, 1 - cosine, zeros)
    return apply(alike + ops.where(target == -1, (cosine - float(margin)).clamp_min(0), zeros), how)


_SMALL = 1e-12


def _check_vectors(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    n_dims = target.dim()
    if n_dims > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.dim() != n_dims + 1 or input2.dim() != n_dims + 1:
        raise RuntimeError(
            f"{n_dims}D target tensor expects {n_dims + 1}D input tensors, but found inputs with "
            f"sizes {list(input1.shape)} and {list(input2.shape)}."
        )


@calls("triplet_margin_loss", "anchor", "positive", "negative", "margin", "p", "eps", "swap")
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with ``pairwise_distance``.

    With ``swap`` the distance of ``positive`` and ``negative`` counts where it is the smaller one.
    Shape: three of ``(batch, features)`` or ``(features)``. Source: Balntas et al. 2016.
    """
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    how = reduction_number(size_average, reduce, reduction)
    return _triplet(
        lambda a, b: pairwise_distance(a, b, p, eps), anchor, positive, negative, float(margin),
        swap, how,
    )  # fmt: skip


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``triplet_margin_loss`` with any distance of two batches, ``pairwise_distance`` if none."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    how = reduction_number(None, None, reduction)
    distance = distance_function or pairwise_distance
    return _triplet(distance, anchor, positive, negative, margin, swap, how)


def _triplet(
    distance: Callable[[Tensor, Tensor], Tensor],
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    swap: bool,
    reduction: int,
) -> Tensor:
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and "
            f"negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = tapegrad.minimum(far, distance(positive, negative))
    return apply((margin + near - far).clamp_min(0), reduction)
