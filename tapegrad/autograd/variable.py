"""``Variable``: what tensors that want gradients were called before tensors could."""

from __future__ import annotations

from typing import Any

from tapegrad import _sweep
from tapegrad._tensor import Tensor


class _VariableMeta(type):
    """Makes every tensor an instance of Variable, and Variable a function that gives tensors."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)

    def __call__(cls, data: Any = None, requires_grad: bool = False) -> Any:
        """A tensor over the same memory."""
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        tensor = Tensor() if data is None else data.detach()
        return tensor.requires_grad_() if requires_grad else tensor


class _ExecutionEngine:
    """What runs backward, by the name under which programs ask it to call them at its end."""

    queue_callback = staticmethod(_sweep.queue_callback)


class Variable(metaclass=_VariableMeta):
    """The old name of a tensor that may require grad: ``Variable(data, requires_grad=False)``."""

    _execution_engine = _ExecutionEngine()


__all__ = ["Variable"]
