"""Affine maps and bilinear forms."""

from tapegrad.ops.bilinear import bilinear
from tapegrad.ops.linalg.linear import linear

__all__ = ["bilinear", "linear"]
