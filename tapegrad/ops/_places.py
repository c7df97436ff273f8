"""What operations that pick elements share: rows along a dimension, and the way back."""

from __future__ import annotations

import numpy as np

from tapegrad.ops.index.along import gather_backward


def as_rows(array: np.ndarray, dim: int) -> np.ndarray:
    """A view whose rows lie along ``dim``; a 0-d array is one row of one element."""
    return np.moveaxis(array, dim, -1) if array.ndim else array[None]


def scatter_back(g, shape: tuple, dim: int, indices):
    """Zeros of a shape with gradients added where their elements were taken along ``dim``."""
    return gather_backward(g, shape, dim, indices) if len(shape) else g.reshape(shape)


__all__ = ["as_rows", "scatter_back"]
