"""The calls of compiled functions that PyTorch's functions in Python make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Inner(NamedTuple):
    """The call of a compiled function, or of a method where the name starts with a dot."""

    name: str
    args: tuple
    kwargs: dict[str, Any]


def call(name: str, /, *args: Any, **kwargs: Any) -> Inner:
    """Write a call as it reads."""
    return Inner(name, args, kwargs)


Written = Callable[..., Inner | None]  # a function in Python, and what it calls if that refuses


def after_flags(function: Written, **flags: int) -> Written:
    """A function that PyTorch chooses by the truth of some arguments, before it is called."""

    def chosen(*args: Any, **kwargs: Any) -> Inner | None:
        for name, position in flags.items():
            bool(kwargs[name] if name in kwargs else position < len(args) and args[position])
        return function(*args, **kwargs)

    return chosen


def optional_out(out: Any) -> dict[str, Any]:
    """The keyword ``out``, unless it is None."""
    return {} if out is None else {"out": out}


__all__ = ["Inner", "Written", "after_flags", "call", "optional_out"]
