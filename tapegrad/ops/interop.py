"""Memory shared with other libraries: NumPy's protocols, DLPack and plain buffers."""

from __future__ import annotations

import enum
import warnings
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._arguments import check_device
from tapegrad.ops._declare import method, public, reads_numpy, takes_tensors
from tapegrad.ops.create import from_numpy, tensor
from tapegrad.ops.create.from_data import over_array

# ------------------------------------------------------------------------- NumPy


@method("__array__")
def _as_array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """The values as a NumPy array, sharing memory unless they must be converted."""
    array = self.numpy()
    if dtype is None or array.dtype == dtype:
        return array.copy() if copy else array
    if copy is False:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return array.astype(dtype)


@method("__array_wrap__")
def _wrap_array(
    self: Tensor, array: Any, context: Any = None, return_scalar: bool = False
) -> Tensor:
    """What NumPy computes from tensors is a tensor again; truth values become uint8, as ever."""
    array = np.asarray(array)
    return over_array(array.astype(np.uint8) if array.dtype == bool else array)


def array_first(ufunc: np.ufunc, array: np.ndarray, tensor: Tensor) -> Tensor:
    """An operator with an array on its left: computed by NumPy, as it is with one on its right."""
    return _wrap_array(tensor, ufunc(array, tensor.numpy()))


ARRAY_UFUNCS = {
    "radd": np.add, "rsub": np.subtract, "mul": np.multiply, "rtruediv": np.true_divide,
    "rfloordiv": np.floor_divide, "rmod": np.remainder, "rpow": np.power, "rmatmul": np.matmul,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "rlshift": np.left_shift,
    "rrshift": np.right_shift,
}  # fmt: skip


# ------------------------------------------------------------------------- DLPack


class DLDeviceType(enum.IntEnum):
    """Kinds of devices as DLPack numbers them; tensors here live on the first."""

    kDLCPU = 1  # noqa: N815


class _Capsule:
    """A bare DLPack capsule as an object that NumPy reads."""

    def __init__(self, capsule: Any, place: tuple[int, int]) -> None:
        self.capsule, self.place = capsule, place

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.place


@method("__dlpack_device__")
def _dlpack_device(self: Tensor) -> tuple[DLDeviceType, int]:
    """Where the memory lies, in DLPack's numbers: on the CPU."""
    return DLDeviceType.kDLCPU, 0


