"""How a state dict is read back into modules, and what is said about it."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.parameter import Parameter, is_lazy


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What ``load_state_dict`` found too few and too many."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        missing, unexpected = self
        return f"_IncompatibleKeys(missing_keys={missing!r}, unexpected_keys={unexpected!r})"

    __str__ = __repr__


def load_below(
    module: Any,
    state: Any,
    prefix: str,
    metadata: Any,
    assign: bool,
    keys: _IncompatibleKeys,
    errors: list,
) -> None:
    """Load ``module`` and all below it from the part of the state under ``prefix``."""
    local = dict(metadata.get(prefix[:-1], {}))
    if assign:
        local["assign_to_params_buffers"] = True
    module._load_from_state_dict(
        state, prefix, local, True, keys.missing_keys, keys.unexpected_keys, errors
    )
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            part = {key: value for key, value in state.items() if key.startswith(below)}
            load_below(child, part, below, metadata, assign, keys, errors)
    for hook in module._load_state_dict_post_hooks.values():
        if hook(module, keys) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to "
                "return new values, if incompatible_keys need to be modified, it should be done "
                "inplace."
            )


def load_tensor(
    module: Any, name: str, tensor: Tensor, key: str, given: Any, assign: bool
) -> str | None:
    """Read one tensor of a module; what is wrong with it is returned."""
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(given)}"
        )
    is_open = is_lazy(tensor)
    if not is_open and tensor.dim() == 0 and len(given.shape) == 1:
        given = given[0]  # PyTorch before 0.4 had no tensors without dimensions
    if not is_open and given.shape != tensor.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
            f"the shape in current model is {tensor.shape}."
        )
    try:
        with tapegrad.no_grad():
            if assign:
                setattr(module, name, _as_parameter(given, tensor))
            else:
                tensor.copy_(given)
    except Exception as error:
        return (
            f'While copying the parameter named "{key}", whose dimensions in the model are '
            f"{tensor.size()} and whose dimensions in the checkpoint are {given.size()}, "
            f"an exception occurred : {error.args}."
        )
    return None


def _as_parameter(given: Tensor, tensor: Tensor) -> Tensor:
    """``given`` as what ``tensor`` is: a parameter alike, or a buffer."""
    if not isinstance(tensor, Parameter):
        return given
    if not isinstance(given, Parameter):
        return Parameter(given, requires_grad=tensor.requires_grad)
    return given.requires_grad_(tensor.requires_grad)


def describe_keys(kind: str, keys: list[str]) -> list[str]:
    if not keys:
        return []
    listed = ", ".join(f'"{key}"' for key in keys)
    return [f"{kind} key(s) in state_dict: {listed}. "]


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take ``prefix`` off the names of a state, in place: ``module.`` of a wrapped model's."""
    _strip(state_dict, prefix)
    metadata = getattr(state_dict, "_metadata", None)
    if metadata is not None:
        wrapped = prefix.replace(".", "")   # which takes the wrapper's place
        if wrapped in metadata:
            metadata[""] = metadata.pop(wrapped)
        _strip(metadata, prefix)


def _strip(names: dict[str, Any], prefix: str) -> None:
    for name in list(names):
        if name.startswith(prefix):
            names[name[len(prefix) :]] = names.pop(name)
