"""Which values PyTorch takes for a parameter of a kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._dims import is_index

# These functions take a number where they declare a tensor, their in-place forms too.
TAKES_NUMBERS = frozenset((
    "add", "copy", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "to",
    "true_divide",
))  # fmt: skip


def accepts(kind: str, value: Any, takes_one: bool) -> bool:
    """Whether a value is of a kind; of a sequence only the first element is looked at."""
    if kind in _ELEMENTS and isinstance(value, (tuple, list)):
        return not len(value) or _ELEMENTS[kind](value[0])
    if kind in _ELEMENTS:
        # An array passes here and fails an assertion of PyTorch's further down.
        return takes_one and kind == "ints" and is_index(value) and type(value) is not np.ndarray
    return _CHECKS[kind](value)


def is_number(value: Any) -> bool:
    """Whether a value is what PyTorch calls a number: Python's or NumPy's."""
    return isinstance(value, (int, float, complex, np.number, np.bool_))


def stands_for_int(value: Any) -> bool:
    """Whether a value is no number, but PyTorch's symbolic parameters take it for one."""
    if isinstance(value, Tensor):
        return value.numel() == 1 and _is_integral(value)
    return not isinstance(value, int) and is_index(value)


def _is_integral(value: Tensor) -> bool:
    return not value.is_floating_point() and value.dtype is not _types.bool


def _is_whole(value: Any) -> bool:
    if isinstance(value, Tensor):
        return _is_plain(value) and _is_integral(value)
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return _is_plain(value) if isinstance(value, Tensor) else is_real_number(value)


def is_real_number(value: Any) -> bool:
    """Whether a value may stand among floats."""
    return isinstance(value, (int, float, np.number, np.bool_))


def _is_plain(value: Tensor) -> bool:
    return value.dim() == 0 and not value.requires_grad


def _is_scalar(value: Any) -> bool:
    return is_number(value) or _is_real(value)


def _is_a(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _is_dtype(value: Any) -> bool:
    is_python_type = any(value is one for one in (float, int, bool, complex))
    return is_python_type or isinstance(value, _types.dtype)


def _is_device(value: Any) -> bool:
    return isinstance(value, (_types.device, str, bytes)) or (_is_whole(value) and is_number(value))


def _is_anything(value: Any) -> bool:
    return True


def _is_generator(value: Any) -> bool:
    return type(value).__name__ == "Generator"  # defined above this module


def _is_storage(value: Any) -> bool:
    return type(value).__name__.endswith("Storage")  # defined above this module, too


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "Tensor": _is_a(Tensor), "Number": _is_scalar, "float": _is_real, "int": _is_whole,
    "bool": _is_a(bool), "str": _is_a(str, bytes), "dtype": _is_dtype,
    "layout": _is_a(_types.layout), "memory_format": _is_a(_types.memory_format),
    "device": _is_device, "Generator": _is_generator, "complex": _is_scalar, "object": _is_anything,
    "Storage": _is_storage,
}  # fmt: skip
_ELEMENTS: dict[str, Callable[[Any], bool]] = {
    "ints": is_index, "floats": is_real_number, "Numbers": is_number, "Tensors": _is_anything,
}  # fmt: skip

__all__ = ["TAKES_NUMBERS", "accepts", "is_number", "is_real_number", "stands_for_int"]
