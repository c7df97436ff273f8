"""The constructors from before ``torch.tensor``: ``Tensor(2, 3)``, ``FloatTensor([1, 2])``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._declare import method
from tapegrad.ops._dims import is_index, sizes_of
from tapegrad.ops._refusal import refusal
from tapegrad.ops.create.from_data import is_sequence, tensor

_C_TYPES = {
    _types.bool: "bool", _types.uint8: "unsigned char", _types.int8: "signed char",
    _types.int16: "short int", _types.int32: "int", _types.int64: "long int",
    _types.float16: "c10::Half", _types.float32: "float", _types.float64: "double",
}  # fmt: skip


def construct_legacy(
    args: tuple, keyword: Mapping[str, Any], dtype: _types.dtype | None = None
) -> np.ndarray:
    """The memory of ``Tensor(...)``: sizes give uninitialised memory, data a copy.

    A tensor gives its own memory; where ``dtype`` is named it must have that dtype.
    """
    if keyword or len(args) > 1:
        _check_forms(args, keyword)
    if not args and "size" in keyword:
        args = (_types.Size(keyword["size"]),)
    args = args or tuple(keyword[name] for name in ("data", "other") if name in keyword)
    _refuse_moved(args, keyword, _CONSTRUCTOR)
    _check_device(keyword.get("device"))
    kind = dtype or get_default_dtype()
    is_data = "data" in keyword
    if not is_data and (len(args) != 1 or isinstance(args[0], _types.Size) or _is_size(args[0])):
        return kernels.empty(sizes_of("new", args) if args else (0,), kind.numpy)
    data = args[0]
    if isinstance(data, Tensor):
        if dtype not in (None, data.dtype):
            raise TypeError(f"expected {_options(kind)} (got {_options(data.dtype)})")
        return data._array
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{_types.kind_of(data)}'")
    if not is_sequence(data):
        raise TypeError(f"new(): data must be a sequence (got {_types.kind_of(data)})")
    return tensor(data, dtype=kind, device="cpu")._array


def _is_size(value: Any) -> bool:
    """Whether a lone argument is a size, which no tensor is."""
    return is_index(value) and not isinstance(value, Tensor)


def _check_device(device: Any) -> None:
    if device is not None and _types.device(device).type != "cpu":
        raise RuntimeError(
            "legacy constructor expects device type: cpu but device type: "
            f"{_types.device(device).type} was passed"
        )


def _check_forms(args: tuple, keyword: Mapping[str, Any]) -> None:
    """Refuse what no form takes: unknown keywords, and several arguments that are no sizes."""
    refused = refusal("new", args, dict(keyword))
    if refused is not None:
        raise refused


def _options(dtype: _types.dtype) -> str:
    return (
        f"TensorOptions(dtype={_C_TYPES[dtype]}, device=cpu, layout=Strided, requires_grad=false "
        "(default), pinned_memory=false (default), memory_format=(nullopt))"
    )


def _refuse_moved(args: tuple, keyword: Mapping[str, Any], text: str) -> None:
    """Refuse a device beside a tensor, whose own it would have to be."""
    if keyword.get("device") is not None and args and isinstance(args[0], Tensor):
        raise RuntimeError(text)


_CONSTRUCTOR = (
    "Legacy tensor constructor of the form torch.Tensor(tensor, device=device) is not supported.  "
    "Use torch.tensor(...) or torch.as_tensor(...) instead."
)
_NEW = (
    "Legacy tensor new of the form tensor.new(tensor, device=device) is not supported.  Use "
    "torch.as_tensor(...) instead."
)


@method()
def new(self: Tensor, *args: Any, **keyword: Any) -> Tensor:
    """What this dtype's old constructor gives: ``x.new(2, 3)``, ``x.new([1, 2])``."""
    _refuse_moved(args, keyword, _NEW)
    return Tensor._wrap(construct_legacy(args, keyword, self.dtype))


__all__ = ["construct_legacy"]
