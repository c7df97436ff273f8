"""Switches for recording: `no_grad`, `enable_grad`, `set_grad_enabled` and `inference_mode`.

All are local to a thread and work as context managers and as decorators.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tapegrad._tensor import (
    _enter_no_grad,
    _leave_grad_mode,
    _new_mode,
    _set_grad_enabled,
    _set_inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
)

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


_Function = TypeVar("_Function", bound=Callable[..., Any])
_Self = TypeVar("_Self", bound="_Mode")


class _Mode:
    """A context manager that also decorates functions and generator functions.

    As in PyTorch, the body of a coroutine runs outside the mode: calling it only makes the
    coroutine.
    """

    def __call__(self, orig_func: _Function) -> _Function:
        if inspect.isclass(orig_func):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in "
                "future versions. You should only decorate functions or methods. "
                "To preserve the current behavior of class decoration, you can "
                "directly decorate the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            # wraps() would copy a class's whole namespace; a partial has none.
            return cast(_Function, _function_in_mode(functools.partial(orig_func), self.clone))
        if inspect.isgeneratorfunction(orig_func):
            return cast(_Function, _generator_in_mode(orig_func, self.clone))
        return cast(_Function, _function_in_mode(orig_func, self.clone))

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        raise NotImplementedError

    def clone(self) -> _Mode:
        """A fresh context manager for the same mode."""
        return type(self)()


def _function_in_mode(func: Callable[..., Any], mode: Callable[[], _Mode]) -> Callable[..., Any]:
    @functools.wraps(func)
    def in_mode(*args: Any, **kwargs: Any) -> Any:
        with mode():
            return func(*args, **kwargs)

    return in_mode


def _generator_in_mode(func: Callable[..., Any], mode: Callable[[], _Mode]) -> Callable[..., Any]:
    """The mode holds while the generator runs, never while its caller does."""

    @functools.wraps(func)
    def in_mode(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = func(*args, **kwargs)
        resume, message = generator.send, None
        while True:
            try:
                with mode():
                    produced = resume(message)
            except StopIteration as stop:
                return stop.value
            finally:
                message = None  # an exception must not live on in the frame that it refers to
            try:
                resume, message = generator.send, (yield produced)
            except GeneratorExit:
                with mode():
                    generator.close()
                raise
            except BaseException as error:
                resume, message = generator.throw, error

    return in_mode


class _BareMode(_Mode):
    """A mode that decorates without parentheses too: ``@no_grad``."""

    if TYPE_CHECKING:
        # Checkers are told of the context manager only; with a function it is that, decorated.
        def __new__(cls: type[_Self], orig_func: Callable[..., Any] | None = None) -> _Self: ...
    else:
        __new__ = staticmethod(_new_mode)


class no_grad(_BareMode):
    """Record nothing: results do not require grad, whatever their inputs.

    Tensors that are created with ``requires_grad=True`` still do. Use it as
    ``with no_grad():``, ``@no_grad()`` or ``@no_grad``.
    """

    __enter__ = _enter_no_grad
    __exit__ = _leave_grad_mode


class enable_grad(_BareMode):
    """Record again inside `no_grad`; it does not end `inference_mode`."""

    def __enter__(self) -> None:
        self.prev = _set_grad_enabled(True)

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        _set_grad_enabled(self.prev)


class set_grad_enabled(_Mode):
    """Switch recording on or off, at once; a ``with`` block then restores what was before.

    As a decorator it has no effect outside the decorated function.
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                "set_grad_enabled(): argument 'enabled' (position 1) must be bool, "
                f"not {type(mode).__name__}"
            )
        self.prev = _set_grad_enabled(mode)
        self.mode = mode

    def __call__(self, orig_func: _Function) -> _Function:
        """Decorate a function, and take the immediate switch back."""
        _set_grad_enabled(self.prev)
        return super().__call__(orig_func)

    def __enter__(self) -> None:
        _set_grad_enabled(self.mode)

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        _set_grad_enabled(self.prev)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def clone(self) -> set_grad_enabled:
        """A fresh context manager for the same mode."""
        return type(self)(self.mode)


class inference_mode(_Mode):
    """Record nothing and make tensors that can never be recorded, which is cheaper still.

    ``inference_mode(False)`` ends an enclosing inference mode for the block and, as in PyTorch,
    records even inside `no_grad`.
    """

    mode: bool

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> inference_mode:
        """Make a context manager, or decorate what is given in place of a mode."""
        if not isinstance(mode, bool):
            return cast(inference_mode, cls()(mode))
        self = object.__new__(cls)
        self.mode = mode
        return self

    def __enter__(self) -> None:
        self.prev_grad = _set_grad_enabled(not self.mode)
        self.prev = _set_inference_mode(self.mode)

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        _set_inference_mode(self.prev)
        _set_grad_enabled(self.prev_grad)

    def clone(self) -> inference_mode:
        """A fresh context manager for the same mode."""
        return type(self)(self.mode)


class set_multithreading_enabled(_Mode):
    """Accepted for PyTorch's sake: backward runs in the thread that calls it, in either mode."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        pass

    def clone(self) -> set_multithreading_enabled:
        """A fresh context manager for the same mode."""
        return type(self)(self.mode)
