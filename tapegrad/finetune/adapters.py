"""Bottleneck adapters: a narrow network behind a frozen layer."""

from __future__ import annotations

from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.finetune._injection import Adapted, inject
from tapegrad.finetune._patterns import Patterns
from tapegrad.nn import Conv2d, Linear, Module, init
from tapegrad.nn import functional as F


class Adapter(Adapted):
    """What adapted layers share: ``y + up(relu(down(y)))`` of the layer's output ``y``."""

    adapter_parts = ("adapter_down", "adapter_up")
    weight: Tensor

    def set_up(self, size: int) -> None:
        """Add the two layers; the second one is zero at first."""
        width, options = self.weight.shape[0], {"dtype": self.weight.dtype}
        self.adapter_down = self.part(width, size, **options)
        self.adapter_up = self.part(size, width, **options)
        init.zeros_(self.adapter_up.weight)
        init.zeros_(self.adapter_up.bias)
        self.train(self.training)

    def part(self, n_in: int, n_out: int, **options: Any) -> Module:
        """One of the two layers."""
        return Linear(n_in, n_out, **options)

    def forward(self, input: Tensor) -> Tensor:
        """As the plain layer, and the adapter behind it."""
        output = super().forward(input)
        return output + self.adapter_up(F.relu(self.adapter_down(output)))


class AdapterLinear(Adapter, Linear):
    """A linear layer with an adapter of two linear ones."""

    plain = Linear


class AdapterConv2d(Adapter, Conv2d):
    """A convolution with an adapter of two 1×1 convolutions."""

    plain = Conv2d

    def part(self, n_in: int, n_out: int, **options: Any) -> Module:
        """One of the two layers."""
        return Conv2d(n_in, n_out, 1, **options)


KINDS: dict[type, type] = {kind.plain: kind for kind in (AdapterLinear, AdapterConv2d)}


def add_adapters(
    model: Module, patterns: Patterns, size: int, except_: Patterns | None = None
) -> Module:
    """Freeze a model and put bottleneck adapters behind the layers that patterns fit.

    The output ``y`` of a ``Linear`` or ``Conv2d`` layer becomes ``y + up(relu(down(y)))``, where
    ``down`` leads to ``size`` features and ``up`` back; ``up`` is zero, so at first nothing
    changes. See :func:`freeze` for patterns and :func:`add_lora` for ``except_``. Gives the model.
    Raises ValueError for a pattern that fits no such layer, and for a bad size.
    Sources: Houlsby et al. 2019; for convolutions Rebuffi et al. 2018.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"size must be an integer of at least 1, not {size!r}")
    return inject(model, patterns, KINDS, lambda layer: layer.set_up(size), except_)
