"""The oldest format, of PyTorch 0.1: a tar archive of storages, tensors and a pickle."""

from __future__ import annotations

import io
import struct
import tarfile
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.ops.storage import over_storage
from tapegrad.serialization.legacy_format import read_elements
from tapegrad.serialization.locations import restored
from tapegrad.serialization.zip_format import Reading
from tapegrad.storage import TypedStorage


def open_tar(stream: Any) -> tarfile.TarFile | None:
    """The file as a tar archive; None, and back at the start, if it is none."""
    try:
        return tarfile.open(fileobj=stream, mode="r:")
    except (tarfile.TarError, ValueError, ArithmeticError):
        stream.seek(0)
        return None


def load(archive: tarfile.TarFile, reading: Reading) -> Any:
    """Read the oldest format. Nothing is extracted to disk."""
    objects: dict[Any, Any] = {}
    _read_storages(_member(archive, "storages", reading), reading, objects)
    _read_tensors(_member(archive, "tensors", reading), reading, objects)

    def persistent_load(saved_id: Any) -> Any:
        return saved_id[0] if isinstance(saved_id, tuple) else objects[int(saved_id)]

    return reading.read(_member(archive, "pickle", reading), persistent_load)


def _member(archive: tarfile.TarFile, name: str, reading: Reading) -> io.BytesIO:
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise RuntimeError(f"{reading.label} has no entry '{name}'")
    return io.BytesIO(file.read())


def _read_storages(file: io.BytesIO, reading: Reading, objects: dict[Any, Any]) -> None:
    for _ in range(reading.read(file)):
        key, location, kind = reading.read(file)
        where = f"storage {key} of {reading.label}"
        kind.check(where)
        storage = kind.decode(read_elements(file, kind, where), "little", where)
        objects[key] = kind.over(restored(reading.restore, storage, location))
    for key, root_key, offset, count in reading.read(file):
        root = objects[root_key]
        size = root.element_size()
        part = root.untyped()[offset * size : (offset + count) * size]
        objects[key] = TypedStorage(wrap_storage=part, dtype=root.dtype, _internal=True)


def _read_tensors(file: io.BytesIO, reading: Reading, objects: dict[Any, Any]) -> None:
    for _ in range(reading.read(file)):
        key, storage_key, _ = reading.read(file)
        objects[key] = _read_tensor(file, objects[storage_key])


def _read_tensor(file: io.BytesIO, storage: TypedStorage) -> Tensor:
    n_dims = struct.unpack("<ixxxx", file.read(8))[0]
    numbers = struct.unpack(f"<{2 * n_dims + 1}q", file.read(8 * (2 * n_dims + 1)))
    size, stride, offset = numbers[:n_dims], numbers[n_dims:-1], numbers[-1]
    return over_storage(storage.untyped(), storage.dtype, offset, size, stride)
