"""The graph from outside: nodes, and hooks on what the tape saves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tapegrad import _core
from tapegrad._tensor import Node, Tensor


class _HookStack(threading.local):
    def __init__(self) -> None:
        self.pairs: list[tuple] = []
        self.refusal: str | None = None


_stack = _HookStack()
_core._register_saved_hooks(_stack)


class saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Pack every tensor that the tape saves in a block, and unpack it when backward reads it.

    ``pack_hook(tensor)`` may return anything, from which ``unpack_hook`` gives the tensor back.
    Source: https://docs.pytorch.org/docs/2.13/autograd.html#saved-tensors-hooks
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]):
        self.pair = (pack_hook, unpack_hook)

    def __enter__(self) -> None:
        if _stack.refusal is not None:
            raise RuntimeError(_stack.refusal)
        _stack.pairs.append(self.pair)
        _core._count_saved_hooks(1)

    def __exit__(self, *exception: object) -> None:
        _stack.pairs.pop()
        _core._count_saved_hooks(-1)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 - PyTorch's name
    """Keep saved tensors on the CPU: a copy, since every tensor is there already."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor.clone(), lambda packed: packed)


class disable_saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Refuse saved-tensor hooks in a block: entering them raises RuntimeError(error_message)."""

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def __enter__(self) -> None:
        if _stack.pairs:
            raise RuntimeError(self.error_message)
        self.previous, _stack.refusal = _stack.refusal, self.error_message

    def __exit__(self, *exception: object) -> None:
        _stack.refusal = self.previous


def get_gradient_edge(tensor: Tensor) -> tuple[Node, int]:
    """Where a tensor's gradient goes: its node and the output number."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not "
                           "require gradients")  # fmt: skip
    node = tensor.grad_fn
    if node is None:
        return tensor.view_as(tensor).grad_fn.next_functions[0]
    return node, tensor.output_nr
