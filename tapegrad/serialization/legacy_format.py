"""The format before PyTorch 1.6: pickles one after the other, then the bytes of the storages."""

from __future__ import annotations

import struct
import sys
from typing import Any

import numpy as np

from tapegrad.serialization.elements import StorageType, as_text
from tapegrad.serialization.locations import restored
from tapegrad.serialization.pickler import Storages, pickler_for
from tapegrad.serialization.zip_format import Reading
from tapegrad.storage import TypedStorage, UntypedStorage

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
_SYSTEM = {
    "protocol_version": PROTOCOL_VERSION,
    "little_endian": sys.byteorder == "little",
    "type_sizes": {"short": 2, "int": 4, "long": struct.calcsize("l")},
}


def save(value: Any, stream: Any, pickle_module: Any, protocol: int) -> None:
    """Write the old format."""
    for head in (MAGIC_NUMBER, PROTOCOL_VERSION, _SYSTEM):
        pickle_module.dump(head, stream, protocol=protocol)
    storages = Storages(extra=(None,))
    pickler_for(pickle_module)(stream, protocol, storages).dump(value)
    keys = sorted(storages.by_key)
    pickle_module.dump(keys, stream, protocol=protocol)
    stream.flush()
    for key in keys:
        storage, dtype = storages.by_key[key]
        stream.write(struct.pack("<q", storage.nbytes() // dtype.itemsize))
        elements = storage._as(dtype)
        stream.write(elements.astype(elements.dtype.newbyteorder("<"), copy=False).view(np.uint8))


def load(stream: Any, reading: Reading) -> Any:
    """Read the old format."""
    magic = reading.read(stream)
    if magic != MAGIC_NUMBER:
        raise RuntimeError(f"Invalid magic number; corrupt file? ({reading.label})")
    version = reading.read(stream)
    if version != PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    reading.read(stream)  # the sizes of C's numbers, which no longer matter
    storages = _Storages(reading, remaining(stream))
    result = reading.read(stream, storages.load)
    storages.fill(stream, reading.read(stream))
    return result


class _Storages:
    """Storages that exist, empty, from when the pickle names them until their bytes come."""

    def __init__(self, reading: Reading, available: int) -> None:
        self._reading, self._available = reading, available
        self._roots: dict[Any, tuple[StorageType, int, TypedStorage]] = {}
        self._views: dict[Any, TypedStorage] = {}

    def load(self, saved_id: Any) -> Any:
        """What a persistent id names: a storage, or the class of a module."""
        if not isinstance(saved_id, tuple) or not saved_id:
            raise TypeError(f"saved_id must be a tuple, got {type(saved_id).__name__}")
        what = as_text(saved_id[0])
        if what == "module":
            return saved_id[1]  # its source, which follows, is not compared
        if what != "storage":
            raise RuntimeError(f"Unknown saved id type: {what}")
        kind, key, location, count, view = saved_id[1:]
        if not isinstance(kind, StorageType) or type(count) is not int or count < 0:
            raise TypeError("a storage's id has a storage type and a number of elements")
        if key not in self._roots:
            self._roots[key] = kind, count, self._allocate(kind, key, location, count)
        root = self._roots[key][2]
        return root if view is None else self._view(root, view)

    def _allocate(self, kind: StorageType, key: Any, location: Any, count: int) -> TypedStorage:
        kind.check(f"storage {key} of {self._reading.label}")
        self._available -= count * kind.itemsize
        if self._available < 0:
            missing = -self._available
            raise RuntimeError(
                f"unexpected EOF, expected {missing} more bytes. The file might be corrupted. "
                f"(storage {key} of {self._reading.label})"
            )
        storage = UntypedStorage(count * kind.dtype.itemsize)
        return kind.over(restored(self._reading.restore, storage, str(as_text(location))))

    def _view(self, root: TypedStorage, view: Any) -> TypedStorage:
        key, offset, count = view
        if key not in self._views:
            size = root.element_size()
            part = root.untyped()[offset * size : (offset + count) * size]
            self._views[key] = TypedStorage(wrap_storage=part, dtype=root.dtype, _internal=True)
        return self._views[key]

    def fill(self, stream: Any, keys: Any) -> None:
        """Read the bytes of all storages, in the order of the keys."""
        if not isinstance(keys, list) or not all(isinstance(key, (str, bytes)) for key in keys):
            raise RuntimeError(f"the list of storages is corrupt ({self._reading.label})")
        if set(keys) != set(self._roots):
            raise RuntimeError(
                f"the storages of {self._reading.label} are not those that its pickle names"
            )
        for key in keys:
            kind, count, storage = self._roots[key]
            where = f"storage {as_text(key)} of {self._reading.label}"
            raw = read_elements(stream, kind, where)
            if len(raw) != count * kind.itemsize:
                raise RuntimeError(
                    f"storage has wrong byte size: expected {count * kind.itemsize} got {len(raw)} "
                    f"({where})"
                )
            storage.untyped().copy_(kind.decode(raw, "little", where))


def read_elements(stream: Any, kind: StorageType, where: str) -> np.ndarray:
    """The bytes of a storage that begins with its number of elements."""
    head = stream.read(8)
    if len(head) < 8:
        raise RuntimeError(
            f"unexpected EOF, expected {8 - len(head)} more bytes. The file might be corrupted. "
            f"({where})"
        )
    size = struct.unpack("<q", head)[0] * kind.itemsize
    missing = size - remaining(stream)
    if size < 0 or missing > 0:
        raise RuntimeError(
            f"unexpected EOF, expected {missing} more bytes. The file might be corrupted. ({where})"
        )
    return np.frombuffer(bytearray(stream.read(size)), np.uint8)


def remaining(stream: Any) -> int:
    """The number of bytes that a file still has."""
    position = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(position)
    return end - position
