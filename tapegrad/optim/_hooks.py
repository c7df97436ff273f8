"""Hooks of optimizers: around a step, and around reading and writing the state."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tapegrad._tensor import RemovableHandle

if TYPE_CHECKING:
    from tapegrad.optim.optimizer import Optimizer

HOOK_NAMES = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)


_of_all_before: OrderedDict[int, Callable] = OrderedDict()
_of_all_after: OrderedDict[int, Callable] = OrderedDict()


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer; what it returns
    replaces the arguments.
    """
    return register(_of_all_before, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer."""
    return register(_of_all_after, hook)


def with_hooks(step: Callable) -> Callable:
    """``step`` with the hooks of its optimizer before and after it."""

    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        try:
            own = self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks
        except AttributeError:  # a wrapper around another optimizer, made without ``__init__``
            return step(self, *args, **kwargs)
        if not (own or _of_all_before or _of_all_after):
            return step(self, *args, **kwargs) if args or kwargs else step(self)
        arguments, kwargs = _run_pre_hooks(self, (self, *args), kwargs)
        result = step(*arguments, **kwargs)
        for hook in (*self._optimizer_step_post_hooks.values(), *_of_all_after.values()):
            hook(self, arguments, kwargs)
        return result

    return hooked


def _run_pre_hooks(optimizer: Optimizer, args: tuple, kwargs: Any) -> tuple[tuple, Any]:
    """The arguments of a step, the optimizer among them, as its hooks leave them."""
    for hook in (*_of_all_before.values(), *optimizer._optimizer_step_pre_hooks.values()):
        replaced = hook(optimizer, args, kwargs)
        if replaced is None:
            continue
        if not (isinstance(replaced, tuple) and len(replaced) == 2):
            raise RuntimeError(
                f"{type(optimizer).step} must return None or a tuple of (new_args, new_kwargs), "
                f"but got {replaced}."
            )
        args, kwargs = replaced
    return args, kwargs


def register(hooks: Any, hook: Callable, prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def replaced_by(hooks: Any, optimizer: Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
    for hook in hooks.values():
        replaced = hook(optimizer, state_dict)
        state_dict = state_dict if replaced is None else replaced
    return state_dict
