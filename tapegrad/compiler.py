"""``torch.compile`` and what belongs to it: programs run as they are written."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from tapegrad._absent import answer

_MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


def compile(
    model: Callable | None = None, *, fullgraph: bool = False, dynamic: bool | None = None,
    backend: Any = "inductor", mode: str | None = None, options: dict | None = None,
    name: str | None = None, disable: bool = False,
) -> Any:  # fmt: skip
    """The model or function itself; without one, a decorator. Warns once that nothing is compiled.

    Raises AssertionError for what cannot be called, RuntimeError for an unknown ``mode``.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if mode is not None and mode not in _MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}")
    if model is None:
        return functools.partial(compile, disable=disable)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if not disable:
        note_once("torch.compile gives the model or function back as it is")
    return model


@functools.cache
def note_once(what: str) -> None:
    """Warn, the first time, that tapegrad compiles nothing."""
    warnings.warn(f"tapegrad runs programs as they are written: {what}", UserWarning, stacklevel=3)


def disable(fn: Callable | None = None, recursive: bool = True, *, reason: str = "") -> Any:
    """The function itself, or a decorator that gives it: nothing would be compiled."""
    return fn if fn is not None else lambda function: function


is_compiling = is_dynamo_compiling = is_exporting = answer(False)
reset = cudagraph_mark_step_begin = set_stance = answer(None)


def allow_in_graph(fn: Any) -> Any:
    """The function itself: there are no graphs to allow it in."""
    return fn


assume_constant_result = allow_in_graph


def list_backends(exclude_tags: Any = ()) -> list[str]:
    """The compilers that there are: none."""
    return []


__all__ = [
    "allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin", "disable",
    "is_compiling", "is_dynamo_compiling", "is_exporting", "list_backends", "reset", "set_stance",
]  # fmt: skip
