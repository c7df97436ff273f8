"""The old place of what is in :mod:`tapegrad.profiler`."""

from __future__ import annotations

from typing import Any

from tapegrad import profiler
from tapegrad.profiler import record_function


class profile(profiler.profile):
    """As :class:`tapegrad.profiler.profile`; without ``enabled`` it times nothing."""

    def __init__(self, enabled: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.enabled = enabled

    def start(self) -> None:
        """Begin, without a block."""
        if self.enabled:
            super().start()

    def stop(self) -> None:
        """End what :meth:`start` began."""
        if self.enabled:
            super().stop()


__all__ = ["profile", "record_function"]
