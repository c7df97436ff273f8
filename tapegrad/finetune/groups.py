"""Layers from bottom to top, and the groups that an optimizer gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tapegrad.finetune._patterns import Patterns, check_found, listed, matches
from tapegrad.nn import GroupNorm, LayerNorm, Module, ModuleDict, ModuleList, Parameter, Sequential
from tapegrad.nn.batchnorm import _NormBase
from tapegrad.nn.normalization import RMSNorm

NORMS = (_NormBase, LayerNorm, GroupNorm, RMSNorm)
_LISTS = (Sequential, ModuleList, ModuleDict)


def layer_groups(model: Module) -> list[list[str]]:
    """The blocks of a model from input to output, each as the names of its modules.

    Lists that repeat a class of blocks are opened, and what lies around such lists; a normalisation
    between blocks belongs to the block before it. ``resnet18`` has the groups ``[["conv1", "bn1"],
    ["layer1.0"], ["layer1.1"], ..., ["fc"]]``. The names are patterns for :func:`unfreeze`.
    """
    groups: list[list[str]] = []
    for name, part in _blocks(model, ""):
        if isinstance(part, NORMS) and groups:
            groups[-1].append(name)
        else:
            groups.append([name])
    return groups


def _blocks(parent: Module, prefix: str) -> Iterator[tuple[str, Any]]:
    """The parameters of ``parent`` itself, and the blocks below it."""
    yield from parent.named_parameters(prefix[:-1], recurse=False)
    is_stack = _repeats(parent)
    for name, child in parent.named_children():
        if _opens(child, is_stack):
            yield from _blocks(child, f"{prefix}{name}.")
        elif _has_parameters(child):
            yield prefix + name, child


def _opens(module: Module, in_stack: bool) -> bool:
    """Whether blocks lie below a module; what is no list is itself a block in a stack of such."""
    is_list = isinstance(module, _LISTS)
    if is_list and _repeats(module):
        return True
    return (is_list or not in_stack) and any(_opens(child, False) for child in module.children())


def _repeats(module: Module) -> bool:
    kinds = [type(child) for child in module.children() if _has_parameters(child)]
    return isinstance(module, _LISTS) and len(set(kinds)) < len(kinds)


def _has_parameters(module: Module) -> bool:
    return next(module.parameters(), None) is not None


def discriminative_lr(
    model: Module, lr: float, factor: float = 2.6, groups: Sequence[Patterns] | None = None,
    *, include_frozen: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Groups for an optimizer whose learning rates fall from the top layers to the bottom ones.

    The k-th layer group below the top one gets ``lr / factor**k``; ``groups`` lists patterns from
    bottom to top in place of :func:`layer_groups`. A shared parameter is in the lowest group that
    has it, a frozen one in none unless ``include_frozen``. Raises ValueError for a pattern that
    fits nothing and for a parameter in no group. Source: Howard and Ruder 2018.
    """
    if not (lr >= 0 and factor > 0):
        raise ValueError(f"lr={lr} must not be negative, factor={factor} must be positive")
    members = group_parameters(model, groups)
    rates = [lr / factor**k for k in reversed(range(len(members)))]
    rated = [{"params": part, "lr": rate} for part, rate in zip(members, rates, strict=True)]
    return _non_empty(rated, include_frozen)


def group_parameters(
    model: Module, groups: Sequence[Patterns] | None = None
) -> list[list[Parameter]]:
    """The parameters of each layer group from bottom to top, each parameter once."""
    wanted = layer_groups(model) if groups is None else [listed(group) for group in groups]
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    check_found((pattern for group in wanted for pattern in group), names, "parameter or module")
    members: list[list[Parameter]] = [[] for _ in wanted]
    for name, parameter in model.named_parameters():
        place = next((k for k, group in enumerate(wanted) if matches(name, group)), None)
        if place is None:
            raise ValueError(f"no layer group holds the parameter '{name}'")
        members[place].append(parameter)
    return members


def param_groups(
    model: Module, weight_decay: float, no_decay: Patterns | None = None,
    *, include_frozen: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Groups for an optimizer: parameters with weight decay, and those without.

    Without it are those that ``no_decay`` fits (see :func:`freeze` for patterns), by default biases
    and normalisations: parameters of at most one dimension and those of normalising layers. A
    shared parameter comes once, and has no decay if one of its places has none; a frozen one is
    left out unless ``include_frozen``. Raises ValueError for a pattern that fits nothing.
    """
    if not weight_decay >= 0:
        raise ValueError(f"Invalid weight_decay value: {weight_decay}")
    spared = _spared(model) if no_decay is None else _fitting(model, listed(no_decay))
    decayed = [p for p in model.parameters() if p not in spared]
    kept = [p for p in model.parameters() if p in spared]
    groups = [{"params": decayed, "weight_decay": weight_decay},
              {"params": kept, "weight_decay": 0.0}]  # fmt: skip
    return _non_empty(groups, include_frozen)


def _spared(model: Module) -> set[Parameter]:
    of_norms = {p for module in model.modules() if isinstance(module, NORMS)
                for p in module.parameters()}  # fmt: skip
    return of_norms | {p for p in model.parameters() if p.ndim <= 1}


def _fitting(model: Module, patterns: list[str]) -> set[Parameter]:
    named = list(model.named_parameters(remove_duplicate=False))
    check_found(patterns, [name for name, _ in named], "parameter or module")
    return {parameter for name, parameter in named if matches(name, patterns)}


def _non_empty(groups: list[dict[str, Any]], include_frozen: bool) -> list[dict[str, Any]]:
    """Leave frozen parameters out, and then groups without any."""
    kept = []
    for group in groups:
        members = [p for p in group["params"] if include_frozen or p.requires_grad]
        if members:
            kept.append({**group, "params": members})
    return kept
