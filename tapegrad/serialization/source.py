"""Reading a file no further than it goes."""

from __future__ import annotations

from pickle import UnpicklingError
from typing import Any

_LONGEST_NAME = 10_000


class Source:
    """Reads no more than there is: a length that a file claims allocates nothing."""

    def __init__(self, file: Any) -> None:
        self._file = file
        start = file.tell()
        self._end = file.seek(0, 2)
        file.seek(start)

    def read(self, count: int) -> bytes:
        """Exactly that many bytes. Raises EOFError if there are fewer."""
        if count > 1 and count > self._end - self._file.tell():
            raise EOFError(f"the pickle ends early: {count} bytes more were expected")
        data = self._file.read(count)
        if not isinstance(data, bytes):
            raise AssertionError(f"Expected bytes, got {type(data).__name__}")
        if len(data) < count:
            raise EOFError("the pickle ends early")
        return data

    def readline(self) -> str:
        """A line without its end."""
        line = self._file.readline(_LONGEST_NAME)
        if not line.endswith(b"\n"):
            raise UnpicklingError("a name in the pickle does not end")
        return line[:-1].decode("utf-8")
