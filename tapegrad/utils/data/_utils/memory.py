"""Memory that one process writes and another maps: files without a name.

The system frees such a file with the last process that holds or maps it, however that ends; there
is nothing to clean up, and nothing that could be left over.
"""

from __future__ import annotations

import itertools
import mmap
import os
import tempfile
from collections.abc import Sequence
from weakref import WeakSet

# Parts start at multiples of a cache line, so that arrays over them are aligned.
_ALIGNMENT = 64
# A mapping holds a descriptor, of which a process has few: what comes beyond is copied.
_MOST_MAPPED = 256
_mapped: WeakSet[mmap.mmap] = WeakSet()


def write_file(parts: Sequence[bytes | memoryview]) -> int:
    """Write the parts into a new file; gives its descriptor. Raises OSError if memory runs out."""
    file = _new_file()
    try:
        sizes = [len(part) for part in parts]
        for part, start in zip(parts, _starts(sizes), strict=True):
            _write(file, memoryview(part), start)
    except BaseException:
        os.close(file)
        raise
    return file


def read_file(file: int, sizes: Sequence[int]) -> list[memoryview]:
    """The parts of a file, as memory shared with it; takes the descriptor over."""
    starts = _starts(sizes)
    memory = memoryview(_contents(file, starts[-1] + sizes[-1]))
    return [memory[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _contents(file: int, length: int) -> mmap.mmap | bytearray:
    try:
        if len(_mapped) < _MOST_MAPPED:
            mapping = mmap.mmap(file, length)
            _mapped.add(mapping)
            return mapping
        copy = bytearray(length)
        with open(file, "rb", buffering=0, closefd=False) as source:
            source.seek(0)
            source.readinto(copy)
        return copy
    finally:
        os.close(file)


def _starts(sizes: Sequence[int]) -> list[int]:
    rounded = (-(-size // _ALIGNMENT) * _ALIGNMENT for size in sizes[:-1])
    return list(itertools.accumulate(rounded, initial=0))


def _write(file: int, part: memoryview, start: int) -> None:
    while part:
        n_written = os.pwrite(file, part, start)
        part, start = part[n_written:], start + n_written


def _new_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tapegrad")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
