"""The graph from outside: nodes, and hooks on what the tape saves."""

from __future__ import annotations

import functools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from tapegrad import _core, _sweep
from tapegrad._tensor import Node, Tensor, _count_write


class _HookStack(threading.local):
    def __init__(self) -> None:
        self.pairs: list[tuple] = []
        self.refusal: str | None = None
        self.mutation: _AllowMutationOnSavedContext | None = None


_stack = _HookStack()
_core._register_saved_hooks(_stack)


class saved_tensors_hooks:
    """Pack every tensor that the tape saves in a block, and unpack it when backward reads it.

    ``pack_hook(tensor)`` may return anything, from which ``unpack_hook`` gives the tensor back.
    Source: https://docs.pytorch.org/docs/2.13/autograd.html#saved-tensors-hooks
    """

    def __init__(
        self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]
    ) -> None:
        self.pair = (pack_hook, unpack_hook)

    def __enter__(self) -> None:
        if _stack.refusal is not None:
            raise RuntimeError(_stack.refusal)
        _stack.pairs.append(self.pair)
        _core._count_saved_hooks(1)

    def __exit__(self, *exception: object) -> None:
        if not _stack.pairs:
            raise RuntimeError("a block of saved-tensor hooks was left that had not been entered")
        _stack.pairs.pop()
        _core._count_saved_hooks(-1)


class save_on_cpu(saved_tensors_hooks):
    """Keep saved tensors on the CPU: a copy, since every tensor is there already."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor.clone(), lambda packed: packed)


class _Handle:
    """Stands on the tape for a tensor that was saved in a block where it may be written."""


class _AllowMutationOnSavedContext:
    """What a block of :func:`allow_mutation_on_saved_tensors` keeps; its names are PyTorch's."""

    def __init__(self) -> None:
        self.cloned: MutableMapping[_Handle, Tensor] = WeakKeyDictionary()
        self.original: MutableMapping[_Handle, Tensor] = WeakKeyDictionary()
        self.tid_to_weakhandle: MutableMapping[tuple, _Handle] = WeakValueDictionary()
        self.sid_to_tid: dict[int, set[tuple]] = defaultdict(set)

    def clear(self) -> None:
        """Forget all: what the block's graphs saved cannot be read any more."""
        self.cloned.clear()
        self.original.clear()
        self.tid_to_weakhandle.clear()
        self.sid_to_tid.clear()

    def pack(self, tensor: Tensor) -> _Handle:
        """A handle of the tensor: the same one for the same elements of the same version."""
        identity = (
            tensor.data_ptr(), tensor._version, tensor.shape, tensor.stride(), tensor.dtype,
        )  # fmt: skip
        handle = self.tid_to_weakhandle.get(identity)
        if handle is None or handle not in self.original:  # written: the address may be another's
            handle = self.tid_to_weakhandle[identity] = _Handle()
            self.original[handle] = tensor
            self.sid_to_tid[tensor.untyped_storage().data_ptr()].add(identity)
        return handle

    def unpack(self, handle: _Handle) -> Tensor:
        """The tensor as it was saved."""
        tensor = self.cloned.get(handle)
        if tensor is None:
            tensor = self.original.get(handle)
        if tensor is None or _stack.mutation is not self:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return tensor

    def keep_before_write(self, tensor: Tensor) -> None:
        """Copy what was saved of the memory that is about to be written."""
        for identity in self.sid_to_tid.pop(tensor.untyped_storage().data_ptr(), ()):
            handle = self.tid_to_weakhandle.get(identity)
            if handle is not None and handle in self.original:
                self.cloned[handle] = self.original.pop(handle).clone()


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_AllowMutationOnSavedContext]:
    """Let tensors that the tape saves be written in a block: they are copied before the write.

    Backward must run in the block as well. Blocks do not nest. The block's context counts what it
    keeps: ``cloned`` copies, and ``original`` tensors that nobody has written.
    Source: https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.allow_mutation_on_saved_tensors
    """
    context = _AllowMutationOnSavedContext()
    with saved_tensors_hooks(context.pack, context.unpack):
        if _stack.mutation is not None:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        _stack.mutation = context
        try:
            yield context
        finally:
            context.clear()
            _stack.mutation = None


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count a write that was made behind autograd's back; inference tensors count none."""
    tensors = (tensor,) if isinstance(tensor, Tensor) else tensor
    if not isinstance(tensors, Iterable):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for one in tensors:
        if not isinstance(one, Tensor):
            raise RuntimeError(
                "increment_version expects each element of the iterable to be a tensor"
            )
        if one.is_inference():
            continue
        _count_write(one, "increment_version")


class disable_saved_tensors_hooks:
    """Refuse saved-tensor hooks in a block: entering them raises RuntimeError(error_message)."""

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def __enter__(self) -> None:
        if _stack.pairs:
            raise RuntimeError(self.error_message)
        self.previous, _stack.refusal = _stack.refusal, self.error_message

    def __exit__(self, *exception: object) -> None:
        _stack.refusal = self.previous


class GradientEdge(NamedTuple):
    """Where a gradient goes: a node, and the number of its output.

    Stands for a tensor in ``autograd.grad`` and ``autograd.backward``.
    """

    node: Node
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Where a tensor's gradient goes: its node and the output number."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not "
                           "require gradients")  # fmt: skip
    if tensor.grad_fn is not None:
        return GradientEdge(tensor.grad_fn, tensor.output_nr)
    reader: Any = tensor.view_as(tensor).grad_fn
    return GradientEdge(*reader.next_functions[0])


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all"
) -> MultiHandle:
    """Call a hook over the gradients of several tensors, in each backward that reaches them.

    With ``mode="all"`` it is called once all of the gradients that this backward computes are
    there, with a list that has None for the others; with ``"any"`` at the first one, with that
    gradient.
    Source: https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.register_multi_grad_hook
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "all" and not all(tensor.requires_grad for tensor in tensors):
        raise AssertionError("Expected gradient function to be set")
    waiting = _Gathered(tensors, fn, mode == "any")
    return MultiHandle(
        tuple(
            tensor.register_hook(functools.partial(waiting.take, position))
            for position, tensor in enumerate(tensors)
        )
    )


class _Gathered:
    """The gradients that have arrived for a hook over several tensors, for each sweep."""

    def __init__(
        self, tensors: Sequence[Tensor], hook: Callable[[Any], None], at_first: bool
    ) -> None:
        self.tensors, self.hook, self.at_first = tuple(tensors), hook, at_first
        self.arrived: dict[int, list[Tensor | None]] = {}
        self.missing: dict[int, int] = {}

    def take(self, position: int, gradient: Tensor) -> None:
        """Note one gradient; call the hook if it is the one that was waited for."""
        sweep = _sweep.running_sweep()
        if sweep not in self.missing:
            self.missing[sweep] = sum(_sweep.reached(list(self.tensors)))
            self.arrived[sweep] = [None] * len(self.tensors)
            if self.at_first:
                self.hook(gradient)
        self.missing[sweep] -= 1
        self.arrived[sweep][position] = gradient
        if self.missing[sweep] == 0:
            del self.missing[sweep]
            gradients = self.arrived.pop(sweep)
            if not self.at_first:
                self.hook(gradients)


class MultiHandle:
    """Takes several hooks away again: by ``remove()`` or at the end of a ``with`` block."""

    def __init__(self, handles: tuple) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Take the hooks away; a second call does nothing."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> MultiHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks",
    "get_gradient_edge", "increment_version", "register_multi_grad_hook", "save_on_cpu",
    "saved_tensors_hooks",
]  # fmt: skip
