"""Hooks of a module's call: before and after forward, and around its backward."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tapegrad._tensor import RemovableHandle, Tensor
from tapegrad.nn import _global_hooks as _global
from tapegrad.nn._backward_hooks import BackwardHook, register_on_node
from tapegrad.nn._call import DirectCall
from tapegrad.nn._traversal import Traversal


def _register(
    hooks: Any, hook: Callable, flags: tuple[Any, ...] = (), *, prepend: bool = False
) -> Any:
    """Put ``hook`` into ``hooks`` and its id into each of ``flags``."""
    handle = RemovableHandle(hooks, extra_dict=list(flags))
    hooks[handle.id] = hook
    for flag in flags:
        flag[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


class Hooks(Traversal):
    """Registration of call hooks, and the call that honours them."""

    _is_full_backward_hook: bool | None

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward; what it returns replaces the arguments."""
        flags = (self._forward_pre_hooks_with_kwargs,) if with_kwargs else ()
        return _register(self._forward_pre_hooks, hook, flags, prepend=prepend)

    def register_forward_hook(
        self,
        hook: Callable,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward; what it returns replaces the output.

        With ``always_call`` also when forward raises.
        """
        flags = (self._forward_hooks_with_kwargs,) if with_kwargs else ()
        if always_call:
            flags = (*flags, self._forward_hooks_always_called)
        return _register(self._forward_hooks, hook, flags, prepend=prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradient reaches the module's outputs."""
        return _register(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradient leaves the module's
        inputs.
        """
        self._choose_backward_hooks(is_full=True)
        return _register(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Callable) -> RemovableHandle:
        """The older form, which sees only the last operation of forward."""
        self._choose_backward_hooks(is_full=False)
        return _register(self._backward_hooks, hook)

    def _choose_backward_hooks(self, is_full: bool) -> None:
        if self._is_full_backward_hook is (not is_full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single "
                "Module. Please use only one of them."
            )
        self._is_full_backward_hook = is_full

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        """What a call of the module does, under the name by which PyTorch's programs wrap it."""
        return Hooks.__call__(self, *args, **kwargs)

    def _call_with_hooks(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        called: set[int] = set()
        try:
            return self._call_through_hooks(args, kwargs, called)
        except Exception:
            self._run_always_called(args, kwargs, called)
            raise

    def _call_through_hooks(self, args: tuple, kwargs: dict[str, Any], called: set) -> Any:
        args, kwargs = self._run_forward_pre_hooks(args, kwargs)
        full_hooks, node_hooks = self._get_backward_hooks()
        pre_hooks = self._get_backward_pre_hooks()
        backward = BackwardHook(self, full_hooks, pre_hooks) if full_hooks or pre_hooks else None
        if backward is not None:
            args = backward.watch_inputs(args)
        result = self._run_forward_hooks(args, kwargs, self.forward(*args, **kwargs), called)
        if backward is not None:
            result = _watch_result(backward, result)
        if node_hooks:
            register_on_node(self, node_hooks, args, result)
        return result

    def _get_backward_hooks(self) -> tuple[list[Callable], list[Callable]]:
        """The full backward hooks, and those of the older form."""
        full, older = (list(_global.backward_hooks(self, form)) for form in (True, False))
        return full, older

    def _get_backward_pre_hooks(self) -> list[Callable]:
        return [*_global._global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]

    def _run_forward_pre_hooks(
        self, args: tuple, kwargs: dict[str, Any]
    ) -> tuple[tuple, dict[str, Any]]:
        everywhere = _global._global_forward_pre_hooks
        for key, hook in (*everywhere.items(), *self._forward_pre_hooks.items()):
            if key in self._forward_pre_hooks_with_kwargs:
                replaced = hook(self, args, kwargs)
                if replaced is None:
                    continue
                if not (isinstance(replaced, tuple) and len(replaced) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {replaced}."
                    )
                args, kwargs = replaced
            elif (replaced := hook(self, args)) is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
        return args, kwargs

    def _run_forward_hooks(
        self, args: tuple, kwargs: dict[str, Any], result: Any, called: set
    ) -> Any:
        everywhere = _global._global_forward_hooks
        for key, hook in (*everywhere.items(), *self._forward_hooks.items()):
            called.add(key)
            replaced = self._run_forward_hook(key, hook, args, kwargs, result)
            result = result if replaced is None else replaced
        return result

    def _run_forward_hook(
        self, key: int, hook: Callable, args: tuple, kwargs: Any, result: Any
    ) -> Any:
        with_kwargs = _global._global_forward_hooks_with_kwargs
        if key in self._forward_hooks_with_kwargs or key in with_kwargs:
            return hook(self, args, kwargs, result)
        return hook(self, args, result)

    def _run_always_called(self, args: tuple, kwargs: dict[str, Any], called: set) -> None:
        """After forward raised: run the ``always_call`` hooks that have not run, with no result."""
        everywhere = _global._global_forward_hooks_always_called
        for key, hook in (*_global._global_forward_hooks.items(), *self._forward_hooks.items()):
            is_global = key in everywhere
            if key in called or not (is_global or key in self._forward_hooks_always_called):
                continue
            try:
                self._run_forward_hook(key, hook, args, kwargs, None)
            except Exception as error:
                warnings.warn(
                    f"{'global ' if is_global else ''}module forward hook with "
                    "``always_call=True`` raised an exception that was silenced "
                    f"as another error was raised in forward: {error}",
                    stacklevel=2,
                )


def _watch_result(backward: BackwardHook, result: Any) -> Any:
    if not isinstance(result, (Tensor, tuple)):
        warnings.warn(
            "For backward hooks to be called, module output should be a Tensor or a tuple of "
            "Tensors but "
            f"received {type(result)}",
            stacklevel=2,
        )
    return backward.watch_outputs(result)


def _call_and_look_for_hooks_of_all(self: Hooks, *args: Any, **kwargs: Any) -> Any:
    """A module's call once there have been hooks of all modules."""
    if _global.has_call_hooks():
        return self._call_with_hooks(args, kwargs)
    return DirectCall.__call__(self, *args, **kwargs)


def _look_for_hooks_of_all() -> None:
    setattr(Hooks, "__call__", _call_and_look_for_hooks_of_all)  # noqa: B010  typed as a method


_global.State.before_first = staticmethod(_look_for_hooks_of_all)
