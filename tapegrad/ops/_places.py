"""What operations that pick elements share: the way back."""

from __future__ import annotations

from tapegrad.ops.index.along import gather_backward


def scatter_back(g, shape: tuple, dim: int, indices):
    """Zeros of a shape with gradients added where their elements were taken along ``dim``."""
    return gather_backward(g, shape, dim, indices) if len(shape) else g.reshape(shape)


__all__ = ["scatter_back"]
