"""A pretrained network made ready for other classes, by PyTorch's plain idioms."""

from __future__ import annotations

from pathlib import Path

from tapegrad import load
from tapegrad.nn import Linear, Module
from tapegrad.nn.batchnorm import _BatchNorm
from tapegrad.vision.models import get_model


def head_name(model: Module) -> str:
    """The dotted name of the layer that tells classes apart: the last linear one."""
    return [name for name, one in model.named_modules() if isinstance(one, Linear)][-1]


def replace_head(model: Module, n_classes: int) -> None:
    """Put a new layer for other classes in the head's place."""
    name = head_name(model)
    old = model.get_submodule(name)
    model.set_submodule(name, Linear(old.in_features, n_classes))


def freeze_body(model: Module) -> None:
    """Train the head alone; batch norms keep their statistics."""
    model.requires_grad_(False)
    model.get_submodule(head_name(model)).requires_grad_(True)
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.eval()


def pretrained(arch: str, weights: str) -> Module:
    """A network with the weights of a file, for any number of classes, or of a published set."""
    if not Path(weights).suffix:
        return get_model(arch, weights=weights)
    model, state = get_model(arch), load(weights)
    head = state.get(f"{head_name(model)}.weight")
    if head is not None:
        replace_head(model, len(head))
    model.load_state_dict(state)
    return model


def make_network(arch: str, weights: str | None, n_classes: int, is_frozen: bool) -> Module:
    """A network with pretrained weights, or random ones, and a new head."""
    model = get_model(arch) if weights is None else pretrained(arch, weights)
    replace_head(model, n_classes)
    if is_frozen:
        freeze_body(model)
    return model


__all__ = ["make_network", "replace_head"]
