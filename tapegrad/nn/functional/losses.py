"""Losses that compare numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.functional.reduction import apply, choose, get_enum
from tapegrad.ops import loss
from tapegrad.ops._refusal import refusal
from tapegrad.ops.tensor_types import type_name


def _broadcast(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in their common shape, with a warning if they had two."""
    try:
        is_alike = target.shape == input.shape
    except AttributeError:   # what is no tensor is refused by another name
        is_alike = target.size() == input.size()
    if is_alike:
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size "
        f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=3,
    )
    x, y = tapegrad.broadcast_tensors(input, target)
    return x, y


def _check_weight(input: Tensor, weight: Tensor, reduction: str) -> None:
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(
            f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'."
        )


def _weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Reduce with weights; the mean is over the weights."""
    weighted = loss * weight
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    return weighted.sum() if reduction == "sum" else weighted


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``(x - y)²``."""
    reduction = choose(size_average, reduce, reduction)
    x, y = _broadcast(input, target)
    if weight is not None:
        _check_weight(x, weight, reduction)
        return _weighted((x - y) ** 2, weight, reduction)
    return loss.mse_loss(x, y, get_enum(reduction))


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``|x - y|``."""
    reduction = choose(size_average, reduce, reduction)
    x, y = _broadcast(input, target)
    if weight is not None:
        _check_weight(x, weight, reduction)
        return _weighted((x - y).abs(), weight, reduction)
    return loss.l1_loss(x, y, get_enum(reduction))


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """``(x - y)² / (2·beta)`` where ``|x - y| < beta``, ``|x - y| - beta/2`` elsewhere.

    Source: Girshick 2015.
    """
    reduction = choose(size_average, reduce, reduction)
    x, y = _broadcast(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return apply((x - y).abs(), get_enum(reduction))
    return loss.smooth_l1_loss(x, y, get_enum(reduction), beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """``(x - y)² / 2`` where ``|x - y| < delta``, ``delta·(|x - y| - delta/2)`` elsewhere.

    Source: Huber 1964.
    """
    x, y = _broadcast(input, target)
    how = get_enum(reduction)
    if weight is None:
        return loss.huber_loss(x, y, how, delta)
    _check_weight(x, weight, reduction)
    return apply(loss.huber_loss(x, y, 0, delta) * weight, how)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """``-weight · (y·log(x) + (1 - y)·log(1 - x))`` for probabilities ``x``.

    Logarithms are cut off at -100.
    """
    reduction = choose(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    if target.dtype is not input.dtype:
        found, expected = type_name(target), type_name(input)
        raise RuntimeError(f"Found dtype {found} but expected {expected}")
    if weight is not None:
        shape = _common_shape(target.size(), weight.size())
        weight = weight.expand(shape)
    return loss.binary_cross_entropy(input, target, weight, get_enum(reduction))


def _common_shape(target: tuple[int, ...], weight: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(target, weight)
    except ValueError:
        pairs = zip(reversed(weight), reversed(target), strict=False)
        back, length = next(
            (n, a) for n, (a, b) in enumerate(pairs, 1) if a != b and 1 not in (a, b)
        )
        raise RuntimeError(
            f"Attempting to broadcast a dimension of length {length} at -{back}! Mismatching "
            f"argument at index 1 had {weight}; but expected shape should be broadcastable to "
            f"{list(target)}"
        ) from None


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """``-weight · (pos_weight·y·log(sigmoid(x)) + (1 - y)·log(1 - sigmoid(x)))`` for logits
    ``x``.
    """
    reduction = choose(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    if weight is not None or pos_weight is not None:
        _check_factors(input, target, weight, pos_weight)
    return loss.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight, get_enum(reduction)
    )


def _check_factors(*given: Any) -> None:
    """Refuse weights that are no tensors in the name of the compiled function."""
    if all(one is None or isinstance(one, Tensor) for one in given):
        return
    refused = refusal("binary_cross_entropy_with_logits", given, {}, is_method=False)
    if refused is not None:
        raise refused
