"""Diagonals of matrices, and matrices of powers."""

from __future__ import annotations

import numpy as np

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.shape import diagonal


@takes_tensors
def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """A view of the diagonals of matrices: :func:`diagonal`, of the last two dimensions."""
    return diagonal(A, offset, dim1, dim2)


@takes_tensors
def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Powers 0 to ``N - 1`` of each number: ``(*, n)`` to ``(*, n, N)``; ``N`` is ``n`` if None.

    Integers give int64. Raises RuntimeError for ``N`` below 2.
    """
    x = x if x.ndim else x.unsqueeze(0)
    n = x.shape[-1] if N is None else N
    if x.dtype in (_types.bool, _types.float16):
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got "
            f"{_types.scalar_name(x.dtype)}"
        )
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    return _powers(x, range(n))


@takes_tensors
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers ``N - 1`` to 0 of each number of a vector, or 0 to ``N - 1`` if ``increasing``."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    return _powers(x, range(n) if increasing else range(n - 1, -1, -1))


def _powers(x: Tensor, exponents: range) -> Tensor:
    """Each number raised to several powers, along a new last dimension."""
    x = x if x.is_floating_point() else x.to(_types.int64)
    powers = np.arange(exponents.start, exponents.stop, exponents.step, dtype=x.dtype.numpy)
    return x.unsqueeze(-1) ** Tensor._wrap(powers)


__all__ = ["vander"]
