"""Writing PyTorch's zip archives: nothing compressed, every entry's data at a multiple of 64.

The layout is that of PyTorch's own writer, so that whatever maps or seeks in its files can do so in
ours. Source: APPNOTE.TXT, the description of the zip format by PKWARE.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple
from zlib import crc32

from tapegrad.serialization.options import get_crc32_options

ALIGNMENT = 64
_FLAGS = 0x0800  # names are UTF-8
_SIZES_FOLLOW = 0x0008
_FULL = 0xFFFFFFFF
_HEADER = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")


class _Record(NamedTuple):
    name: bytes
    crc: int
    size: int
    offset: int

    @property
    def flags(self) -> int:
        return _FLAGS | _SIZES_FOLLOW if self.size else _FLAGS


class ArchiveWriter:
    """Writes entries below one folder to anything that has ``write``; ``close`` adds the index."""

    def __init__(self, stream: Any, folder: str) -> None:
        self._stream, self._folder = stream, folder
        self._offset = 0
        self._records: list[_Record] = []

    def write(self, name: str, data: Any, has_checksum: bool = True) -> None:
        """Add an entry of bytes, or of what gives a memoryview of bytes."""
        view = memoryview(data).cast("B")
        crc = crc32(view) if has_checksum and get_crc32_options() else 0
        record = _Record(f"{self._folder}/{name}".encode(), crc, len(view), self._offset)
        self._records.append(record)
        self._emit(_local_header(record))
        if view:
            self._emit(view)
            self._emit(_descriptor(record))

    def close(self) -> None:
        """Write the index of all entries, which makes the file an archive."""
        names = b"\0".join(record.name for record in self._records)
        sums = struct.pack(f"<{len(self._records)}L", *(record.crc for record in self._records))
        self.write("version", b"3\n")
        self.write(".data/serialization_id", b"%020d%020d" % (crc32(names), crc32(sums)))
        start = self._offset
        for record in self._records:
            self._emit(_central_header(record))
        self._emit(_end(len(self._records), start, self._offset - start))

    def _emit(self, data: Any) -> None:
        self._stream.write(data)
        self._offset += len(data)


def _local_header(record: _Record) -> bytes:
    large = _large_fields(record)
    start = record.offset + _HEADER.size + len(record.name) + len(large) + 4
    padding = -start % ALIGNMENT
    extra = large + struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    size = _FULL if large else 0
    fields = (0, record.flags, 0, 0, 0, 0, size, size, len(record.name), len(extra))
    return _HEADER.pack(b"PK\3\4", *fields) + record.name + extra


def _descriptor(record: _Record) -> bytes:
    sizes = "<4sLQQ" if _large_fields(record) else "<4sLLL"
    return struct.pack(sizes, b"PK\7\10", record.crc, record.size, record.size)


def _central_header(record: _Record) -> bytes:
    large = _large_fields(record)
    size = _FULL if record.size >= _FULL else record.size
    fields = (0, 0, record.flags, 0, 0, 0, record.crc, size, size, len(record.name), len(large))
    place = (0, 0, 0, 0, min(record.offset, _FULL))
    return _CENTRAL.pack(b"PK\1\2", *fields, *place) + record.name + large


def _large_fields(record: _Record) -> bytes:
    """The zip64 field, with what does not fit into 32 bits."""
    values = [record.size] * 2 if record.size >= _FULL else []
    values += [record.offset] if record.offset >= _FULL else []
    if not values:
        return b""
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def _end(count: int, start: int, size: int) -> bytes:
    place = (count, count, size, start)
    end_64 = _END_64.pack(b"PK\6\6", _END_64.size - 12, 0x031E, 45, 0, 0, *place)
    locator = _LOCATOR_64.pack(b"PK\6\7", 0, start + size, 1)
    short = (min(count, 0xFFFF), min(count, 0xFFFF), min(size, _FULL), min(start, _FULL), 0)
    return end_64 + locator + _END.pack(b"PK\5\6", 0, 0, *short)
