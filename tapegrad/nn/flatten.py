"""Layers that join or split dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn.module import Module


class Flatten(Module):
    """Join the dimensions from ``start_dim`` to ``end_dim``.

    Shape: ``(batch, a, b, ...)`` to ``(batch, a·b·...)`` by default.
    """

    __constants__ = ["start_dim", "end_dim"]

    start_dim: int
    end_dim: int

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Flatten ``input``."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """List the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split dimension ``dim`` into ``unflattened_size``, one entry of which may be -1.

    Shape: ``(batch, a·b)`` to ``(batch, a, b)`` for ``dim=1`` and ``unflattened_size=(a, b)``.
    """

    __constants__ = ["dim", "unflattened_size"]

    dim: int
    unflattened_size: Sequence[int]

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        _check_sizes(unflattened_size)
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Unflatten ``input``."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """List the dimension and its new sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


def _check_sizes(sizes: Any) -> None:
    if not isinstance(sizes, (tuple, list)):
        found = type(sizes).__name__
        raise TypeError(f"unflattened_size must be a tuple of ints, but found type {found}")
    for position, size in enumerate(sizes):
        if not isinstance(size, int):
            raise TypeError(
                "unflattened_size must be tuple of ints, but found element of type "
                f"{type(size).__name__} at pos {position}"
            )
