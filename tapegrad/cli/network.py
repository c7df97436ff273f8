"""A pretrained network made ready for other classes."""

from __future__ import annotations

from pathlib import Path

from tapegrad import load
from tapegrad.finetune import freeze, replace_head
from tapegrad.finetune.head import head_name
from tapegrad.nn import Module
from tapegrad.vision.models import get_model


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
        freeze(model, except_=head_name(model))
    return model


__all__ = ["make_network"]
