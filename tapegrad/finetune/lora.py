"""Low-rank adaptation: a frozen weight plus the product of two narrow matrices that learn."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.finetune._injection import Adapted, adapted_class, adapted_layers, inject
from tapegrad.finetune._patterns import Patterns
from tapegrad.nn import Conv2d, Embedding, Linear, Module, Parameter, init
from tapegrad.nn import functional as F


class LoRA(Adapted):
    """What adapted layers share: ``W + alpha / rank · B A``, of the weight seen as a matrix.

    ``lora_A`` is ``(rank, inputs)`` and drawn at random, ``lora_B`` is ``(outputs, rank)`` and zero
    at first. ``lora_alpha`` is a buffer, so that what is saved is complete.
    """

    adapter_parts = ("lora_A", "lora_B", "lora_alpha")
    weight: Tensor
    lora_alpha: Tensor
    lora_dropout: float

    def set_up(self, rank: int, alpha: float, dropout: float) -> None:
        """Add the two matrices."""
        outputs, inputs = self.matrix_shape()
        options = {"dtype": self.weight.dtype}
        self.lora_A = Parameter(tapegrad.empty(rank, inputs, **options))
        self.lora_B = Parameter(tapegrad.zeros(outputs, rank, **options))
        self.register_buffer("lora_alpha", tapegrad.tensor(float(alpha), **options))
        self.lora_dropout = dropout
        self.reset_lora()

    def reset_lora(self) -> None:
        """Draw ``A`` as a linear layer's weight."""
        init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def matrix_shape(self) -> tuple[int, int]:
        """How many outputs and inputs the weight has as a matrix."""
        outputs = self.weight.shape[0]
        return outputs, self.weight.numel() // outputs

    def scale(self) -> Tensor:
        """``alpha / rank``."""
        return self.lora_alpha / self.lora_A.shape[0]

    def delta(self) -> Tensor:
        """What is added to the weight, in its shape."""
        return (self.lora_B @ (self.lora_A * self.scale())).reshape(self.weight.shape)

    def extra_repr(self) -> str:
        """The layer's own, and the settings."""
        shown = f", dropout={self.lora_dropout}" if self.lora_dropout else ""
        return (f"{super().extra_repr()}, rank={self.lora_A.shape[0]}, "
                f"alpha={self.lora_alpha.item():g}{shown}")  # fmt: skip

    def dropped(self, input: Tensor) -> Tensor:
        """The input of the learned part, of which training drops a share."""
        return F.dropout(input, self.lora_dropout, self.training) if self.lora_dropout else input


class LoRALinear(LoRA, Linear):
    """A linear layer with a low-rank part: ``x Wᵀ + b + alpha / rank · dropout(x) Aᵀ Bᵀ``."""

    plain = Linear

    def forward(self, input: Tensor) -> Tensor:
        """``(..., in_features)`` to ``(..., out_features)``."""
        narrow = F.linear(self.dropped(input), self.lora_A) * self.scale()
        return super().forward(input) + F.linear(narrow, self.lora_B)


class LoRAEmbedding(LoRA, Embedding):
    """An embedding with a low-rank part: row i is ``W[i] + alpha / rank · B A[:, i]``.

    ``A`` is drawn as the table of an embedding; it is zero at ``padding_idx``.
    """

    plain = Embedding

    @staticmethod
    def check(layer: Embedding) -> None:
        """Refuse what is no plain function of the table, in value or gradient."""
        for setting in ("max_norm", "scale_grad_by_freq"):
            if getattr(layer, setting):
                raise ValueError(f"an Embedding with {setting} cannot have LoRA")

    def matrix_shape(self) -> tuple[int, int]:
        """The transposed table: an output a feature, an input a row."""
        return self.embedding_dim, self.num_embeddings

    def reset_lora(self) -> None:
        """Draw ``A`` from the standard normal."""
        init.normal_(self.lora_A)
        if self.padding_idx is not None:
            with tapegrad.no_grad():
                self.lora_A[:, self.padding_idx] = 0

    def delta(self) -> Tensor:
        """What is added to the table."""
        return (self.lora_A * self.scale()).t() @ self.lora_B.t()

    def forward(self, input: Tensor) -> Tensor:
        """``(...)`` of integers to ``(..., embedding_dim)``."""
        rows = F.embedding(input, self.lora_A.t(), self.padding_idx)
        return super().forward(input) + F.linear(self.dropped(rows) * self.scale(), self.lora_B)


