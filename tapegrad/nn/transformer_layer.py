"""Layers of Transformers: attention and a small network, each added to what it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.activation import GELU, ReLU
from tapegrad.nn.attention import MultiheadAttention
from tapegrad.nn.dropout import Dropout
from tapegrad.nn.functional.attention import as_summand
from tapegrad.nn.linear import Linear
from tapegrad.nn.module import Module
from tapegrad.nn.normalization import LayerNorm


class _Layer(Module):
    """Attentions by name, the feed-forward network, and a norm and a dropout for each of them."""

    __constants__ = ["norm_first"]

    _attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        super().__init__()
        for name in self._attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout=dropout, batch_first=batch_first, **options
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        n_blocks = len(self._attentions) + 1
        for k in range(1, n_blocks + 1):
            setattr(self, f"norm{k}", LayerNorm(d_model, eps=layer_norm_eps, **options))
        for k in range(1, n_blocks + 1):
            setattr(self, f"dropout{k}", Dropout(dropout))
        if isinstance(activation, str):
            activation = activation_named(activation)
        self.activation: Any = activation

    def _added(self, x: Tensor, norm: Module, block: Callable[[Tensor], Tensor]) -> Tensor:
        """What a block makes of ``x`` added to it, with the norm before the block or at the end."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if not hasattr(self, "activation"):
            self.activation = F.relu


def activation_named(name: str) -> Callable[[Tensor], Tensor]:
    """The activation function that a layer's settings name."""
    if name not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {name}")
    return getattr(F, name)


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feed-forward network, each added to its input and normalised.

    ``x = norm1(x + dropout1(self_attn(x)))``, then ``norm2(x + dropout2(linear2(dropout(
    activation(linear1(x))))))``; with ``norm_first`` the norms come before attention and network
    instead. Shape: ``(places, batch, d_model)``, with ``batch_first`` ``(batch, places, d_model)``,
    or without the batch, to the same. Source: Vaswani et al. 2017; ``norm_first``: Xiong et al.
    2020.
    """

    _attentions = ("self_attn",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {1: (F.relu, ReLU), 2: (F.gelu, GELU)}
        self.activation_relu_or_gelu = next(
            (
                number
                for number, (function, layer) in kinds.items()
                if self.activation is function or isinstance(self.activation, layer)
            ),
            0,
        )

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Let each place look at those that no mask hides, and pass each through the network."""
        padding = as_summand(
            src_key_padding_mask, "src_key_padding_mask", src, src_mask, "src_mask"
        )
        mask = as_summand(src_mask, "src_mask", src)
        x = self._added(
            src, self.norm1, lambda x: self._sa_block(x, mask, padding, is_causal=is_causal)
        )
        return self._added(x, self.norm2, self._ff_block)

    def _sa_block(
        self,
        x: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        return self.dropout1(_attend(self.self_attn, x, x, attn_mask, key_padding_mask, is_causal))

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout2(self._feed_forward(x))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to an encoder's output, and a feed-forward network.

    Each is added to its input and normalised as in :class:`TransformerEncoderLayer`. Shape: target
    and memory ``(places, batch, d_model)``, each with its own number of places, to the target's;
    with ``batch_first`` the batch comes first, and it may be missing. Source: Vaswani et al. 2017.
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Let places of ``tgt`` look at each other, then at ``memory``."""
        x = self._added(
            tgt,
            self.norm1,
            lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal),
        )
        x = self._added(
            x,
            self.norm2,
            lambda x: self._mha_block(
                x, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            ),
        )
        return self._added(x, self.norm3, self._ff_block)

    def _sa_block(
        self,
        x: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        return self.dropout1(_attend(self.self_attn, x, x, attn_mask, key_padding_mask, is_causal))

    def _mha_block(
        self,
        x: Tensor,
        mem: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        attended = _attend(self.multihead_attn, x, mem, attn_mask, key_padding_mask, is_causal)
        return self.dropout2(attended)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout3(self._feed_forward(x))


def _attend(
    attention: Module,
    x: Tensor,
    memory: Tensor,
    mask: Tensor | None,
    padding: Tensor | None,
    is_causal: bool,
) -> Tensor:
    output, _ = attention(
        x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False,
        is_causal=is_causal,
    )  # fmt: skip
    return output


def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
    """Minus infinity above the diagonal, else 0: no place looks at a later one.

    Shape: ``(sz, sz)``.
    """
    full = tapegrad.full((sz, sz), float("-inf"), dtype=dtype, device=device)
    return tapegrad.triu(full, diagonal=1)
