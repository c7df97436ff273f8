"""What Python sees of the tape: counts of what it keeps alive."""

from typing import NamedTuple

class TapeInfo(NamedTuple):
    entries: int
    leaves: int
    saved_bytes: int
    chunks: int
    chunk_bytes: int

def tape_info() -> TapeInfo: ...
