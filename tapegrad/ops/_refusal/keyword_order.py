"""The order in which PyTorch's messages list keyword arguments: that of its table of them.

The table is the GNU C++ library's ``unordered_map`` of text, whose nodes are one list. A name whose
bucket is empty goes to the front of that list, another one to the front of its bucket. The hash is
MurmurHash64A. Source: Appleby 2008, "MurmurHash2".
"""

from __future__ import annotations

from collections.abc import Iterable

_N_BUCKETS = 13     # up to as many names
_FACTOR, _SEED, _64_BITS = 0xC6A4A7935BD1E995, 0xC70F6907, 2**64 - 1


def in_table(names: Iterable[str]) -> list[str]:
    """Names in the order of the table that they are put into one by one."""
    found: list[str] = []
    buckets: list[int] = []
    for name in names:
        bucket = _hash(name.encode()) % _N_BUCKETS
        place = buckets.index(bucket) if bucket in buckets else 0
        found.insert(place, name)
        buckets.insert(place, bucket)
    return found


def _hash(text: bytes) -> int:
    n_whole = len(text) - len(text) % 8
    found = _SEED ^ _times(len(text))
    for start in range(0, n_whole, 8):
        word = int.from_bytes(text[start : start + 8], "little")
        found = _times(found ^ _times(_folded(_times(word))))
    if n_whole < len(text):
        found = _times(found ^ int.from_bytes(text[n_whole:], "little"))
    return _folded(_times(_folded(found)))


def _times(number: int) -> int:
    return number * _FACTOR & _64_BITS


def _folded(number: int) -> int:
    return number ^ number >> 47


__all__ = ["in_table"]
