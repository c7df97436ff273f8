"""Handles by which hooks are taken away."""

from tapegrad._tensor import RemovableHandle

__all__ = ["RemovableHandle"]
