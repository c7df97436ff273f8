"""TorchScript: what would be compiled is given back and runs in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapegrad._absent import answer, refusal
from tapegrad.compiler import note_once
from tapegrad.nn import Module


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The module, function or class itself. Warns once that nothing is compiled."""
    if not callable(obj):
        raise TypeError(f"{type(obj)} is a built-in class")
    note_once("torch.jit.script gives its argument back")
    return obj


def trace(func: Callable, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The module or function itself, after one call of it with the example, as a trace makes one.

    What depends on values goes on to do so: that is what ``func`` does. Warns once.
    """
    example = kwargs.get("example_kwarg_inputs") or {}
    if example_inputs is not None:
        is_single = not isinstance(example_inputs, (tuple, list))
        func(*((example_inputs,) if is_single else example_inputs))
    elif example:
        func(**example)
    note_once("torch.jit.trace gives its argument back")
    return func


def script_if_tracing(fn: Callable) -> Callable:
    """The function itself."""
    return fn


def _marks(fn: Any = None, **kwargs: Any) -> Any:
    """A mark for the compiler: gives the function back, or a decorator that does."""
    return fn if callable(fn) else lambda function: function


ignore = unused = _marks


def export(fn: Callable) -> Callable:
    """The method itself: a mark for the compiler."""
    return fn


script_method = interface = export


def freeze(mod: Module, *args: Any, **kwargs: Any) -> Module:
    """The module itself."""
    return mod


optimize_for_inference = freeze


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself."""
    return the_value


Final = Attribute = annotate
is_scripting = is_tracing = answer(False)
load = save = refusal(
    RuntimeError,
    "tapegrad reads and writes no TorchScript archives: use torch.save and a state_dict",
)
ScriptModule = Module

__all__ = [
    "Attribute", "Final", "ScriptModule", "annotate", "export", "freeze", "ignore", "interface",
    "is_scripting", "is_tracing", "load", "optimize_for_inference", "save", "script",
    "script_if_tracing", "script_method", "trace", "unused",
]  # fmt: skip
