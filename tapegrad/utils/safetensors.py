"""Files in the safetensors format, with the names of ``safetensors.torch``.

The package ``safetensors`` (an extra: ``pip install tapegrad[safetensors]``) checks and writes the
files; their data is mapped, so that a tensor is read when it is first used.
Source: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import warnings
from collections import defaultdict
from importlib import import_module
from typing import Any

import numpy as np

import tapegrad
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.nn import Module
from tapegrad.utils._atomic import replaced_file

__all__ = ["load", "load_file", "load_model", "safe_open", "save", "save_file", "save_model"]

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
        with _package("safetensors").safe_open(path, "np") as checked:
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
            raise _package("safetensors").SafetensorError(f"File does not contain tensor {name}")
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
        for name, entry in _package("safetensors").deserialize(data)
    }


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a file with these tensors.

    Raises ValueError for what is not a contiguous tensor, RuntimeError for shared memory.
    """
    arrays = _checked_arrays(tensors)
    return _package("safetensors.numpy").save(arrays, metadata=metadata)


def save_file(
    tensors: dict[str, Tensor],
    filename: str | os.PathLike,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write a file with these tensors; what was there is replaced whole or stays as it is."""
    data = save(tensors, metadata)
    with replaced_file(os.fspath(filename)) as file:
        file.write(data)


def save_model(
    model: Module,
    filename: str | os.PathLike,
    metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:
    """Write a module's state; of tensors that share memory one is kept, the metadata says which."""
    state = dict(model.state_dict())
    noted = dict(metadata or {})
    for kept, others in _duplicates(state).items():
        for name in others:
            noted.setdefault(name, kept)
            del state[name]
    if force_contiguous:
        state = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(state, filename, noted if noted else metadata)


def load_model(
    model: Module, filename: str | os.PathLike, strict: bool = True, device: Any = "cpu"
) -> tuple[set[str], list[str]]:
    """Load a module's state from a file; gives the names that were missing and unexpected.

    Raises RuntimeError if there are such names and the loading is ``strict``.
    """
    state = load_file(filename, device)
    duplicates = _duplicates(model.state_dict(), preferred=set(state))
    result = model.load_state_dict(state, strict=False)
    missing, unexpected = set(result.missing_keys), list(result.unexpected_keys)
    for name in (name for others in duplicates.values() for name in others):
        if name in missing:
            missing.remove(name)
        else:
            unexpected.append(name)
    if strict and (missing or unexpected):
        raise RuntimeError(_complaint(type(model).__name__, missing, unexpected))
    return missing, unexpected


def _complaint(kind: str, missing: set[str], unexpected: list[str]) -> str:
    text = f"Error(s) in loading state_dict for {kind}:"
    for what, names in (("Missing", missing), ("Unexpected", unexpected)):
        if names:
            listed = ", ".join(f'"{name}"' for name in sorted(names))
            text += f"\n    {what} key(s) in state_dict: {listed}"
    return text


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise RuntimeError(
            "Attempting to load a safetensors file but safetensors is not installed. Please "
            "install safetensors with: pip install safetensors"
        ) from error


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


def _checked_arrays(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    if not isinstance(tensors, dict):
        raise ValueError(
            f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}"
        )
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(
                f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}"
            )
    shared = [names for names in _sharing(tensors) if len(names) > 1]
    if shared:
        raise RuntimeError(
            "\n            Some tensors share memory, this will lead to duplicate memory on disk "
            f"and potential differences when loading them again: {shared}.\n            A "
            "potential way to correctly save your model is to use `save_model`.\n            More "
            "information at https://huggingface.co/docs/safetensors/torch_shared_tensors\n"
            "            "
        )
    for name, tensor in tensors.items():
        if not tensor.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. "
                "It either means you are trying to save tensors which are reference of each other "
                "in which case it's recommended to save only the full tensors, and reslice at load "
                "time, or simply call `.contiguous()` on your tensor to pack it before saving."
            )
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


def _sharing(tensors: dict[str, Tensor]) -> list[set[str]]:
    """The names in groups whose tensors overlap in memory."""
    by_storage: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage()
        if storage.nbytes():
            by_storage[storage.data_ptr(), storage.nbytes()].append(name)
    return [group for names in by_storage.values() for group in _overlapping(names, tensors)]


def _overlapping(names: list[str], tensors: dict[str, Tensor]) -> list[set[str]]:
    spans = sorted((*np.lib.array_utils.byte_bounds(tensors[name]._array), name) for name in names)
    groups: list[set[str]] = []
    end = -1
    for first, last, name in spans:
        if first >= end:
            groups.append(set())
        groups[-1].add(name)
        end = max(end, last)
    return groups


def _duplicates(
    state: dict[str, Tensor], preferred: set[str] | None = None
) -> dict[str, list[str]]:
    """For each group of names over the same memory: the one to keep, and the others."""
    found = {}
    for names in _sharing(state):
        complete = {name for name in names if _covers_storage(state[name])}
        if not complete:
            raise RuntimeError(
                "Error while trying to find names to remove to save state dict, but found no "
                f"suitable name to keep for saving amongst: {names}. None is covering the entire "
                "storage.Refusing to save/load the model since you could be storing much more "
                "memory than needed. Please refer to "
                "https://huggingface.co/docs/safetensors/torch_shared_tensors for more "
                "information. Or open an issue."
            )
        kept = min(complete & (preferred or set()) or complete)
        found[kept] = sorted(names - {kept})
    return found


def _covers_storage(tensor: Tensor) -> bool:
    storage = tensor.untyped_storage()
    return tensor.nbytes == storage.nbytes() and tensor.data_ptr() == storage.data_ptr()
