"""Finding and replacing the layer that tells classes apart."""

from __future__ import annotations

from tapegrad.finetune.groups import NORMS
from tapegrad.nn import Linear, Module

HEADS = ("fc", "classifier", "head", "_fc")


def replace_head(model: Module, num_classes: int) -> Linear:
    """Put a new linear layer for ``num_classes`` in the place of a model's last one; give it.

    The head is the last ``Linear`` of ``fc``, ``classifier``, ``head`` or ``_fc``, else
    that of the model, if nothing with parameters follows it and it is not a text encoder's pooler.
    The new one has its input width, bias, dtype and mode, first values of its own, and is trained.
    Raises ValueError where there is no head, TypeError or ValueError for a bad number of classes.
    """
    if isinstance(num_classes, bool) or not isinstance(num_classes, int):
        raise TypeError(f"num_classes must be int, not {type(num_classes).__name__}")
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1, not {num_classes}")
    name = head_name(model)
    old = model.get_submodule(name)
    new = Linear(old.in_features, num_classes, old.bias is not None, dtype=old.weight.dtype)
    model.set_submodule(name, new.train(old.training))
    return new


def head_name(model: Module) -> str:
    """The dotted name of a model's head."""
    for place in HEADS:
        part = getattr(model, place, None)
        found = _linears(part, place) if isinstance(part, Module) else []
        if found:
            return found[-1]
    name = (_linears(model, "") or [""])[-1]
    objection = _objection(model, name)
    if objection:
        raise ValueError(
            f"{type(model).__name__} has no head to replace: {objection}. Put one on top of it: "
            "nn.Sequential(model, nn.Linear(width, num_classes))"
        )
    return name


def _objection(model: Module, name: str) -> str | None:
    """Why the last linear layer of a model is no head."""
    if not name:
        return "no Linear lies in it"
    if "pooler" in name.split("."):
        return f"its last Linear, '{name}', pools"
    follows = _after(model, name)
    return f"after its last Linear, '{name}', comes '{follows}'" if follows else None


def _linears(module: Module, prefix: str) -> list[str]:
    return [name for name, part in module.named_modules(prefix=prefix) if isinstance(part, Linear)]


def _after(model: Module, name: str) -> str | None:
    """The first module with parameters of its own, or normalisation, that comes after ``name``."""
    names = [place for place, part in model.named_modules()
             if isinstance(part, NORMS) or next(part.parameters(recurse=False), None) is not None]
    later = names[names.index(name) + 1 :]
    return later[0] if later else None
