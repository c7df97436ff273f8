"""The base of every optimizer: groups of parameters, their state, hooks."""

from __future__ import annotations

import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

import tapegrad
from tapegrad._tensor import RemovableHandle, Tensor, drop_gradients
from tapegrad.optim._hooks import (
    HOOK_NAMES,
    register,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    replaced_by,
    with_hooks,
)
from tapegrad.optim._loading import load_groups, load_state


class _Required:
    """The mark of an option without default."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()
ParamsT: TypeAlias = "Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]"


class Optimizer:
    """Groups of parameters, each with its options; a subclass says how a step changes them.

    ``params`` is an iterable of tensors, of ``(name, tensor)`` pairs, or of dicts with the key
    ``"params"`` and options that differ from ``defaults``.
    """

    _optimizer_step_pre_hooks: OrderedDict[int, Callable]
    _optimizer_step_post_hooks: OrderedDict[int, Callable]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Callable]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Callable]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Callable]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Callable]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                "dicts, but got " + tapegrad.typename(params)
            )
        self._reset_hooks()
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A subclass's own ``step`` runs the step hooks as well."""
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def _reset_hooks(self) -> None:
        for name in HOOK_NAMES:
            setattr(self, name, OrderedDict())

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters once; a ``closure`` computes the loss anew and returns it."""
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            if set_to_none:
                drop_gradients(group["params"])
                continue
            for parameter in group["params"]:
                if parameter.grad is not None:
                    _off_the_tape(parameter.grad).zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        param_group["params"] = _as_list(param_group["params"])
        _split_names(param_group)
        for parameter in param_group["params"]:
            self._check_parameter(parameter)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
            param_group.setdefault(name, default)
        self._check_group(param_group)
        self.param_groups.append(param_group)

    def _check_parameter(self, parameter: Any) -> None:
        if not isinstance(parameter, Tensor):
            raise TypeError(
                "optimizer can only optimize Tensors, but one of the params is "
                + tapegrad.typename(parameter)
            )
        if not self.defaults.get("differentiable") and not (
            parameter.is_leaf or parameter.retains_grad
        ):
            raise ValueError("can't optimize a non-leaf Tensor")

    def _check_group(self, group: dict[str, Any]) -> None:
        parameters = group["params"]
        if len(parameters) != len(set(parameters)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause "
                "an error; see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=4,
            )
        known = set(chain.from_iterable(known["params"] for known in self.param_groups))
        if self.param_groups and ("param_names" in group) != (
            "param_names" in self.param_groups[0]
        ):
            described = "with names" if "param_names" in group else "without names"
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{described} to the optimizer"
            )
        if not known.isdisjoint(parameters):
            raise ValueError("some parameters appear in more than one parameter group")

    def state_dict(self) -> dict[str, Any]:
        """The options of every group and the state of every parameter, which is known by its
        number.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for parameter in group["params"]:
                numbers.setdefault(id(parameter), len(numbers))
            packed = {name: value for name, value in group.items() if name != "params"}
            packed["params"] = [numbers[id(parameter)] for parameter in group["params"]]
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in self.state.items()
        }
        result = {"state": state, "param_groups": groups}
        return replaced_by(self._optimizer_state_dict_post_hooks, self, result)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` of an optimizer with like groups gave."""
        state_dict = state_dict.copy()
        state_dict = replaced_by(self._optimizer_load_state_dict_pre_hooks, self, state_dict)
        groups = load_groups(self.param_groups, deepcopy(state_dict["param_groups"]))
        state = load_state(self.param_groups, state_dict)
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; what it returns replaces the
        arguments.
        """
        return register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` before the state dict is made."""
        return register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` after it is made; what it returns replaces it."""
        return register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; what it returns replaces the
        dict.
        """
        return register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` after loading."""
        return register(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if HOOK_NAMES[0] not in self.__dict__:
            self._reset_hooks()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            options = sorted(name for name in group if name != "params")
            lines += [
                f"Parameter Group {number}",
                *(f"    {name}: {group[name]}" for name in options),
                "",
            ]
        return "\n".join(lines)[:-1] + "\n)"


def _off_the_tape(grad: Tensor) -> Tensor:
    """The gradient itself, without history; a view can only be told to want none."""
    return grad.requires_grad_(False) if grad.grad_fn is None else grad.detach_()


def _as_list(params: Any) -> list[Any]:
    if isinstance(params, Tensor):
        return [params]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering "
            "of tensors in sets will change between runs. Please use a list instead."
        )
    return list(params)


def _split_names(group: dict[str, Any]) -> None:
    """Turn ``(name, tensor)`` pairs into two lists."""
    are_named = [isinstance(entry, tuple) for entry in group["params"]]
    if not any(are_named):
        return
    if not all(are_named):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    group["param_names"] = [name for name, _ in group["params"]]
    group["params"] = [parameter for _, parameter in group["params"]]


def closure_loss(closure: Callable[[], Any] | None) -> Any:
    """What ``closure`` returns, computed on the tape."""
    if closure is None:
        return None
    with tapegrad.enable_grad():
        return closure()


__all__ = [
    "Optimizer",
    "closure_loss",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
]
