"""Storages: the memory that tensors and their views share, as bytes or as elements of one dtype."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterator
from mmap import mmap
from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad._kernels import memory_of
from tapegrad._mapping import map_file

DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the "
    "only storage class. This should only matter to you if you are using storages directly.  To "
    "access UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()"
)


class SharedMemory(mmap):
    """Memory without a file that processes forked from this one share with it."""


def lies_in_shared(array: np.ndarray) -> bool:
    """Whether an array's memory is shared with forked processes."""
    owner: Any = array
    while owner is not None and not isinstance(owner, SharedMemory):
        owner = owner.obj if isinstance(owner, memoryview) else getattr(owner, "base", None)
    return owner is not None


class _Elements:
    """What storages of bytes and of elements have in common: a flat NumPy array over memory."""

    __slots__ = ("_flat",)
    is_cuda = is_sparse = is_hpu = False

    def __init__(self, flat: np.ndarray) -> None:
        self._flat = flat

    @property
    def device(self) -> _types.device:
        """Where the memory is: the CPU."""
        return _types.device("cpu")

    def _checked(self, index: Any) -> int:
        size = len(self._flat)
        if not -size <= index < size:
            raise IndexError(f"index {index} out of range for storage of size {size}")
        return index

    def __len__(self) -> int:
        return len(self._flat)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __setitem__(self, index: Any, value: Any) -> None:
        self._flat[index if isinstance(index, slice) else self._checked(index)] = value

    def size(self) -> int:
        """The number of elements; bytes are the elements of an untyped storage."""
        return len(self._flat)

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._flat.nbytes

    def element_size(self) -> int:
        """The number of bytes of an element."""
        return self._flat.itemsize

    def data_ptr(self) -> int:
        """The address of the first byte; 0 for no memory at all."""
        return self._flat.ctypes.data if self._flat.nbytes else 0

    def tolist(self) -> list:
        """The elements as Python numbers."""
        return self._flat.tolist()

    def fill_(self, value: Any) -> Any:
        """Set every element."""
        self._flat[:] = value
        return self

    def copy_(self, source: Any, non_blocking: bool | None = None) -> Any:
        """Take over the elements of another storage of the same size."""
        self._flat[:] = source._flat
        return self

    def cpu(self) -> Any:
        """This storage: it is on the CPU."""
        return self

    def is_shared(self) -> bool:
        """Whether forked processes see what is written here."""
        return lies_in_shared(self._flat)

    def is_pinned(self, device: Any = "cuda") -> bool:
        """False: there is no pinned memory here."""
        return False

    def __repr__(self) -> str:
        lines = "\n ".join(map(str, self.tolist()))
        return f" {lines}\n[{self._description()} of size {len(self)}]"

    def _description(self) -> str:
        raise NotImplementedError


