"""Hooks of all modules: of their calls, their backward, and of what is registered in them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from tapegrad._tensor import RemovableHandle

_global_forward_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_forward_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_forward_hooks_with_kwargs: OrderedDict[int, bool] = OrderedDict()
_global_forward_hooks_always_called: OrderedDict[int, bool] = OrderedDict()
_global_backward_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_backward_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_buffer_registration_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_module_registration_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_parameter_registration_hooks: OrderedDict[int, Callable] = OrderedDict()


class State:
    """Of which form the backward hooks are, and what to do before the first hook of calls."""

    is_full_backward_hook: bool | None = None
    before_first: Callable[[], None]


def has_call_hooks() -> bool:
    """Whether calls of modules have hooks."""
    return bool(
        _global_forward_pre_hooks
        or _global_forward_hooks
        or _global_backward_pre_hooks
        or _global_backward_hooks
    )


def replaced(hooks: OrderedDict[int, Callable], module: Any, name: str, value: Any) -> Any:
    """What registration hooks make of a value; None leaves it."""
    for hook in hooks.values():
        result = hook(module, name, value)
        value = value if result is None else result
    return value


def backward_hooks(module: Any, is_full: bool) -> Iterator[Callable]:
    """The hooks of one form: those of all modules, then the module's own."""
    if State.is_full_backward_hook is is_full:
        yield from _global_backward_hooks.values()
    if module._is_full_backward_hook is is_full:
        yield from module._backward_hooks.values()


def _registered(hooks: Any, hook: Callable, *flags: Any) -> RemovableHandle:
    handle = RemovableHandle(hooks, extra_dict=list(flags))
    hooks[handle.id] = hook
    for flag in flags:
        flag[handle.id] = True
    return handle


def _of_calls(hooks: Any, hook: Callable, *flags: Any) -> RemovableHandle:
    State.before_first()
    return _registered(hooks, hook, *flags)


def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(module, args)`` before every module's forward."""
    return _of_calls(_global_forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Callable, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after every module's forward."""
    flags = [_global_forward_hooks_with_kwargs] if with_kwargs else []
    if always_call:
        flags.append(_global_forward_hooks_always_called)
    return _of_calls(_global_forward_hooks, hook, *flags)


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` when a gradient reaches any module's outputs."""
    return _of_calls(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` when a gradient leaves any module's inputs."""
    return _of_backward(hook, is_full=True)


def register_module_backward_hook(hook: Callable) -> RemovableHandle:
    """The older form, which sees only the last operation of each forward."""
    return _of_backward(hook, is_full=False)


def _of_backward(hook: Callable, is_full: bool) -> RemovableHandle:
    if State.is_full_backward_hook is (not is_full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module "
            "hook. Please use only one of them."
        )
    State.is_full_backward_hook = is_full
    return _of_calls(_global_backward_hooks, hook)


def register_module_buffer_registration_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` for every new buffer; what it returns replaces it."""
    return _registered(_global_buffer_registration_hooks, hook)


def register_module_module_registration_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` for every new sub-module; its result replaces it."""
    return _registered(_global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook: Callable) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` for every new parameter; its result replaces it."""
    return _registered(_global_parameter_registration_hooks, hook)
