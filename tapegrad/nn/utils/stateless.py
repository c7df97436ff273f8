"""Calling a module with other tensors than its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn.module import Module

__all__ = ["functional_call"]

_Tensors = dict[str, Tensor]


def functional_call(
    module: Module,
    parameters_and_buffers: _Tensors,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The deprecated place of ``torch.func.functional_call``, for a single dictionary."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be "
        "removed in a future version of PyTorch. Please use `torch.func.functional_call` instead "
        "which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def call_with(
    module: Module,
    given: _Tensors,
    args: Any,
    kwargs: dict[str, Any] | None,
    tie_weights: bool,
    strict: bool,
) -> Any:
    """Call ``module(*args, **kwargs)`` with the tensors that are ``given`` by their full names."""
    own = _own_tensors(module)
    if tie_weights:
        given = _with_tied(given, own)
    if strict:
        _check_names(module, given, own)
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    with _replaced(module, given):
        return module(*args, **(kwargs or {}))


def _own_tensors(module: Module) -> _Tensors:
    own: _Tensors = {}
    own.update(module.named_parameters(remove_duplicate=False))
    own.update(module.named_buffers(remove_duplicate=False))
    return own


def _with_tied(given: _Tensors, own: _Tensors) -> _Tensors:
    """The same with a value for every name of a tensor that is named at least once."""
    names_of: dict[int, list[str]] = {}
    for name, value in own.items():
        names_of.setdefault(id(value), []).append(name)
    complete = dict(given)
    for names in names_of.values():
        values = [given[name] for name in names if name in given]
        if any(one is not values[0] for one in values):
            named = sorted(name for name in names if name in given)
            raise ValueError(
                f"functional_call got multiple values for keys {named}, which are tied. Consider "
                "using tie_weights=False"
            )
        if values:
            complete.update(dict.fromkeys(names, values[0]))
    return complete


def _check_names(module: Module, given: _Tensors, own: _Tensors) -> None:
    lines = [
        f"\n\t{what} key(s): {', '.join(map(repr, sorted(names)))}."
        for what, names in (("Unexpected", given.keys() - own.keys()),
                            ("Missing", own.keys() - given.keys()))
        if names
    ]  # fmt: skip
    if lines:
        kind = type(module).__name__
        raise RuntimeError(f"Error(s) in reparametrizing for {kind}:" + "".join(lines))


@contextmanager
def _replaced(module: Module, given: _Tensors) -> Iterator[None]:
    """Other tensors in a module inside a block; what they write to stays theirs."""
    places = [(*_place_of(module, name), value) for name, value in given.items()]
    for _, _, value in places:
        if not (value is None or isinstance(value, Tensor)):
            raise TypeError(f"{value!r} is not an instance of torch.Tensor")
    before = [(registry, name, registry.get(name)) for registry, name, _ in places]
    try:
        for registry, name, value in places:
            if name in registry:
                registry[name] = value
        yield
    finally:
        for registry, name, own in before:
            if name in registry:
                registry[name] = own


def _place_of(module: Module, full_name: str) -> tuple[dict[str, Any], str]:
    """The registry that holds a tensor, and its name there; an empty one for what is not there."""
    if not full_name:
        raise KeyError('tensor name can\'t be empty string ""')
    *path, name = full_name.split(".")
    for step in path:
        kind = type(module).__name__
        try:
            module = getattr(module, step)
        except AttributeError:
            raise AttributeError(f"{kind} has no attribute `{step}`") from None
    for registry in (module._parameters, module._buffers):
        if name in registry:
            return registry, name
    held = getattr(module, name, None)
    if held is not None and not isinstance(held, Tensor):
        raise TypeError(f"attribute `{name}`: {held!r} is not an instance of torch.Tensor")
    return {}, name
