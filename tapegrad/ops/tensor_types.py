"""What errors and ``typename`` call a tensor's type."""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from tapegrad import _types
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor


def type_name(x: Tensor) -> str:
    """What errors call a tensor's dtype: ``Float``, ``Long``."""
    return TYPE_NAMES[x.dtype.numpy.num]


def check_tensor(function: str, name: str, value: Any, position: int = 1) -> None:
    """Refuse an argument that is no tensor, in PyTorch's words."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be Tensor, not "
            f"{_types.kind_of(value)}"
        )


def check_tensors(function: str, **arguments: Any) -> None:
    """Refuse arguments, given in the order of their positions, that are no tensors."""
    for position, (name, value) in enumerate(arguments.items(), 1):
        check_tensor(function, name, value, position)


def refuse_integers(kernel: str, input: ndarray) -> None:
    """Raise PyTorch's error of a kernel that has no loop but for floating-point dtypes."""
    if input.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{TYPE_NAMES[input.dtype.num]}'"
        )


def typename(obj: Any) -> str:
    """The name of an object's type with its module; a tensor's as :meth:`Tensor.type` gives it."""
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None)
    is_plain = module in ("builtins", "__builtin__", None)
    return named.__qualname__ if is_plain else f"{module}.{named.__qualname__}"


__all__ = ["typename"]
