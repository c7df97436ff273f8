"""Affine maps."""

from tapegrad.ops.linalg import linear

__all__ = ["linear"]
