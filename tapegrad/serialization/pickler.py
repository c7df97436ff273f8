"""Pickling with PyTorch's names, and with the storages kept apart from the pickle."""

from __future__ import annotations

import pickle
from types import FunctionType
from typing import Any

from tapegrad import _types
from tapegrad._core import Op
from tapegrad._tensor import Tensor
from tapegrad.nn._registry import Registry
from tapegrad.serialization.names import torch_name
from tapegrad.serialization.rebuild import _get_layout, describe_tensor
from tapegrad.storage import STORAGE_CLASSES, TypedStorage, UntypedStorage


def pickler_for(pickle_module: Any) -> type:
    """A pickler class of ours on top of a module's.

    Of the standard library it is the one in Python: the compiled one imports every class by the
    name that it writes, and PyTorch's names may belong to nobody or to PyTorch here.
    """
    base: Any = pickle._Pickler if pickle_module is pickle else pickle_module.Pickler
    if not hasattr(base, "save_dict"):
        return type("Pickler", (_TorchNames, base), {})
    own = {FunctionType: _TorchNames.save_global, Registry: base.save_dict}
    return type("Pickler", (_TorchNames, base), {"dispatch": {**base.dispatch, **own}})


class _TorchNames:
    """Mixed into a pickler: tensors, dtypes and classes in PyTorch's terms."""

    def __init__(self, stream: Any, protocol: int, storages: Storages) -> None:
        super().__init__(stream, protocol=protocol)  # type: ignore[call-arg]
        self.storages = storages

    def persistent_id(self, value: Any) -> Any:
        """How the pickle names a storage; None for all else."""
        return self.storages.identify(value)

    def reducer_override(self, value: Any) -> Any:
        """What PyTorch pickles a value as, where that is not what Python would."""
        is_own = type(value).__reduce_ex__ is not Tensor.__reduce_ex__
        if isinstance(value, Tensor) and not is_own:
            return describe_tensor(value)
        if isinstance(value, _types.dtype):
            return value.name
        if isinstance(value, _types.Size):
            return _types.Size, (tuple(value),)
        if isinstance(value, _types.device):
            return _types.device, tuple(one for one in (value.type, value.index) if one is not None)
        if isinstance(value, _types.layout):
            return _get_layout, (repr(value),)
        return NotImplemented

    def save_global(self, value: Any, name: str | None = None) -> None:
        """Write the name of a class, function or constant."""
        if isinstance(value, _types.dtype):
            module, name = "torch", value.name
        elif isinstance(value, (type, FunctionType, Op)):
            module, name = torch_name(value)
        else:
            return super().save_global(value, name)  # type: ignore[misc]
        if not module.startswith("torch"):
            return super().save_global(value, name)  # type: ignore[misc]
        self._write_name(module, name)
        self.memoize(value)  # type: ignore[attr-defined]

    def _write_name(self, module: str, name: str) -> None:
        if self.proto >= 4:  # type: ignore[attr-defined]
            self.save(module)  # type: ignore[attr-defined]
            self.save(name)  # type: ignore[attr-defined]
            self.write(pickle.STACK_GLOBAL)  # type: ignore[attr-defined]
        else:
            line = f"{module}\n{name}\n".encode()
            self.write(pickle.GLOBAL + line)  # type: ignore[attr-defined]


class Storages:
    """The storages that a pickle refers to, by the keys under which they are written."""

    def __init__(self, extra: tuple = ()) -> None:
        self.by_key: dict[str, tuple[UntypedStorage, _types.dtype]] = {}
        self._keys: dict[tuple[int, int], str] = {}
        self._dtypes: dict[int, _types.dtype] = {}
        self._extra = extra

    def identify(self, value: Any) -> tuple | None:
        """The persistent id of a storage; None for what is none."""
        if isinstance(value, TypedStorage):
            storage, dtype, kind = value.untyped(), value.dtype, STORAGE_CLASSES[value.dtype]
        elif isinstance(value, UntypedStorage):
            storage, dtype, kind = value, _types.uint8, UntypedStorage
        else:
            return None
        self._check_dtype(storage, dtype)
        key = self._key_of(storage)
        self.by_key[key] = storage, dtype
        return ("storage", kind, key, "cpu", value.size(), *self._extra)

    def _check_dtype(self, storage: UntypedStorage, dtype: _types.dtype) -> None:
        if storage.nbytes() and self._dtypes.setdefault(storage.data_ptr(), dtype) is not dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different "
                "types"
            )

    def _key_of(self, storage: UntypedStorage) -> str:
        # Memory that is nobody's twice has an address of its own; the storages here keep it alive.
        if not storage.nbytes():
            return str(len(self.by_key))
        place = storage.data_ptr(), storage.nbytes()
        return self._keys.setdefault(place, str(len(self.by_key)))
