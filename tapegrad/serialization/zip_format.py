"""The format of PyTorch 1.6 and later: a zip archive of a pickle and one entry a storage."""

from __future__ import annotations

import io
import mmap
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tapegrad.serialization.archive_reader import ArchiveReader
from tapegrad.serialization.archive_writer import ALIGNMENT, ArchiveWriter
from tapegrad.serialization.elements import StorageType, as_text
from tapegrad.serialization.locations import Restore, restored
from tapegrad.serialization.options import (
    LoadEndianness,
    get_default_load_endianness,
    get_default_mmap_options,
    skips_data,
)
from tapegrad.serialization.pickler import Storages, pickler_for
from tapegrad.storage import TypedStorage, UntypedStorage


class Reading(NamedTuple):
    """How a file is read: with which unpickler, to where, and what errors call the file."""

    unpickler: type
    arguments: dict[str, Any]
    restore: Restore
    label: str

    def read(self, stream: Any, persistent_load: Callable[[Any], Any] | None = None) -> Any:
        """Unpickle what a stream holds next."""
        unpickler = self.unpickler(stream, **self.arguments)
        if persistent_load is not None:
            unpickler.persistent_load = persistent_load
        return unpickler.load()


def save(
    value: Any, stream: Any, folder: str, pickle_module: Any, protocol: int, has_byteorder: bool
) -> None:
    """Write an archive."""
    storages, data = Storages(), io.BytesIO()
    pickler_for(pickle_module)(data, protocol, storages).dump(value)
    archive = ArchiveWriter(stream, folder)
    archive.write("data.pkl", data.getvalue())
    archive.write(".format_version", b"1")
    archive.write(".storage_alignment", str(ALIGNMENT).encode())
    if has_byteorder:
        archive.write("byteorder", sys.byteorder.encode())
    is_empty = skips_data()
    for key, (storage, _) in storages.by_key.items():
        flat = storage._flat
        archive.write(f"data/{key}", np.zeros_like(flat) if is_empty else flat, not is_empty)
    archive.close()


def load(archive: ArchiveReader, reading: Reading, mapped: mmap.mmap | None) -> Any:
    """Read an archive; with ``mapped`` the storages are parts of the mapped file."""
    pickled = io.BytesIO(archive.read("data.pkl"))
    return reading.read(pickled, _StoragesOf(archive, reading, mapped).load)


def mapping_of(path: str) -> mmap.mmap:
    """A file as memory: writes stay private, unless the options say that they go to the file."""
    flags = get_default_mmap_options()
    mode = "r+b" if flags == mmap.MAP_SHARED else "rb"
    with open(path, mode) as file:
        return mmap.mmap(file.fileno(), 0, flags=flags)


class _StoragesOf:
    """The storages of an archive, each read when the pickle first refers to it."""

    def __init__(
        self, archive: ArchiveReader, reading: Reading, mapped: mmap.mmap | None
    ) -> None:
        self._archive, self._reading, self._mapped = archive, reading, mapped
        self._byteorder = _byteorder_of(archive)
        self._loaded: dict[str, TypedStorage] = {}

    def load(self, saved_id: Any) -> TypedStorage:
        """The storage that a persistent id names."""
        kind, key, location, count = _parsed(saved_id)
        if key not in self._loaded:
            storage = self._read(f"data/{key}", kind, count)
            storage = restored(self._reading.restore, storage, location)
            self._loaded[key] = kind.over(storage)
        return self._loaded[key]

    def _read(self, name: str, kind: StorageType, count: int) -> UntypedStorage:
        where = f"{name} of {self._reading.label}"
        kind.check(where)
        size, expected = self._archive.size(name), count * kind.itemsize
        if size != expected:
            raise RuntimeError(
                f"record size ({size} bytes) does not match expected size ({expected} bytes = "
                f"{expected} elements * 1 bytes/element) for dtype Byte ({where})"
            )
        return kind.decode(self._raw(name, size, kind.itemsize), self._byteorder, where)

    def _raw(self, name: str, size: int, itemsize: int) -> np.ndarray:
        if skips_data():
            return np.empty(size, np.uint8)
        if self._mapped is None or not size:
            return self._archive.read_array(name)
        start = self._archive.position(name)
        part = np.frombuffer(memoryview(self._mapped)[start : start + size], np.uint8)
        return part if part.ctypes.data % itemsize == 0 else part.copy()


def _parsed(saved_id: Any) -> tuple[StorageType, str, str, int]:
    """The parts of a storage's persistent id. Raises TypeError for what is none."""
    if not isinstance(saved_id, tuple) or len(saved_id) != 5:
        raise TypeError(f"a storage's id has five parts, not {saved_id!r:.100}")
    _, kind, key, location, count = saved_id
    if not isinstance(kind, StorageType) or type(count) is not int or count < 0:
        raise TypeError("a storage's id has a storage type and a number of elements")
    if not isinstance(key, str):
        raise TypeError(f"a storage's key is text, not {type(key)}")
    return kind, key, str(as_text(location)), count


def _byteorder_of(archive: ArchiveReader) -> str:
    if "byteorder" in archive:
        order = archive.read("byteorder").decode("ascii", "replace")
        if order not in ("little", "big"):
            raise ValueError(f"Unknown endianness type: {order}")
        return order
    default = get_default_load_endianness()
    if default is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if default is LoadEndianness.BIG else "little"
