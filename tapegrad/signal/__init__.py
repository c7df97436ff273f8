"""Signal processing."""

from tapegrad.signal import windows

__all__ = ["windows"]
