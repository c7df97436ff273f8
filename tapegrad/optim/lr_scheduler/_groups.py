"""Options of an optimizer's groups, read and written by schedulers."""

from __future__ import annotations

from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.optim.optimizer import Optimizer


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copied(value: Any) -> Any:
    """The value; a tensor as it is now."""
    return value.clone() if isinstance(value, Tensor) else value


def values_of(optimizer: Optimizer, option: str) -> list[Any]:
    """The option of every group."""
    return [copied(group[option]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], option: str, value: Any) -> None:
    """Write a group's option; one that is a tensor keeps its memory."""
    if isinstance(group[option], Tensor):
        group[option].fill_(value.squeeze() if isinstance(value, Tensor) else value)
    else:
        group[option] = value


def one_each(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value a group, out of a list of that length or one value for all."""
    n = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        value = [value] * n
    elif len(value) != n:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} "
            f"values, param_groups has {n}."
        )
    return [copied(part) for part in value]


def uses_betas(optimizer: Optimizer) -> bool:
    """Whether the momentum is the first of ``betas``."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
        )
    return "betas" in optimizer.defaults


def set_momentum(group: dict[str, Any], momentum: Any, is_beta: bool) -> None:
    """Write a group's momentum."""
    if is_beta:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def start_momentum(
    optimizer: Optimizer, largest: list[Any], smallest: list[Any], is_beta: bool
) -> None:
    """Begin a cycle at the largest momentum, and note both ends in the groups."""
    for group, most, least in zip(optimizer.param_groups, largest, smallest, strict=True):
        set_momentum(group, most, is_beta)
        group["max_momentum"], group["base_momentum"] = most, least
