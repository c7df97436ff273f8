"""Files as tensors over the mapped file."""

from __future__ import annotations

import json
import mmap
import os
import struct
import warnings
from typing import Any

import numpy as np

import tapegrad
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.utils.safetensors._package import package

_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "I64": "int64", "I32": "int32",
           "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}  # fmt: skip


class safe_open:
    """An open file, of which tensors are taken one by one; a context manager.

    Raises ``safetensors.SafetensorError`` for what is no such file.
    """

    def __init__(
        self, filename: str | os.PathLike, framework: str = "pt", device: Any = "cpu"
    ) -> None:
        _check_device(device)
        path = os.fspath(filename)
        # The package has looked at every size and offset before any is used here.
        with package("safetensors").safe_open(path, "np") as checked:
            self._metadata, self._names = checked.metadata(), list(checked.keys())
            self._offset_names = list(checked.offset_keys())
        with open(path, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            self._entries = json.loads(file.read(size))
            self._mapped = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE)
        self._start = 8 + size

    def __enter__(self) -> safe_open:
        return self

    def __exit__(self, *exception: Any) -> None:
        """Tensors keep the mapping; the file itself is already closed."""

    def keys(self) -> list[str]:
        """The names of the tensors, sorted."""
        return self._names

    def offset_keys(self) -> list[str]:
        """The names in the order in which the tensors lie in the file."""
        return self._offset_names

    def metadata(self) -> dict[str, str] | None:
        """What the writer noted."""
        return self._metadata

    def get_tensor(self, name: str) -> Tensor:
        """A tensor over the mapped file; writes to it stay private."""
        entry = self._entry(name)
        first, last = (self._start + offset for offset in entry["data_offsets"])
        data = memoryview(self._mapped)[first:last]
        return _tensor_of(name, entry["dtype"], entry["shape"], data)

    def get_tensors(self) -> dict[str, Tensor]:
        """All tensors by name."""
        return {name: self.get_tensor(name) for name in self._names}

    def get_slice(self, name: str) -> Slice:
        """A tensor of which a part will be taken."""
        return Slice(self.get_tensor(name), self._entry(name)["dtype"])

    def _entry(self, name: str) -> dict[str, Any]:
        if name not in self._names:
            raise package("safetensors").SafetensorError(f"File does not contain tensor {name}")
        return self._entries[name]


class Slice:
    """A tensor in a file; indexing it gives tensors."""

    def __init__(self, tensor: Tensor, dtype: str) -> None:
        self._tensor, self._dtype = tensor, dtype

    def get_shape(self) -> list[int]:
        """The sizes."""
        return list(self._tensor.shape)

    def get_dtype(self) -> str:
        """The dtype as the file calls it: ``F32``."""
        return self._dtype

    def __getitem__(self, index: Any) -> Tensor:
        return self._tensor[index]


def load_file(filename: str | os.PathLike, device: Any = "cpu") -> dict[str, Tensor]:
    """All tensors of a file, over the mapped file. bfloat16 becomes float32, with a warning."""
    with safe_open(filename, framework="pt", device=device) as file:
        return file.get_tensors()


def load(data: bytes) -> dict[str, Tensor]:
    """All tensors of a file that is already in memory."""
    return {
        name: _tensor_of(name, entry["dtype"], entry["shape"], entry["data"])
        for name, entry in package("safetensors").deserialize(data)
    }


def _check_device(device: Any) -> None:
    if tapegrad.device(device).type != "cpu":
        raise RuntimeError(f"tensors are on the CPU here; there is no device {device}")


def _tensor_of(name: str, dtype: str, shape: list[int], data: Any) -> Tensor:
    """A tensor over the bytes of a file. Raises RuntimeError for a dtype that is not here."""
    if dtype == "BF16":
        warnings.warn(
            f"'{name}' holds torch.bfloat16, which tapegrad does not have: loaded as torch.float32",
            UserWarning,
            stacklevel=4,
        )
        halves = np.frombuffer(data, np.uint16).astype(np.uint32) << 16 if len(data) else 0
        return _shaped(np.asarray(halves, np.uint32).view(np.float32), shape)
    if dtype not in _DTYPES:
        raise RuntimeError(f"'{name}' holds {dtype}, which tapegrad does not have")
    kind: Any = getattr(_types, _DTYPES[dtype]).numpy
    if not len(data):
        return tapegrad.from_numpy(np.empty(shape, kind))
    array = np.frombuffer(data, np.uint8)
    if array.ctypes.data % kind.itemsize:
        array = array.copy()
    return _shaped(array.view(kind), shape)


def _shaped(array: np.ndarray, shape: list[int]) -> Tensor:
    return tapegrad.from_numpy(array[: int(np.prod(shape))].reshape(shape))
