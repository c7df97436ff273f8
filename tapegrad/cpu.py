"""The CPU as a device among others: always there, always alone, never behind."""

from __future__ import annotations

from tapegrad._absent import IdleContext, answer

is_available = is_initialized = answer(True)
device_count = answer(1)
current_device = answer("cpu")
synchronize = set_device = answer(None)
StreamContext = stream = IdleContext

__all__ = [
    "StreamContext", "current_device", "device_count", "is_available", "is_initialized",
    "set_device", "stream", "synchronize",
]  # fmt: skip
