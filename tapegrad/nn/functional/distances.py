"""Distances of vectors."""

from tapegrad.ops.distance import pairwise_distance, pdist

__all__ = ["pairwise_distance", "pdist"]
