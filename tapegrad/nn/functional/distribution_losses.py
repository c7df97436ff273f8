"""Losses that compare with the parameters of a distribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

import tapegrad
from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad._types import kind_of
from tapegrad.nn.functional.reduction import apply, choose, get_enum
from tapegrad.ops._declare import calls, reads_numpy


@calls("kl_div", "input", "target")
@reads_numpy
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """``y (log(y) - x)`` for log-probabilities ``x``, or ``exp(y) (y - x)`` with ``log_target``.

    ``reduction`` may also be ``"batchmean"``, the sum by the number of rows. Shape: two that
    broadcast. Source: Kullback and Leibler 1951.
    """
    if size_average is not None or reduce is not None:
        reduction = choose(size_average, reduce, reduction)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next "
            "major release.",
            stacklevel=2,
        )
    how = get_enum("sum" if reduction == "batchmean" else reduction)
    if not isinstance(log_target, bool):
        raise TypeError(f"kl_div(): argument 'log_target' must be bool, not {kind_of(log_target)}")
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    losses = target.exp() * (target - input) if log_target else _entropy(target) - target * input
    loss = apply(losses, how)
    return loss / input.size()[0] if reduction == "batchmean" and input.dim() else loss


def _entropy(y: Tensor) -> Tensor:
    """``y log(y)``, and 0 where ``y`` is."""
    return ops.where(y == 0, 0.0, y * ops.where(y == 0, 1.0, y).log())


@calls("poisson_nll_loss", "input", "target", "log_input", "full", "eps", 1)
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts ``y`` of mean ``exp(x)``, ``exp(x) - y x``.

    Without ``log_input`` the mean is ``x``. ``full`` adds Stirling's approximation of ``log(y!)``
    where ``y > 1``. Shape: two that broadcast.
    """
    reduction = choose(size_average, reduce, reduction)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not a valid value for reduction")
    if not (isinstance(target, Tensor) and isinstance(log_input, bool)):
        raise TypeError("poisson_nll_loss() takes two tensors and a flag")
    mean, log_mean = (input.exp(), input) if log_input else (input, (input + eps).log())
    losses = mean - target * log_mean
    if full:
        stirling = target * target.log() - target + 0.5 * (target * (2 * math.pi)).log()
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return apply(losses, get_enum(reduction))


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of ``y`` under a normal distribution of mean ``x``.

    ``(log(var) + (x - y)² / var) / 2`` with ``var`` at least ``eps``; ``full`` adds ``log(2 pi) /
    2``. Shape: two that broadcast, ``var`` the input's, without its last dimension, or
    broadcastable to it. Source: Nix and Weigend 1994.
    """
    variance = _variance(input, var)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    variance = variance.clone()
    with tapegrad.no_grad():
        variance.clamp_(min=eps)
    losses = 0.5 * (variance.log() + (input - target) ** 2 / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return apply(losses, get_enum(reduction))


def _variance(input: Tensor, var: Tensor | float) -> Tensor:
    """The variance as a tensor that broadcasts with the input."""
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        return var * tapegrad.ones_like(input)
    if tapegrad.any(var < 0):
        raise ValueError("var has negative entry/entries")
    if var.size() == input.size():
        return var
    if input.size()[:-1] == var.size():
        return var.unsqueeze(-1)
    pairs = zip(var.size(), input.size(), strict=False)
    if var.dim() != input.dim() or any(n not in (1, expected) for n, expected in pairs):
        raise ValueError("var is of incorrect size")
    return var
