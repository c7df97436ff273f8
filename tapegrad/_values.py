"""What the small value types share: no program writes them, and they refuse as compiled ones do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


class ReadOnly:
    """Base of values whose attributes programs cannot write; they are set by :meth:`_describe`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{_named(self)} object has no attribute '{name}'")

    def __setattr__(self, name: str, value: object = None) -> None:
        if hasattr(self, name):
            raise AttributeError(f"attribute '{name}' of {_named(self)} objects is not writable")
        raise AttributeError(f"{_named(self)} object has no attribute '{name}'")

    __delattr__ = __setattr__

    def _describe(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)


def _named(value: object) -> str:
    """A value's type as messages write it, with its module."""
    return f"'{type(value).__module__}.{type(value).__name__}'"


_refusal: Callable[[str, tuple, dict[str, Any]], Exception | None] | None = None


def register_refusal(function: Callable[[str, tuple, dict[str, Any]], Exception | None]) -> None:
    """Hand in what words the error of a call that none of a constructor's forms takes."""
    global _refusal
    _refusal = function


def constructor(init: Callable) -> Callable:
    """Let PyTorch's forms of a type say what is wrong with the arguments that made it fail."""

    @wraps(init)
    def explained(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            init(self, *args, **kwargs)
        except TypeError as error:
            refusal = _refusal and _refusal(type(self).__name__, args, kwargs)
            raise refusal or error from None

    return explained


__all__ = ["ReadOnly", "constructor", "register_refusal"]
