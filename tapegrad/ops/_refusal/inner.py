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


def by_flag(name: str, position: int, if_false: Written, if_true: Written) -> Written:
    """The one of two functions that PyTorch chooses by the truth of an argument."""

    def chosen(*args: Any, **kwargs: Any) -> Inner | None:
        flag = kwargs[name] if name in kwargs else position < len(args) and args[position]
        return (if_true if flag else if_false)(*args, **kwargs)

    return chosen


def optional_out(out: Any) -> dict[str, Any]:
    """The keyword ``out``, unless it is None."""
    return {} if out is None else {"out": out}


__all__ = ["Inner", "Written", "by_flag", "call", "optional_out"]
