"""From PyTorch's samples and functions to tapegrad's."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tapegrad
from tapegrad._types import BY_NUMPY_NUMBER


class NotOurs(Exception):
    """A sample holds what tapegrad leaves out: complex numbers, say."""


class Missing(Exception):
    """The operation is not there."""


_SEED = 42
MAX_DIMS = 64


def to_ours(value: Any) -> Any:
    """Translate an argument: strides, dtype, gradients and generators are kept."""
    if isinstance(value, torch.Tensor):
        return tensor(value)
    if isinstance(value, torch.dtype):
        return dtype(value)
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(to_ours(item) for item in value)
    if isinstance(value, torch.Size):
        return tapegrad.Size(value)
    if isinstance(value, dict):
        return {key: to_ours(item) for key, item in value.items()}
    if isinstance(value, (torch.layout, torch.memory_format, torch.device)):
        return _constant(value)
    if isinstance(value, torch.Generator):
        return tapegrad.Generator().manual_seed(value.initial_seed())
    if isinstance(value, complex):
        raise NotOurs("a complex number")
    if isinstance(value, torch.nn.Module):
        return _named(tapegrad.nn, type(value).__name__)()
    if isinstance(value, slice):
        return slice(to_ours(value.start), to_ours(value.stop), to_ours(value.step))
    if callable(value):
        return function(value)
    return value


def tensor(value: Any) -> Any:
    """Translate a tensor: other memory, laid out alike."""
    if value.layout is not torch.strided:
        raise NotOurs("a sparse tensor")
    if value.device.type != "cpu":
        raise NotOurs("a tensor on another device")
    if value.dim() > MAX_DIMS:
        raise NotOurs("a tensor of more dimensions than an array can have")
    number = dtype(value.dtype)
    flat = torch.empty(0, dtype=value.dtype).set_(value.untyped_storage().clone()).numpy()
    size = value.element_size()
    view = np.lib.stride_tricks.as_strided(
        flat[value.storage_offset():] if value.numel() else flat, value.shape,
        [step * size for step in value.stride()])
    made = tapegrad.from_numpy(view)
    if made.dtype is not number:
        raise AssertionError(f"converting {value.dtype} gave {made.dtype}")
    return made.requires_grad_() if value.requires_grad else made


def dtype(value: Any) -> Any:
    """Translate a dtype."""
    if not holds(value):
        raise NotOurs(str(value))
    return getattr(tapegrad, str(value).removeprefix("torch."))


def holds(value: Any) -> bool:
    """Whether tensors of ours can have a dtype; some are there by name only."""
    found = getattr(tapegrad, str(value).removeprefix("torch."), None)
    return found in BY_NUMPY_NUMBER.values()


def function(value: Callable) -> Callable:
    """Find our counterpart of a public function; run a wrapper's own code on our library."""
    path = _paths().get(id(value))
    if path:
        return _find(path)
    if isinstance(value, functools.partial):
        return functools.partial(function(value.func), *to_ours(value.args),
                                 **to_ours(value.keywords))
    if isinstance(value, types.FunctionType):
        names = dict(value.__globals__, torch=tapegrad, wrapper_set_seed=_seeded)
        made = types.FunctionType(value.__code__, names, value.__name__, value.__defaults__,
                                  value.__closure__)
        made.__kwdefaults__ = value.__kwdefaults__
        return made
    if getattr(value, "__module__", "") in ("_operator", "operator", "builtins"):
        return value
    raise NotOurs(f"the function {value!r}")


def operation(entry: Any) -> Callable:
    """Find our counterpart of an entry's operation."""
    if _is_wrapper(entry.op):
        return function(entry.op)
    if entry.name.startswith("__"):
        return _find(("Tensor", entry.name))
    return _find(tuple(entry.name.split(".")))


def method(name: str) -> Callable:
    """Find one of our tensors' methods."""
    return _find(("Tensor", name))


def reseed(library: Any) -> None:
    """Let both libraries draw the same numbers.

    PyTorch's ``manual_seed`` also formats a stack to queue the seed for each kind of accelerator,
    which takes longer than most of the calls that are compared.
    """
    library.default_generator.manual_seed(_SEED)


def path(name: str) -> Callable:
    """Find one of our functions by its dotted name."""
    return _find(tuple(name.split(".")))


def _is_wrapper(value: Any) -> bool:
    return isinstance(value, types.FunctionType) \
        and value.__module__.startswith("torch.testing._internal")


def _seeded(run: Callable, *args: Any, **kwargs: Any) -> Any:
    reseed(tapegrad)
    return run(*args, **kwargs)


def _find(path: tuple[str, ...]) -> Any:
    found: Any = tapegrad
    for name in path:
        found = _named(found, name)
    return found


def _named(space: Any, name: str) -> Any:
    try:
        return getattr(space, name)
    except AttributeError:
        where = space.__name__ if isinstance(space, types.ModuleType) else "tapegrad.Tensor"
        raise Missing(f"there is no {where}.{name}") from None


def _constant(value: Any) -> Any:
    if isinstance(value, torch.device):
        return tapegrad.device(str(value))
    name = str(value).removeprefix("torch.")
    if not hasattr(tapegrad, name):
        raise NotOurs(str(value))
    return getattr(tapegrad, name)


@functools.cache
def _paths() -> dict[int, tuple[str, ...]]:
    return {id(found): path for path, found in _public().items()}


@functools.cache
def _public() -> dict[tuple[str, ...], Any]:
    spaces = {(): torch, ("Tensor",): torch.Tensor, ("linalg",): torch.linalg,
              ("special",): torch.special, ("nn", "functional"): torch.nn.functional}
    found = {(*path, name): getattr(space, name, None)
             for path, space in spaces.items() for name in dir(space)}
    return {path: value for path, value in found.items()
            if callable(value) and not isinstance(value, type)}
