"""The most memory that a step takes, from what Linux notes of this process.

Pages of files (the libraries' code, loaded as it is first run) do not count. What was freed but
kept by the C library is handed back first, so that the step is charged for what it uses of it.
"""

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_THE_HIGHEST = "5"


def beyond(step: Callable[[], object]) -> float | None:
    """Return the bytes that a step takes beyond those held before it; None where none can tell."""
    if not CLEAR.exists():
        return None
    for _ in range(2):  # gradients, state and what a library makes at first use
        step()
    gc.collect()
    hand_back()
    before = status()
    CLEAR.write_text(RESET_THE_HIGHEST)
    for _ in range(3):
        step()
    after = status()
    return max(0.0, (after["VmHWM"] - after["RssFile"]) - (before["VmRSS"] - before["RssFile"]))


def hand_back() -> None:
    """Return freed memory to the system, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def status() -> dict[str, float]:
    """Return the sizes that the system gives, in bytes."""
    lines = (line.split() for line in STATUS.read_text().splitlines())
    return {words[0].rstrip(":"): float(words[1]) * 1024 for words in lines if words[-1] == "kB"}
