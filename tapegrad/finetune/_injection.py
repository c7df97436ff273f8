"""Layers that learn something small beside frozen weights: how they are put in, found, taken out.

An adapted layer is the layer itself with another class, a subclass of its own, as
:mod:`tapegrad.nn.utils.parametrize` does it too. So parameters keep their names and their identity,
hooks and shared layers stay, checkpoints of the plain model load, and what reads ``layer.weight``
finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from tapegrad.finetune._patterns import Patterns, check_found, listed, matches
from tapegrad.finetune.freezing import freeze
from tapegrad.nn import Module, MultiheadAttention


class Adapted(Module):
    """The mark of an adapted layer; ``adapter_parts`` are what it has beside the ``plain`` one."""

    adapter_parts: tuple[str, ...] = ()
    plain: type[Module]

    @staticmethod
    def check(layer: Any) -> None:
        """Refuse a layer that cannot be adapted, with ValueError."""


def inject(
    model: Module, patterns: Patterns, kinds: dict[type[Module], Any],
    prepare: Callable[[Any], None], except_: Patterns | None,
) -> Module:  # fmt: skip
    """Freeze a model, less ``except_``, and adapt the layers that patterns fit.

    ``kinds`` maps the class of a layer to its adapted one, ``prepare`` adds the parts. Everything
    is checked before anything changes. Batch norms keep their statistics.
    """
    wanted = listed(patterns)
    if not wanted:
        raise ValueError("no patterns are given: nothing would be adapted")
    layers = _chosen(model, wanted, kinds)
    for layer, own in layers.items():
        own.check(layer)
    freeze(model, [*listed(except_), *_adapter_names(model)])
    for layer, own in layers.items():
        layer.__class__ = own
        prepare(layer)
    return model


def adapted_layers(model: Module) -> Iterator[tuple[str, Any]]:
    """The adapted layers of a model with their names, each once."""
    for name, module in model.named_modules():
        if isinstance(module, Adapted):
            yield name, module


def _chosen(
    model: Module, patterns: list[str], kinds: dict[type[Module], Any]
) -> dict[Module, Any]:
    """The layers to adapt, each with its adapted class."""
    hidden = {child for module in model.modules() if isinstance(module, MultiheadAttention)
              for child in module.children()}  # fmt: skip
    fitting = {name: module for name, module in model.named_modules(remove_duplicate=False)
               if adapted_class(type(module), kinds) and module not in hidden}  # fmt: skip
    check_found(patterns, fitting, _described(kinds))
    return {layer: adapted_class(type(layer), kinds)
            for name, layer in fitting.items() if matches(name, patterns)}  # fmt: skip


def adapted_class(kind: Any, kinds: dict[type[Module], Any]) -> Any:
    """The adapted class of a layer's; also for a subclass that computes as the plain one."""
    for plain, own in kinds.items():
        if issubclass(kind, plain) and kind.forward is plain.forward:
            return own if kind is plain else _derived(own, kind)
    return None


@cache
def _derived(own: Any, kind: Any) -> Any:
    """The class of layers that are both. No module holds it, so pickle writes down the two."""
    def reduced(self: Any, protocol: Any) -> tuple:
        _, _, *state = super(own, self).__reduce_ex__(protocol)
        return _blank, (own, kind), *state

    name = f"{own.__name__.removesuffix(own.plain.__name__)}{kind.__name__}"
    return type(name, (own, kind), {"plain": kind, "__reduce_ex__": reduced})


def _blank(own: Any, kind: Any) -> Any:
    """A layer of that class without contents, for pickle to fill."""
    made = _derived(own, kind)
    return made.__new__(made)


def _described(kinds: Iterable[type[Module]]) -> str:
    *first, last = [kind.__name__ for kind in kinds]
    return f"{', '.join(first)} or {last}"


def _adapter_names(model: Module) -> list[str]:
    return [f"{name}.{part}" if name else part
            for name, layer in adapted_layers(model) for part in layer.adapter_parts
            if part not in layer._buffers]  # fmt: skip
