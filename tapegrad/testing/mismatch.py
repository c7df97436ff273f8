"""What is said of numbers that are not close."""

from __future__ import annotations

from typing import Any

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops.index.positions import unravel_index


def numbers_text(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    """Of two numbers: both, and how far apart they are."""
    absolute = abs(actual - expected)
    relative = float("inf") if expected == 0 else absolute / abs(expected)
    is_exact = rtol == 0 == atol
    return "\n".join((
        f"Scalars are not {'equal' if is_exact else 'close'}!\n",
        f"Expected {expected} but got {actual}.",
        f"Absolute difference: {absolute}{_allowed(atol, is_exact)}",
        f"Relative difference: {relative}{_allowed(rtol, is_exact)}",
    ))


def tensors_text(
    actual: Tensor, expected: Tensor, is_close: Tensor, rtol: float, atol: float
) -> str:
    """Of two tensors of one shape and dtype: how many elements differ, and where most."""
    if not actual.dtype.is_floating_point:
        actual, expected = actual.to(_types.int64), expected.to(_types.int64)
    absolute = (actual - expected).abs().masked_fill_(is_close, 0)
    relative = (absolute / expected.abs()).masked_fill_(is_close, 0)
    n, n_apart = is_close.numel(), is_close.numel() - int(is_close.sum())
    is_exact = rtol == 0 == atol
    return "\n".join((
        f"Tensor-likes are not {'equal' if is_exact else 'close'}!\n",
        f"Mismatched elements: {n_apart} / {n} ({n_apart / n:.1%})",
        f"Greatest absolute difference: {_greatest(absolute)}{_allowed(atol, is_exact)}",
        f"Greatest relative difference: {_greatest(relative)}{_allowed(rtol, is_exact)}",
    ))


def _allowed(tolerance: float, is_exact: bool) -> str:
    return "" if is_exact else f" (up to {tolerance} allowed)"


def _greatest(differences: Tensor) -> str:
    value, position = differences.flatten().max(0)
    index = tuple(int(one) for one in unravel_index(position, differences.shape))
    return f"{value.item()} at index {index}"


__all__ = ["numbers_text", "tensors_text"]
