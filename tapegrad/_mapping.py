"""The memory of a file, which is mapped and not read."""

from __future__ import annotations

import os

import numpy as np


def map_file(filename: str, shared: bool, n_bytes: int) -> np.ndarray:
    """The first bytes of a file. If ``shared``, what is written to them is written to the file,
    which is made, or made longer, where it must be; otherwise writes stay in memory.

    Raises RuntimeError for a file that cannot be opened or is too short.
    """
    if n_bytes < 0:
        raise RuntimeError(
            f"unable to mmap {n_bytes} bytes from file <{filename}>: Cannot allocate memory (12)"
        )
    _prepare(filename, shared, n_bytes)
    return np.asarray(np.memmap(filename, np.uint8, "r+" if shared else "c", shape=(n_bytes,)))


def _prepare(filename: str, shared: bool, n_bytes: int) -> None:
    """Open the file as it will be mapped, and make it long enough or refuse it."""
    how = "read-write" if shared else "read-only"
    try:
        flags = os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY
        descriptor = os.open(filename, flags, 0o600)
    except OSError as error:
        raise RuntimeError(
            f"unable to open file <{filename}> in {how} mode: {error.strerror} ({error.errno})"
        ) from None
    try:
        held = os.fstat(descriptor).st_size
        if held < n_bytes and not shared:
            raise RuntimeError(
                f"file <{filename}> size <{held}> is smaller than the required mapping size "
                f"<{n_bytes}>"
            )
        if held < n_bytes:
            os.ftruncate(descriptor, n_bytes)
    finally:
        os.close(descriptor)
