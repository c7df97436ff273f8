"""Helpers for modules: sequences of different lengths."""

from tapegrad.nn.utils import rnn

__all__ = ["rnn"]