@method("__dlpack__")
def __dlpack__(  # noqa: N807 - messages name it
    self: Tensor,
    *,
    stream: Any = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """A DLPack capsule over this tensor's memory, which it keeps alive."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if stream not in (-1, None):
        raise AssertionError("stream should be None on cpu.")
    kernels.note_values_read()
    return self._array.__dlpack__(max_version=max_version, dl_device=dl_device, copy=copy)


_CONSUMED = (
    "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only "
    "once, so you might have already constructed a tensor from it once."
)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's tensor, or of a DLPack capsule.

    ``copy=True`` copies. Raises RuntimeError for what is neither, BufferError for memory or dtypes
    that cannot be shared. Source: https://docs.pytorch.org/docs/2.13/dlpack.html
    """
    check_device(device)
    capsule, place = _capsule_of(ext_tensor)
    is_legacy = '"dltensor"' in repr(capsule)
    try:
        array = np.from_dlpack(_Capsule(capsule, place))
    except ValueError as error:
        raise RuntimeError(_CONSUMED) from error
    # Capsules of the first version cannot say whether memory may be written; NumPy fears the worst.
    shared = over_array(kernels.writable(array) if is_legacy else array)
    return shared.clone() if copy else shared


def _is_capsule(obj: Any) -> bool:
    return type(obj).__name__ == "PyCapsule"


def _capsule_of(ext_tensor: Any) -> tuple[Any, tuple[int, int]]:
    """A capsule of what is given, of the newest version that its library knows, and its device."""
    if _is_capsule(ext_tensor):
        return ext_tensor, (DLDeviceType.kDLCPU, 0)
    if not hasattr(ext_tensor, "__dlpack__"):
        raise RuntimeError(_CONSUMED)
    place = ext_tensor.__dlpack_device__()
    try:
        return ext_tensor.__dlpack__(max_version=(1, 0)), place
    except TypeError:
        return ext_tensor.__dlpack__(), place


def to_dlpack(data: Tensor, *, dl_device: Any = None, copy: bool | None = None) -> Any:
    """A DLPack capsule over a tensor's memory, or over a ``copy`` of it; it can be read once."""
    if dl_device is not None and len(dl_device) != 2:
        raise RuntimeError("dl_device must be either None or a tuple of ints")
    return data.detach().__dlpack__(stream=None, dl_device=dl_device, copy=copy)


to_dlpack = public("_to_dlpack", to_dlpack)  # as messages call it


# ------------------------------------------------------------------------- buffers and anything


@takes_tensors
def frombuffer(
    buffer: Any, *, dtype: Any = None, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A tensor of one dimension over the memory of an object with Python's buffer protocol.

    ``count`` elements from byte ``offset`` on, or all that follow. Raises ValueError where these do
    not fit. Source: https://docs.pytorch.org/docs/2.13/generated/torch.frombuffer.html
    """
    if dtype is None:
        raise TypeError('frombuffer() missing 1 required positional arguments: "dtype"')
    kind = _types.as_dtype(dtype, "frombuffer")
    assert kind is not None
    try:
        length = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    _check_range(length, kind.itemsize, count, offset)
    array = np.frombuffer(buffer, kind.numpy, count, offset)
    if not array.flags.writeable:
        warnings.warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. "
            "This means you can write to the underlying (supposedly non-writable) buffer using the "
            "tensor. You may want to copy the buffer to protect its data or make it writable "
            "before converting it to a tensor. This type of warning will be suppressed for the "
            "rest of this program.",
            stacklevel=2,
        )
    shared = Tensor._wrap(array)
    return shared.requires_grad_() if requires_grad else shared


def _check_range(length: int, itemsize: int, count: int, offset: int) -> None:
    """Refuse a part of a buffer that is not there, in PyTorch's words."""
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({length} bytes) minus 1"
        )
    if count < 0 and (length - offset) % itemsize:
        raise ValueError(
            f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({itemsize})"
        )
    if count > 0 and offset + count * itemsize > length:
        raise ValueError(
            f"requested buffer length ({count} * {itemsize} bytes) after offset ({offset} bytes) "
            f"must not be greater than actual buffer length ({length} bytes)"
        )


@takes_tensors
@reads_numpy
def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """A tensor of anything: tensors, arrays, DLPack, buffers, numbers and nested sequences.

    Memory is shared where it can be; ``copy`` says that it must not, or must (ValueError if it
    cannot). Source: https://docs.pytorch.org/docs/2.13/generated/torch.asarray.html
    """
    check_device(device)
    kind = _types.as_dtype(dtype, "asarray")
    if copy is False and isinstance(obj, np.generic):
        raise RuntimeError(
            "can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. "
        )
    shared = _shared(obj, kind)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return _asked(tensor(obj, dtype=kind), bool(requires_grad))
    wants_grad = shared.requires_grad if requires_grad is None else requires_grad
    if not wants_grad:
        shared = shared.detach() if shared.requires_grad else shared
    if kind is not None and kind is not shared.dtype:
        if copy is False:
            raise ValueError(
                f"can't alias tensor with dtype '{_NAMES[shared.dtype]}' into dtype "
                f"'{_NAMES[kind]}'."
            )
        shared = shared.to(kind)
    elif copy:
        shared = shared.clone()
    return _asked(shared, wants_grad)


_NAMES: dict[_types.dtype, str] = dict(
    zip(
        _types.ALL_DTYPES,
        ("Bool", "Byte", "Char", "Short", "Int", "Long", "Half", "Float", "Double"),
        strict=True,
    )
)


def _shared(obj: Any, kind: _types.dtype | None) -> Tensor | None:
    """A tensor over an object's own memory; None for one that has none to share."""
    if isinstance(obj, Tensor):
        return obj
    if isinstance(obj, np.generic):
        return tensor(obj)
    if isinstance(obj, np.ndarray):
        return from_numpy(obj) if obj.flags.aligned else None
    if hasattr(obj, "__dlpack__") or _is_capsule(obj):
        return from_dlpack(obj)
    try:
        memoryview(obj)
    except TypeError:
        return None
    return frombuffer(obj, dtype=kind or get_default_dtype())


def _asked(tensor: Tensor, requires_grad: bool) -> Tensor:
    return tensor.requires_grad_() if requires_grad and not tensor.requires_grad else tensor


__all__ = ["asarray", "from_dlpack", "frombuffer", "to_dlpack"]
