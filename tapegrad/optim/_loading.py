"""How an optimizer reads a state dict back."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor


def load_groups(groups: list[dict[str, Any]], saved: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The saved options with the present parameters."""
    if len(groups) != len(saved):
        raise ValueError("loaded state dict has a different number of parameter groups")
    if any(len(a["params"]) != len(b["params"]) for a, b in zip(groups, saved, strict=True)):
        raise ValueError(
            "loaded state dict contains a parameter group that doesn't match the size of "
            "optimizer's group"
        )
    return [_load_group(group, kept) for group, kept in zip(groups, saved, strict=True)]


def _load_group(group: dict[str, Any], saved: dict[str, Any]) -> dict[str, Any]:
    saved["params"] = group["params"]
    if "param_names" in group and "param_names" not in saved:
        saved["param_names"] = group["param_names"]
    return saved


def load_state(groups: list[dict[str, Any]], state_dict: dict[str, Any]) -> defaultdict[Any, Any]:
    """The saved state of every parameter, in the parameter's dtype."""
    numbers = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
    parameters = dict(
        zip(numbers, chain.from_iterable(group["params"] for group in groups), strict=True)
    )
    state: defaultdict[Any, Any] = defaultdict(dict)
    single_steps = {
        number
        for group in state_dict["param_groups"]
        for number in group["params"]
        if group.get("fused") or group.get("capturable")
    }
    for number, value in state_dict["state"].items():
        if number in parameters:
            state[parameters[number]] = _cast(parameters[number], value, number in single_steps)
        else:
            state[number] = value
    return state


def _cast(parameter: Tensor, value: Any, is_single: bool, key: str | None = None) -> Any:
    """``value`` with its tensors converted to what ``parameter`` is; steps are counted as they
    were, or in float32 where PyTorch would count them on a device.
    """
    if isinstance(value, Tensor):
        if key == "step":
            return value.to(dtype=tapegrad.float32) if is_single else value
        return value.to(dtype=parameter.dtype) if parameter.is_floating_point() else value
    if isinstance(value, dict):
        return {name: _cast(parameter, entry, is_single, name) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(parameter, entry, is_single) for entry in value)
    return value
