"""Attention, of one head and of several."""

from __future__ import annotations

import math
import warnings

import tapegrad
from tapegrad import ops
from tapegrad._tensor import Tensor
from tapegrad.nn.functional.dropouts import dropout
from tapegrad.ops.attention import scaled_dot_product_attention


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Project query, key and value, attend in each head's part of them, and project the result.

    Gives the output and, if wanted, the weights, averaged over the heads or each head's own. Shape:
    query ``(places, batch, features)``, key and value ``(others, batch, ...)``, or all without
    ``batch``; ``key_padding_mask`` ``(batch, others)``, ``attn_mask`` ``(places, others)`` or
    ``(batch · heads, places, others)``; masks are True where nothing is looked at, or summands.
    Source: Vaswani et al. 2017.
    """
    is_batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        query, key, value = _with_batch(query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    n_queries, n_batch, n_features = query.shape
    padding = as_summand(key_padding_mask, "key_padding_mask", query, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        mask = as_summand(attn_mask, "attn_mask", query)
        is_causal = is_causal and padding is None and not need_weights
    n_head = _check_features(
        query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight
    )
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _projected(query, key, value, weights, in_proj_bias)
    else:
        q, k, v = _projected_together(query, key, value, in_proj_weight, in_proj_bias)
    if mask is not None:
        mask = _checked_mask(mask, n_queries, key.shape[0], n_batch * num_heads)
    if bias_k is not None and bias_v is not None:
        _require(static_k is None, "bias cannot be added to static key.")
        _require(static_v is None, "bias cannot be added to static value.")
        k = tapegrad.cat((k, bias_k.repeat(1, n_batch, 1)))
        v = tapegrad.cat((v, bias_v.repeat(1, n_batch, 1)))
        mask, padding = _with_column(mask), _with_column(padding)
    else:
        _require(bias_k is None, "bias_k is set but bias_v is None")
        _require(bias_v is None, "bias_v is set but bias_k is None")
    n_rows = n_batch * num_heads
    q = _split_heads(q, n_rows, n_head)
    k = _split_heads(k, n_rows, n_head) if static_k is None else static_k
    v = _split_heads(v, n_rows, n_head) if static_v is None else static_v
    _check_static("static_k", static_k, n_rows, n_head)
    _check_static("static_v", static_v, n_rows, n_head)
    if add_zero_attn:
        k, v = (tapegrad.cat((x, x.new_zeros((n_rows, 1, n_head))), 1) for x in (k, v))
        mask, padding = _with_column(mask), _with_column(padding)
    mask = _joined_masks(mask, padding, n_batch, num_heads, k.shape[1])
    p = dropout_p if training else 0.0
    if need_weights:
        weights_of = _weights(q, k, mask, p)
        mixed = weights_of @ v
        flat = mixed.transpose(0, 1).contiguous().view(n_queries * n_batch, n_features)
    else:
        mixed = _mixed_by_heads(q, k, v, mask, p, is_causal, (n_batch, num_heads))
        flat = mixed.permute(2, 0, 1, 3).contiguous().view(n_batch * n_queries, n_features)
    flat = ops.linear(flat, out_proj_weight, out_proj_bias)
    output = flat.view(n_queries, n_batch, flat.shape[1])
    if not is_batched:
        output = output.squeeze(1)
    if not need_weights:
        return output, None
    weights_of = weights_of.view(n_batch, num_heads, n_queries, k.shape[1])
    if average_attn_weights:
        weights_of = weights_of.mean(1)
    return output, weights_of if is_batched else weights_of.squeeze(0)


def _require(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(text)


def _with_batch(*inputs: Tensor) -> list[Tensor]:
    """Each with a batch of one; those that were the same stay the same."""
    widened = {id(x): x.unsqueeze(1) for x in inputs}
    return [widened[id(x)] for x in inputs]


def _check_shapes(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether there is a batch; everything must have the dimensions that go with it."""
    n_dims = query.dim()
    if n_dims not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {n_dims}-D query "
            "tensor"
        )
    kind = "batched (3-D)" if n_dims == 3 else "unbatched (2-D)"
    if key.dim() != n_dims or value.dim() != n_dims:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {n_dims}-D but found "
            f"{key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None:
        _require(
            key_padding_mask.dim() == n_dims - 1,
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {n_dims - 1}-D but "
            f"found {key_padding_mask.dim()}-D tensor instead",
        )
    if attn_mask is not None:
        _require(
            attn_mask.dim() in (2, 3),
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
            f"{attn_mask.dim()}-D tensor instead",
        )
        if n_dims == 2 and attn_mask.dim() == 3:
            expected = (num_heads, query.shape[0], key.shape[0])
            _require(
                tuple(attn_mask.shape) == expected,
                f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}",
            )
    return n_dims == 3


def as_summand(
    mask: Tensor | None,
    name: str,
    query: Tensor,
    other: Tensor | None = None,
    other_name: str = "attn_mask",
) -> Tensor | None:
    """A mask as what is added to scores: minus infinity where it was True."""
    if mask is None:
        return None
    is_bool = mask.dtype is tapegrad.bool
    _require(
        is_bool or mask.is_floating_point(),
        f"only bool and floating types of {name} are supported",
    )
    if other is not None and other.dtype is not mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both "
            "instead.",
            stacklevel=3,
        )
    if not is_bool:
        return mask
    zeros = tapegrad.zeros(mask.shape, dtype=query.dtype)
    return zeros.masked_fill_(mask, float("-inf"))


