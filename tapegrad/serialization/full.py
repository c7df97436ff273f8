"""The unpickler of ``load(weights_only=False)``: a pickle module's own, with PyTorch's names."""

from __future__ import annotations

from typing import Any

from tapegrad.serialization.allowed import TensorType, allowed_globals, refuse_missing
from tapegrad.serialization.elements import StorageType
from tapegrad.serialization.names import find_torch, is_storage_name


def unpickler_for(pickle_module: Any) -> type:
    """A module's unpickler, in which names of PyTorch mean what is ours.

    PyTorch itself is never imported, though it may be installed.
    """

    class Unpickler(pickle_module.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if is_storage_name(name):
                return StorageType(name)
            if module.partition(".")[0] != "torch":
                return super().find_class(module, name)
            refuse_missing(f"{module}.{name}")
            known = allowed_globals().get(f"{module}.{name}")
            if known is not None and isinstance(known.value, TensorType):
                return known.value
            return find_torch(module, name)

    return Unpickler
