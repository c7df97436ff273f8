"""Calling a module with other parameters than its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.nn import Module
from tapegrad.ops.shape import stack

_Tensors = dict[str, Tensor]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: _Tensors | Sequence[_Tensors],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call ``module(*args, **kwargs)`` with tensors in place of its parameters and buffers.

    The tensors come by their full names; what is not named stays as it is. ``tie_weights`` gives
    tied parameters the same value. With ``strict`` all names must be there and no others.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.functional_call.html
    """
    given = _merged(parameter_and_buffer_dicts)
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


def _merged(given: Any) -> _Tensors:
    """One dictionary of several; RuntimeError for names that come twice."""
    if isinstance(given, dict):
        return given
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(given)}"
        )
    if not all(isinstance(one, dict) for one in given):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for one in given for name in one]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {name: value for one in given for name, value in one.items()}


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


def stack_module_state(models: Sequence[Module]) -> tuple[_Tensors, _Tensors]:
    """The parameters and the buffers of models of one class, each stacked along a new dimension 0.

    Stacked parameters are leaves that require grad where the originals do.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.func.stack_module_state.html
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if not (all(one.training for one in models) or all(not one.training for one in models)):
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if not all(type(one) is type(models[0]) for one in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(one.named_parameters()) for one in models]
    buffers = [dict(one.named_buffers()) for one in models]
    return (
        {name: _stacked([one[name] for one in parameters]) for name in parameters[0]},
        {name: _stacked([one[name] for one in buffers]) for name in buffers[0]},
    )


def _stacked(tensors: list[Tensor]) -> Tensor:
    """One tensor of several; a leaf that requires grad if they do."""
    wants_grad = {one.requires_grad for one in tensors}
    if len(wants_grad) > 1:
        raise RuntimeError(
            "Expected parameters from each model to have the same .requires_grad"
        )
    with no_grad():
        return stack(tensors).requires_grad_(wants_grad == {True})


__all__ = ["functional_call", "stack_module_state"]
