"""Reading PyTorch's zip archives without believing them.

Every entry must lie inside the file, uncompressed, under a name of its own, and all together must
not claim more bytes than the file has; so nothing is allocated that is not there. Checksums are
compared, which PyTorch does not do for storages.
"""

from __future__ import annotations

import struct
import zipfile
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import crc32

import numpy as np

_CORRUPT = (
    " This is an internal miniz error. If you are seeing this error, there is a high likelihood "
    "that your checkpoint file is corrupted. This can happen if the checkpoint was not saved "
    "properly, was transferred incorrectly, or the file was modified after saving."
)
_NEWEST_VERSION = 10
_LOCAL_SIZE = 30
_SMALLEST_SIZE = 22  # of an archive without entries
_ENCRYPTED = 0x1


class ArchiveReader:
    """The entries of an archive, by their names below its folder."""

    def __init__(self, stream: Any, label: str) -> None:
        self._stream, self._label = stream, label
        self._size = stream.seek(0, 2)
        try:
            infos = ZipFile(stream).infolist()
        # Its parser was not written for hostile input: what it raises is not always its own.
        except (BadZipFile, ArithmeticError, ValueError, struct.error, NotImplementedError, OSError,
                LookupError) as error:
            is_short = self._size < _SMALLEST_SIZE
            reason = "not a ZIP archive" if is_short else "failed finding central directory"
            raise RuntimeError(
                f"PytorchStreamReader failed reading zip archive: {reason}.{_CORRUPT} "
                f"({label}: {error})"
            ) from None
        if not infos:
            raise RuntimeError(f"PytorchStreamReader failed reading zip archive: {label} is empty.")
        folder = infos[0].filename.partition("/")[0] + "/"
        self._infos: dict[str, ZipInfo] = {}
        for info in infos:
            name = info.filename.removeprefix(folder)
            if name in self._infos:
                raise self._refusal(name, "the archive has two entries of that name")
            self._infos[name] = info
        if sum(max(info.file_size, 0) for info in infos) > self._size:
            raise RuntimeError(
                "PytorchStreamReader failed reading zip archive: the entries claim to be larger "
                f"than {label} itself, which has {self._size} bytes."
            )
        self._check_version()

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def names(self) -> list[str]:
        """All entries."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """The bytes of an entry."""
        return self.read_array(name).tobytes()

    def read_array(self, name: str) -> np.ndarray:
        """The bytes of an entry as a new array."""
        info = self._info(name)
        self._stream.seek(self.position(name))
        array = np.empty(info.file_size, np.uint8)
        if _read_into(self._stream, array.data) < info.file_size:
            raise self._refusal(name, "unexpected end of the file")
        # PyTorch writes 0 where it was told to compute none.
        if info.CRC not in (0, crc32(array.data)):
            raise self._refusal(name, "CRC-32 check failed")
        return array

    def position(self, name: str) -> int:
        """Where in the file the data of an entry begins."""
        info = self._info(name)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & _ENCRYPTED:
            raise self._refusal(name, "the entry is compressed or encrypted")
        is_inside = 0 <= info.header_offset <= self._size - _LOCAL_SIZE
        self._stream.seek(info.header_offset if is_inside else self._size)
        header = self._stream.read(_LOCAL_SIZE)
        if len(header) < _LOCAL_SIZE or header[:4] != b"PK\3\4":
            raise self._refusal(name, "there is no entry where the archive says")
        start = info.header_offset + _LOCAL_SIZE + sum(struct.unpack("<HH", header[26:]))
        if info.file_size != info.compress_size or start + info.file_size > self._size:
            raise self._refusal(name, "the entry reaches beyond the end of the file")
        return start

    def size(self, name: str) -> int:
        """The number of bytes of an entry."""
        return self._info(name).file_size

    def _info(self, name: str) -> ZipInfo:
        if name not in self._infos:
            raise RuntimeError(
                f"PytorchStreamReader failed locating file {name}: file not found.{_CORRUPT} "
                f"({self._label})"
            )
        return self._infos[name]

    def _refusal(self, name: str, reason: str) -> RuntimeError:
        return RuntimeError(
            f"PytorchStreamReader failed reading file {name}: {reason}.{_CORRUPT} ({self._label})"
        )

    def _check_version(self) -> None:
        name = next((name for name in ("version", ".data/version") if name in self), None)
        if name is None:
            raise RuntimeError(
                'Expected hasRecord("version") to be true, but got false.  (Could this error '
                "message be improved?  If so, please report an enhancement request to PyTorch.)"
            )
        text = self.read(name)[:20].strip()
        if not text.isdigit() or int(text) > _NEWEST_VERSION:
            raise RuntimeError(
                "[enforce fail at inline_container.cc:230] . "
                f"Attempted to read a PyTorch file with version {text.decode('ascii', 'replace')}, "
                f"but the maximum supported version for reading is {_NEWEST_VERSION}. The version "
                "of your PyTorch installation may be too old, please upgrade PyTorch to latest "
                f"version to mitigate this issue. ({self._label})"
            )


def _read_into(stream: Any, view: memoryview) -> int:
    """Fill the view as far as the stream goes; the number of bytes read."""
    done = 0
    while done < len(view):
        if hasattr(stream, "readinto"):
            count = stream.readinto(view[done:])
        else:
            data = stream.read(len(view) - done)
            count = len(data)
            view[done : done + count] = data
        if not count:
            break
        done += count
    return done
