"""Objects that want to be tensors: ``__torch_function__`` is not asked here."""

from __future__ import annotations

from typing import Any

from tapegrad._absent import answer
from tapegrad._tensor import Tensor

has_torch_function = has_torch_function_unary = has_torch_function_variadic = answer(False)


def is_tensor_like(inp: Any) -> bool:
    """Whether an object is a tensor, or has a ``__torch_function__`` as PyTorch would ask it."""
    return isinstance(inp, Tensor) or hasattr(inp, "__torch_function__")


__all__ = [
    "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic",
    "is_tensor_like",
]  # fmt: skip