class UntypedStorage(_Elements):
    """The bytes under a tensor and its views; ``UntypedStorage(n)`` is n new ones.

    Source: https://docs.pytorch.org/docs/2.13/storage.html
    """

    __slots__ = ()
    __module__ = "torch.storage"

    def __init__(self, size: int | list = 0, *, device: Any = None) -> None:
        values = np.asarray(size, np.uint8) if isinstance(size, list) else np.zeros(size, np.uint8)
        super().__init__(values)

    @classmethod
    def _over(cls, array: np.ndarray) -> UntypedStorage:
        """The whole memory in which a tensor's array lies."""
        storage = cls.__new__(cls)
        storage._flat = memory_of(array)
        return storage

    @classmethod
    def from_file(cls, filename: str, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first bytes of a file, which is mapped; what is written reaches it if ``shared``.

        Raises RuntimeError for a file that cannot be opened or is too short.
        """
        if not isinstance(filename, str):
            raise TypeError(f"argument 1 must be str, not {type(filename).__name__}")
        n_bytes = operator.index(nbytes)
        return cls._over(map_file(filename, bool(shared), n_bytes)) if n_bytes else cls()

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            return int(self._flat[self._checked(index)])
        if index.step not in (None, 1):
            raise RuntimeError(
                f"Trying to slice with a step of {index.step}, but only a step of 1 is supported"
            )
        # Through a memoryview, so that the part does not lead back to the whole.
        return UntypedStorage._over(np.frombuffer(self._flat.data[index], np.uint8))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and self._cdata == other._cdata

    def __hash__(self) -> int:
        return hash(self._cdata)

    @property
    def _cdata(self) -> int:
        """What two storages over the same memory have in common."""
        return self._flat.ctypes.data

    def clone(self) -> UntypedStorage:
        """A copy."""
        return UntypedStorage._over(self._flat.copy())

    def untyped(self) -> UntypedStorage:
        """This storage."""
        return self

    def _as(self, dtype: _types.dtype) -> np.ndarray:
        """The memory as elements, without what is left over at its end."""
        whole = self._flat.nbytes - self._flat.nbytes % dtype.itemsize
        return self._flat[:whole].view(dtype.numpy)

    def _description(self) -> str:
        return "torch.storage.UntypedStorage(device=cpu)"


class TypedStorage(_Elements):
    """The elements under a tensor and its views; an untyped storage with a dtype.

    Source: https://docs.pytorch.org/docs/2.13/storage.html
    """

    __slots__ = ("_untyped_storage", "dtype")
    __module__ = "torch.storage"
    dtype: _types.dtype

    def __init__(
        self,
        *args: Any,
        wrap_storage: UntypedStorage | None = None,
        dtype: _types.dtype = _types.float32,
        device: Any = None,
        _internal: bool = False,
    ) -> None:
        if not _internal:
            warnings.warn(DEPRECATED, UserWarning, stacklevel=2)
        if wrap_storage is None:
            values = args[0] if args else 0
            is_size = isinstance(values, int)
            array = np.zeros(values, dtype.numpy) if is_size else np.array(values, dtype.numpy)
            wrap_storage = UntypedStorage._over(array)
        self._untyped_storage, self.dtype = wrap_storage, dtype
        super().__init__(wrap_storage._as(dtype))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._flat[self._checked(index)].item()

    def untyped(self) -> UntypedStorage:
        """The memory as bytes."""
        return self._untyped_storage

    def clone(self) -> TypedStorage:
        """A copy."""
        copied = self._untyped_storage.clone()
        return TypedStorage(wrap_storage=copied, dtype=self.dtype, _internal=True)

    def _description(self) -> str:
        return f"torch.storage.TypedStorage(dtype={self.dtype}, device=cpu)"


class _LegacyType(type):
    """Makes a named storage class construct, and recognise, typed storages of its dtype."""

    dtype: _types.dtype

    def __call__(cls, *args: Any, **keyword: Any) -> TypedStorage:
        warnings.warn(DEPRECATED, UserWarning, stacklevel=2)
        return TypedStorage(*args, dtype=cls.dtype, _internal=True, **keyword)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype


# How files name the dtype of a storage; the library has no other dtypes than those of `_types`.
ELEMENT_NAMES = {
    "Double": "float64", "Float": "float32", "Half": "float16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "BFloat16": "bfloat16",
    "ComplexDouble": "complex128", "ComplexFloat": "complex64", "QInt8": "qint8",
    "QInt32": "qint32", "QUInt8": "quint8", "QUInt4x2": "quint4x2", "QUInt2x4": "quint2x4",
}  # fmt: skip


def _legacy_class(name: str, dtype: _types.dtype) -> Any:
    doc = f"Memory as elements of {dtype}: the old name of a :class:`TypedStorage`."
    return _LegacyType(
        name, (), {"__module__": "torch", "__doc__": doc, "dtype": dtype, "__slots__": ()}
    )


BoolStorage = _legacy_class("BoolStorage", _types.bool)
ByteStorage = _legacy_class("ByteStorage", _types.uint8)
CharStorage = _legacy_class("CharStorage", _types.int8)
ShortStorage = _legacy_class("ShortStorage", _types.int16)
IntStorage = _legacy_class("IntStorage", _types.int32)
LongStorage = _legacy_class("LongStorage", _types.int64)
HalfStorage = _legacy_class("HalfStorage", _types.float16)
FloatStorage = _legacy_class("FloatStorage", _types.float32)
DoubleStorage = _legacy_class("DoubleStorage", _types.float64)

_LEGACY = (
    BoolStorage, ByteStorage, CharStorage, ShortStorage, IntStorage, LongStorage, HalfStorage,
    FloatStorage, DoubleStorage,
)  # fmt: skip
STORAGE_CLASSES = {one.dtype: one for one in _LEGACY}


def is_storage(obj: object) -> bool:
    """Whether an object is a storage, of bytes or of elements."""
    return isinstance(obj, _Elements)


__all__ = [
    "BoolStorage", "ByteStorage", "CharStorage", "DoubleStorage", "FloatStorage", "HalfStorage",
    "IntStorage", "LongStorage", "ShortStorage", "TypedStorage", "UntypedStorage", "is_storage",
]  # fmt: skip
