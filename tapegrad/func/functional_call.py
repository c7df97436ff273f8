"""Calling a module with other parameters than its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.nn import Module
from tapegrad.nn.utils.stateless import call_with
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
    return call_with(module, given, args, kwargs, tie_weights, strict)


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
