"""The classes and functions that the user lets ``load(weights_only=True)`` build with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad.serialization.names import torch_name

_Global = Callable | tuple[Callable, str]
_marked: set[Any] = set()


def add_safe_globals(safe_globals: list[_Global]) -> None:
    """Let files name these classes and functions, or pairs of one and the name in the file.

    Source: https://docs.pytorch.org/docs/2.13/notes/serialization.html
    """
    _marked.update(safe_globals)


def get_safe_globals() -> list[_Global]:
    """What was added so far."""
    return list(_marked)


def clear_safe_globals() -> None:
    """Forget all that was added."""
    _marked.clear()


class safe_globals:
    """Add classes and functions for the length of a ``with`` block."""

    def __init__(self, safe_globals: list[_Global]) -> None:
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *exception: Any) -> None:
        _marked.difference_update(self.safe_globals)


def marked_names() -> dict[str, Any]:
    """What was added, by the names that files use: a class of ours also has PyTorch's name."""
    named: dict[str, Any] = {}
    for one in _marked:
        if isinstance(one, tuple):
            value, name = _checked_pair(one)
            named[name] = value
        else:
            named[f"{one.__module__}.{one.__qualname__}"] = one
            named[".".join(torch_name(one))] = one
    return named


def _checked_pair(pair: tuple) -> tuple[Any, str]:
    if len(pair) != 2:
        raise ValueError(
            "Expected tuple of length 2 (global, str of callable full path), but got tuple of "
            f"length: {len(pair)}"
        )
    if type(pair[1]) is not str:
        raise TypeError(
            "Expected second item in tuple to be str of callable full path, but got: "
            f"{type(pair[1])}"
        )
    return pair