def _check_features(
    query: Tensor, key: Tensor, value: Tensor, expected: int, num_heads: int, is_separate: bool
) -> int:
    """How many features each head has."""
    n_features = query.shape[-1]
    if n_features != expected:
        raise AssertionError(
            f"was expecting embedding dimension of {expected}, but got {n_features}"
        )
    n_head = n_features // num_heads
    if n_head * num_heads != n_features:
        raise AssertionError(f"embed_dim {n_features} not divisible by num_heads {num_heads}")
    if is_separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}"
        )
    if not is_separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    return n_head


def _projected_together(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor | None, bias: Tensor | None
) -> list[Tensor]:
    """Project by the three parts of one matrix, in as few products as the inputs allow."""
    if weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    n = query.shape[-1]
    if query is key and key is value:
        parts = ops.linear(query, weight, bias).unflatten(-1, (3, n))
        return [parts.select(-2, k).contiguous() for k in range(3)]
    if key is value:
        first, second = weight.split([n, 2 * n])
        biases = (None, None) if bias is None else bias.split([n, 2 * n])
        both = ops.linear(key, second, biases[1]).unflatten(-1, (2, n))
        keys_values = [both.select(-2, k).contiguous() for k in range(2)]
        return [ops.linear(query, first, biases[0]), *keys_values]
    query_weight, key_weight, value_weight = weight.chunk(3)
    return _linear_each((query, key, value), (query_weight, key_weight, value_weight), bias)


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weights: tuple, bias: Tensor | None
) -> list[Tensor]:
    """Project each input by a matrix of its own."""
    for name, weight in zip("qkv", weights, strict=True):
        _require(
            weight is not None, f"use_separate_proj_weight is True but {name}_proj_weight is None"
        )
    n = query.shape[-1]
    inputs = {"query": query, "key": key, "value": value}
    for (name, x), weight in zip(inputs.items(), weights, strict=True):
        expected = (n, x.shape[-1])
        _require(
            tuple(weight.shape) == expected,
            f"expecting {name} weights shape of {expected}, but got {weight.shape}",
        )
    return _linear_each((query, key, value), weights, bias)


def _linear_each(inputs: tuple, weights: tuple, bias: Tensor | None) -> list[Tensor]:
    query_bias, key_bias, value_bias = (None, None, None) if bias is None else bias.chunk(3)
    biases = (query_bias, key_bias, value_bias)
    return [ops.linear(*one) for one in zip(inputs, weights, biases, strict=True)]


def _checked_mask(mask: Tensor, n_queries: int, n_keys: int, n_rows: int) -> Tensor:
    """The mask with a leading dimension, of one or of every head of every sample."""
    size = (n_queries, n_keys) if mask.dim() == 2 else (n_rows, n_queries, n_keys)
    if tuple(mask.shape) != size:
        raise RuntimeError(
            f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {size}."
        )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _with_column(mask: Tensor | None) -> Tensor | None:
    """The mask with a key more, which everyone may look at."""
    return None if mask is None else tapegrad.cat((mask, mask.new_zeros((*mask.shape[:-1], 1))), -1)


def _split_heads(x: Tensor, n_rows: int, n_head: int) -> Tensor:
    return x.view(x.shape[0], n_rows, n_head).transpose(0, 1)


def _check_static(name: str, given: Tensor | None, n_rows: int, n_head: int) -> None:
    if given is not None:
        for dim, expected in ((0, n_rows), (2, n_head)):
            _require(
                given.size(dim) == expected,
                f"expecting {name}.size({dim}) of {expected}, but got {given.size(dim)}",
            )


def _joined_masks(
    mask: Tensor | None, padding: Tensor | None, n_batch: int, num_heads: int, n_keys: int
) -> Tensor | None:
    if padding is None:
        return mask
    for dim, expected in ((0, n_batch), (1, n_keys)):
        _require(
            padding.shape[dim] == expected,
            f"Expected key_padded_mask.shape[{dim}] to be {expected}, but got {padding.shape[dim]}",
        )
    rows = padding.view(n_batch, 1, 1, n_keys).expand(-1, num_heads, -1, -1)
    rows = rows.reshape(n_batch * num_heads, 1, n_keys)
    return rows if mask is None else mask + rows


def _weights(q: Tensor, k: Tensor, mask: Tensor | None, p: float) -> Tensor:
    q, k = q * math.sqrt(1.0 / q.shape[-1]), k.transpose(-2, -1)
    scores = tapegrad.bmm(q, k) if mask is None else tapegrad.baddbmm(mask, q, k)
    weights = ops.softmax(scores, -1)
    return dropout(weights, p) if p > 0.0 else weights


def _mixed_by_heads(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    p: float,
    is_causal: bool,
    batch: tuple[int, int],
) -> Tensor:
    """Attention without the weights. Shape: ``(batch, heads, places, features)``."""
    if mask is not None:
        is_shared = mask.shape[0] == 1 and mask.dim() == 3
        mask = mask.unsqueeze(0) if is_shared else mask.view(*batch, -1, k.shape[1])
    q, k, v = (x.view(*batch, x.shape[1], x.shape[2]) for x in (q, k, v))
    return scaled_dot_product_attention(q, k, v, mask, p, is_causal)


__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]