class LoRAConv2d(LoRA, Conv2d):
    """A convolution with a low-rank part, which is a summand of its weights.

    These are small beside the images, so nothing of the images' size is added to memory.
    """

    plain = Conv2d

    def forward(self, input: Tensor) -> Tensor:
        """``(batch, channels, rows, columns)`` as the plain layer."""
        if self.lora_dropout and self.training:
            learned = self._conv_forward(self.dropped(input), self.delta(), None)
            return super().forward(input) + learned
        return self._conv_forward(input, self.weight + self.delta(), self.bias)


KINDS: dict[type, type] = {kind.plain: kind for kind in (LoRALinear, LoRAEmbedding, LoRAConv2d)}


def add_lora(
    model: Module, patterns: Patterns, rank: int = 8, alpha: float | None = None,
    dropout: float = 0.0, except_: Patterns | None = None,
) -> Module:  # fmt: skip
    """Freeze a model and add a low-rank part to the layers that patterns fit; gives the model.

    ``Linear``, ``Embedding`` and ``Conv2d`` layers compute with ``W + alpha / rank · B A``: ``A``
    is drawn at random, ``B`` is zero, so at first nothing changes. ``alpha`` is ``rank`` by
    default; ``dropout`` is that of the input of the low-rank part. See :func:`freeze` for patterns,
    and for ``except_``: a new head, say, which is to be trained as a whole. Layers of a
    ``MultiheadAttention`` are left out, since it reads their weights itself.

    Raises ValueError for a pattern that fits no such layer, and for bad numbers.
    Source: Hu et al. 2021.
    """
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise ValueError(f"rank must be an integer of at least 1, not {rank!r}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and less than 1, not {dropout}")
    alpha = rank if alpha is None else alpha
    return inject(model, patterns, KINDS, lambda layer: layer.set_up(rank, alpha, dropout), except_)


def merge_lora(model: Module, keep: bool = True) -> Module:
    """Add the low-rank parts to the weights, and make the layers plain ones; gives the model.

    Its state dict is that of the plain model. :func:`unmerge_lora` gives weights and parts back as
    they were, unless ``keep`` is False. A weight that other modules share is merged in this layer
    alone. Raises ValueError where there is nothing to merge.
    """
    layers = _lora_layers(model)
    if not layers:
        raise ValueError("the model has no LoRA layers to merge")
    for layer in layers:
        with tapegrad.no_grad():
            merged = layer.weight + layer.delta()
        learned = (*LoRA.adapter_parts, "lora_dropout")
        parts = {name: getattr(layer, name) for name in ("weight", *learned)}
        for name in learned:
            delattr(layer, name)
        layer.weight = Parameter(merged, requires_grad=layer.weight.requires_grad)
        layer.__class__ = layer.plain
        if keep:
            layer._merged_lora = parts
    return model


def unmerge_lora(model: Module) -> Module:
    """Undo :func:`merge_lora`: the weights are those of before, to the bit. Gives the model."""
    layers: list[Any] = [one for one in model.modules() if hasattr(one, "_merged_lora")]
    if not layers:
        raise ValueError("the model has no merged LoRA layers")
    for layer in layers:
        parts = dict(layer._merged_lora)
        del layer._merged_lora
        layer.__class__ = adapted_class(type(layer), KINDS)
        layer.register_buffer("lora_alpha", parts.pop("lora_alpha"))
        for name, part in parts.items():
            setattr(layer, name, part)
    return model


def _lora_layers(model: Module) -> list[Any]:
    return [layer for _, layer in adapted_layers(model) if isinstance(layer, LoRA)]
