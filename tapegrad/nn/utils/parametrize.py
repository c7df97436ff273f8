"""Tensors of a module that are computed from others each time they are read."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.container import ModuleDict
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter
from tapegrad.nn.utils._parametrization_list import (
    ParametrizationList,
    check_registered,
    register_tensor,
)

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    """What parametrized tensors were computed as, while any :func:`cached` block is open."""

    n_blocks = 0
    values: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once inside the block, however often it is read."""
    _Cache.n_blocks += 1
    try:
        yield
    finally:
        _Cache.n_blocks -= 1
        if not _Cache.n_blocks:
            _Cache.values = {}


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, or one of this name."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Make ``module.tensor_name`` the result of ``parametrization`` of the tensor it was.

    The tensor moves to ``module.parametrizations.tensor_name.original``; several parametrizations
    are applied in the order of registration. Assigning to the name calls ``right_inverse``.
    Unless ``unsafe``, ValueError is raised where shape or dtype change.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.parametrize.register_parametrization.html
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(getattr(module, tensor_name), parametrization, tensor_name)
        chain = _chain(module, tensor_name)
        chain.append(parametrization)
        chain.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        chain = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _parametrized_class(type(module))
            module.parametrizations = ModuleDict()
        setattr(type(module), tensor_name, _computed(tensor_name))
        module.parametrizations[tensor_name] = chain
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    return module


def _chain(module: Any, tensor_name: str) -> Any:
    return module.parametrizations[tensor_name]


def _check_next(tensor: Tensor, parametrization: Any, name: str) -> None:
    """Refuse a further parametrization that changes shape or dtype on the way or back."""
    result = parametrization(tensor)
    described = {f"module.{name}.{{}}": tensor, f"parametrization(module.{name}).{{}}": result}
    check_registered(described, "the `unsafe`")
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        inverse = parametrization.right_inverse(result)
    except NotImplementedError:
        return
    if not isinstance(inverse, Tensor):
        raise ValueError(
            "parametrization.right_inverse must return a tensor. Got: "
            f"{type(inverse).__name__}"
        )
    for attribute in ("dtype", "shape"):
        if getattr(inverse, attribute) != getattr(tensor, attribute):
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same "
                f"{attribute} as module.{name}, unless the `unsafe` flag is enabled.\n"
                f"module.{name}.{attribute}: {getattr(tensor, attribute)}\n"
                f"returned {attribute}: {getattr(inverse, attribute)}"
            )


def _parametrized_class(cls: type) -> type:
    """A class of this one module's own, which can hold properties."""
    members: dict[str, Any] = {"__getstate__": _refuse_state}
    if getattr(cls, "__deepcopy__", None) is Module.__deepcopy__:
        members["__deepcopy__"] = _deepcopy
    return type(f"Parametrized{cls.__name__}", (cls,), members)


def _refuse_state(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    if id(self) in memo:
        return memo[id(self)]
    replica = memo[id(self)] = self.__new__(type(self))
    replica.__dict__ = deepcopy(self.__dict__.copy(), memo)
    for slot in copyreg._slotnames(type(self)):  # type: ignore[attr-defined]
        if hasattr(self, slot):
            setattr(replica, slot, deepcopy(getattr(self, slot), memo))
    return replica


def _computed(tensor_name: str) -> property:
    """The property that computes a tensor when it is read, and inverts when it is written."""

    def get(self: Any) -> Tensor:
        chain = _chain(self, tensor_name)
        if not _Cache.n_blocks:
            return chain()
        key = (id(self), tensor_name)
        if key not in _Cache.values:
            _Cache.values[key] = chain()
        return _Cache.values[key]

    def set(self: Any, value: Tensor) -> None:
        _chain(self, tensor_name).right_inverse(value)

    return property(get, set)


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a parametrized tensor an ordinary one again: as computed, or the original.

    Raises ValueError where there is no parametrization, and for ``leave_parametrized=False`` where
    the original is several tensors.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    chain = _chain(module, tensor_name)
    if chain.is_tensor:
        original = chain.original
        if leave_parametrized:
            with tapegrad.no_grad():
                original.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        tensor = getattr(module, tensor_name)
        original = Parameter(tensor) if tensor.requires_grad else tensor
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    register_tensor(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give ``to_module`` one or all parametrizations of another, with their original tensors."""
    if not is_parametrized(from_module):
        return to_module
    names = from_module.parametrizations if tensor_name is None else [tensor_name]
    for name in names:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        source = _chain(from_module, name)
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = _chain(to_module, name)
        ends = [""] if source.is_tensor else range(source.ntensors)
        for end in ends:
            setattr(target, f"original{end}", getattr(source, f"original{end}"))
    return to_module
