"""What lets a module see the gradients that enter and leave its forward."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.autograd import Function


class BackwardHookFunction(Function):
    """The identity on some tensors; its backward hands their gradients to a callback."""

    @staticmethod
    def forward(
        ctx: Any, callback: Callable, needs_all: bool, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.callback = callback
        ctx.set_materialize_grads(needs_all)
        ctx.mark_non_differentiable(*(tensor for tensor in tensors if not tensor.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple:
        return None, None, *ctx.callback(grads)


class BackwardHook:
    """Joins the gradients of one call's outputs and inputs for a module's full backward hooks."""

    def __init__(
        self, module: Any, hooks: Sequence[Callable], pre_hooks: Sequence[Callable]
    ) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: tuple | None = None
        self.is_watching_inputs = False
        self.n_inputs = 0

    def watch_inputs(self, args: tuple) -> tuple:
        """The arguments, with their tensors behind an identity that reports their gradients."""
        self.n_inputs = len(args)
        watched, self.is_watching_inputs = _watch(args, self._on_grad_inputs, needs_all=True)
        return watched

    def watch_outputs(self, result: Any) -> Any:
        """The result, with its tensors behind an identity that reports their gradients."""
        is_single = isinstance(result, Tensor)
        outputs = (result,) if is_single else result
        if not isinstance(outputs, tuple):
            return result
        watched, _ = _watch(outputs, self._on_grad_outputs, needs_all=False)
        if is_single:
            return watched[0]
        return type(result)(*watched) if hasattr(result, "_fields") else watched

    def _on_grad_outputs(self, grads: tuple) -> tuple:
        grads = self._chain(grads, self.pre_hooks, "pre hook", "grad_output")
        self.grad_outputs = grads
        if not self.is_watching_inputs:
            self._call_without_inputs()
        return grads

    def _on_grad_inputs(self, grads: tuple) -> tuple:
        if self.grad_outputs is None:
            return grads
        outputs, self.grad_outputs = self.grad_outputs, None
        return self._chain(grads, self.hooks, "hook", "grad_input", outputs)

    def _chain(
        self, grads: tuple, hooks: Sequence[Callable], kind: str, what: str, *extra: Any
    ) -> tuple:
        """Pass ``grads`` through ``hooks``, each of which may replace them."""
        for hook in hooks:
            replaced = hook(self.module, grads, *extra)
            if replaced is None:
                continue
            if len(replaced) != len(grads):
                raise RuntimeError(
                    f"Backward {kind} returned an invalid number of {what}, got {len(replaced)}, "
                    f"but expected {len(grads)}"
                )
            grads = replaced
        return grads

    def _call_without_inputs(self) -> None:
        """No input wants a gradient: the hooks run now, and have nothing to replace."""
        if self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients. See "
                "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
                "#torch.nn.Module.register_full_backward_hook for more details.",
                stacklevel=4,
            )
        nothing = (None,) * self.n_inputs
        outputs, self.grad_outputs = self.grad_outputs, None
        for hook in self.hooks:
            replaced = hook(self.module, nothing, outputs)
            if replaced is None or (isinstance(replaced, tuple) and set(replaced) <= {None}):
                continue
            raise RuntimeError(
                "Backward hook for Modules where no input requires gradient should always return "
                "None or None for all gradients."
            )


def _watch(values: tuple, callback: Callable, needs_all: bool) -> tuple[tuple, bool]:
    """Replace the tensors among ``values``; ``callback`` gets gradients placed as ``values``
    are.
    """
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    tensors = [values[place] for place in places]
    if not (tapegrad.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)):
        return values, False

    n_values = len(values)

    def on_backward(grads: tuple) -> tuple:
        placed = dict(zip(places, grads, strict=True))
        replaced = callback(tuple(placed.get(place) for place in range(n_values)))
        return tuple(replaced[place] for place in places)

    identity = BackwardHookFunction.apply(on_backward, needs_all, *tensors)
    watched = list(values)
    for place, tensor in zip(places, identity, strict=True):
        watched[place] = tensor
    return tuple(watched), True


def register_on_node(module: Any, hooks: Sequence[Callable], args: tuple, result: Any) -> None:
    """Put hooks of the older form on the operation that made ``result``."""
    first = result
    while not isinstance(first, Tensor):
        first = (
            next(v for v in first.values() if isinstance(v, Tensor))
            if isinstance(first, dict)
            else first[0]
        )
    if first.grad_fn is None:
        return
    for hook in hooks:
        first.grad_fn.register_hook(partial(hook, module))
    _warn_of_missed_grads(args, result, first.grad_fn)


def _warn_of_missed_grads(args: tuple, result: Any, grad_fn: Any) -> None:
    reason = _reason_of_missed_grads(args, result, grad_fn)
    if reason:
        warnings.warn(
            f"{reason}. Please use register_full_backward_hook to get the documented behavior.",
            FutureWarning,
            stacklevel=2,
        )


def _reason_of_missed_grads(args: tuple, result: Any, grad_fn: Any) -> str | None:
    outputs = (result,) if isinstance(result, Tensor) else result
    if not _are_tensors(outputs):
        return (
            "Using non-full backward hooks on a Module that does not return a single Tensor or a "
            "tuple of Tensors is deprecated and will be removed in future versions. This hook "
            "will be missing some of the grad_output"
        )
    if not _are_tensors(args):
        return (
            "Using non-full backward hooks on a Module that does not take as input a single "
            "Tensor or a tuple of Tensors is deprecated and will be removed in future versions. "
            "This hook will be missing some of the grad_input"
        )
    if _nodes(outputs) != {grad_fn}:
        return (
            "Using a non-full backward hook when outputs are generated by different autograd "
            "Nodes is deprecated and will be removed in future versions. This hook will be "
            "missing some grad_output"
        )
    if _nodes(args) != {edge[0] for edge in grad_fn.next_functions}:
        return (
            "Using a non-full backward hook when the forward contains multiple autograd Nodes is "
            "deprecated and will be removed in future versions. This hook will be missing some "
            "grad_input"
        )
    return None


def _are_tensors(values: Any) -> bool:
    return isinstance(values, tuple) and all(isinstance(value, Tensor) for value in values)


def _nodes(tensors: tuple) -> set:
    return {tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None}
