"""How a file's storages become storages of ours: dtypes by their old names, byte orders."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad.storage import ELEMENT_NAMES, TypedStorage, UntypedStorage

_BY_NAME = {dtype.name: dtype for dtype in _types.ALL_DTYPES}
# What a file can name besides: only there to be refused by name.
MISSING_DTYPES = (
    "bfloat16", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e4m3fnuz",
    "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "qint8", "qint32",
    "quint8", "quint4x2", "quint2x4", "uint16", "uint32", "uint64", "bits8", "bits16", "bits1x8",
    "bits2x4", "bits4x2", *(f"uint{n}" for n in range(1, 8)), *(f"int{n}" for n in range(1, 8)),
)  # fmt: skip


class StorageType:
    """The class of a storage as a file names it: ``FloatStorage``."""

    def __init__(self, name: str) -> None:
        self._name = ELEMENT_NAMES.get(name.removesuffix("Storage"), "uint8")

    @property
    def itemsize(self) -> int:
        """The bytes of an element in the file."""
        return 2 if self._name == "bfloat16" else self.dtype.itemsize

    @property
    def dtype(self) -> _types.dtype:
        """The dtype that its elements have here: bfloat16 becomes float32, which holds it all."""
        return _types.float32 if self._name == "bfloat16" else _BY_NAME[self._name]

    def check(self, where: str) -> None:
        """Refuse a dtype that tapegrad does not have; ``where`` says what holds it."""
        if self._name not in _BY_NAME and self._name != "bfloat16":
            raise RuntimeError(f"{where} holds torch.{self._name}, which tapegrad does not have")

    def decode(self, raw: np.ndarray, byteorder: str, where: str) -> UntypedStorage:
        """A storage over the bytes of a file; only bfloat16 is copied."""
        if byteorder != sys.byteorder and self.itemsize > 1:
            whole = len(raw) - len(raw) % self.itemsize
            raw = raw[:whole].view(f"u{self.itemsize}").byteswap().view(np.uint8)
        if self._name in _BY_NAME:
            return UntypedStorage._over(raw)
        warnings.warn(
            f"{where} holds torch.bfloat16, which tapegrad does not have: loaded as torch.float32",
            UserWarning,
            stacklevel=2,
        )
        halves = raw.view(np.uint16).astype(np.uint32)
        halves <<= 16
        return UntypedStorage._over(halves)

    def over(self, storage: UntypedStorage) -> TypedStorage:
        """The storage with this type's dtype."""
        return TypedStorage(wrap_storage=storage, dtype=self.dtype, _internal=True)

    def __str__(self) -> str:
        return f"StorageType(dtype=torch.{self._name})"


def as_text(value: Any) -> Any:
    """Internal strings of files that Python 2 wrote and ``encoding="bytes"`` left alone."""
    return value.decode("ascii") if isinstance(value, bytes) else value
