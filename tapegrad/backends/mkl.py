"""MKL: tapegrad does not use it."""

from tapegrad._absent import answer

is_available = answer(False)

__all__ = ["is_available"]
