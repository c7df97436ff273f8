"""What errors and ``typename`` call a tensor's type."""

from __future__ import annotations

from typing import Any

from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor


def type_name(x: Tensor) -> str:
    """What errors call a tensor's dtype: ``Float``, ``Long``."""
    return TYPE_NAMES[x.dtype.numpy.num]


def cpu_type_name(x: Tensor) -> str:
    """What errors of compiled functions call a tensor's type: for bool not as :meth:`Tensor.type`.
    """
    return "CPUBoolType" if TYPE_NAMES[x.dtype.numpy.num] == "Bool" else x.type()


def typename(obj: Any) -> str:
    """The name of an object's type with its module; a tensor's as :meth:`Tensor.type` gives it."""
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None)
    is_plain = module in ("builtins", "__builtin__", None)
    return named.__qualname__ if is_plain else f"{module}.{named.__qualname__}"


__all__ = ["typename"]
