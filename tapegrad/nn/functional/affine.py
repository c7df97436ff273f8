"""Affine maps and bilinear forms."""

from tapegrad.ops.bilinear import bilinear
from tapegrad.ops.linalg.products import linear

__all__ = ["bilinear", "linear"]
