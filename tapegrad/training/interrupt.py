"""Ctrl-C that waits for a good moment."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

_NOTE = b"\nCtrl-C: the checkpoint is written after this step; again stops at once\n"


class Interrupted(SystemExit):
    """A training was ended by Ctrl-C after its checkpoint was written; a program exits with 130.

    ``checkpoint`` is the path of the file.
    """

    def __init__(self, checkpoint: Any) -> None:
        super().__init__(130)
        self.checkpoint = checkpoint

    def __str__(self) -> str:
        return f"interrupted; {self.checkpoint} is where to go on"


class DeferredInterrupt:
    """In a ``with`` block the first Ctrl-C only sets ``requested``; the second interrupts at once.

    Nothing changes with ``is_active=False``, nor outside the main thread, which alone gets signals.
    """

    def __init__(self, is_active: bool = True) -> None:
        self.is_active = is_active
        self.requested = False

    def __enter__(self) -> DeferredInterrupt:
        self.requested = False
        self._pid = os.getpid()
        self._is_installed = (
            self.is_active and threading.current_thread() is threading.main_thread()
        )
        if self._is_installed:
            self._previous = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._is_installed:
            signal.signal(signal.SIGINT, self._previous)

    def _note(self, number: int, frame: Any) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        # Workers forked inside the block get the signal as well, and go on loading.
        if os.getpid() == self._pid:
            os.write(2, _NOTE)  # print could be what the signal has interrupted


__all__ = ["DeferredInterrupt", "Interrupted"]
