"""PyTorch's generator of code, of which there are only settings."""

from tapegrad._inductor import config

__all__ = ["config"]
