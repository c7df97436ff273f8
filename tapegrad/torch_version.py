"""Versions that compare by their numbers, by PyTorch's place for them."""

from tapegrad.version import TorchVersion

__all__ = ["TorchVersion"]
