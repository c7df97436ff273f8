"""Attention: means of values, weighted by how well queries and keys agree."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._kernels.attention import attention, attention_backward
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._declare import op, served_by, takes_tensors
from tapegrad.ops._out import c_name
from tapegrad.ops.activation import softmax_backward
from tapegrad.ops.dropouts import dropout
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.plain_calls import HeadsCall
from tapegrad.ops.shape.diagonals import triu
from tapegrad.ops.tensor_types import type_name


def _safe_softmax(input: np.ndarray, dim: int) -> np.ndarray:
    """Softmax; a row without any place to look at gives zeros."""
    result = kernels.along(_SOFTMAX, input, dim)
    if not input.size:
        return result
    is_blind = kernels.pointwise(_EQUAL, kernels.reduce(_MAX, input, (dim,), True), -math.inf)
    if kernels.reduce(_ANY, is_blind, None, False):
        result[np.broadcast_to(is_blind, result.shape)] = 0
    return result


_SOFTMAX, _MAX, _ANY = OURS["softmax"], OURS["max"], OURS["any"]
_EQUAL = kernels.numpy_kernel(np.equal)


safe_softmax = op(
    "safe_softmax",
    forward=_safe_softmax,
    input=lambda g, out, dim: softmax_backward(g, out, dim),
    doc="Softmax along a dimension, 0 where all is minus infinity.",
)


def _flash_slopes(g, query, key, value, mask, scale, is_causal):
    if not is_grad_enabled():
        heads = query._array, key._array, value._array
        summand = _spread(None if mask is None else mask._array, *heads[:2])
        slopes = attention_backward(g._array, *heads, summand, scale, is_causal)
        return tuple(map(Tensor._wrap, slopes))
    scores = matmul(query * scale, key.transpose(-2, -1))
    if is_causal:
        mask = _causal_summand(query.shape[-2], key.shape[-2], query.dtype)
    weights = safe_softmax(scores if mask is None else scores + mask, 3)
    inner = softmax_backward(matmul(g, value.transpose(-2, -1)), weights, 3) * scale
    return (
        matmul(inner, key),
        matmul(inner.transpose(-2, -1), query),
        matmul(weights.transpose(-2, -1), g),
    )


def _spread(mask: np.ndarray | None, query: np.ndarray, key: np.ndarray) -> np.ndarray | None:
    """The mask with a row for each head and query."""
    if mask is None:
        return None
    n_keys = key.shape[2]
    rows = kernels.contiguous(kernels.broadcast_array(mask, (*mask.shape[:-1], n_keys)))
    return kernels.broadcast_array(rows, (*query.shape[:3], n_keys))


# Weights that nobody asks for are computed a block at a time, and again on the way back.
flash_attention = op(
    "flash_attention",
    forward=lambda query, key, value, mask, scale, is_causal: attention(
        query, key, value, _spread(mask, query, key), scale, is_causal
    ),
    grad_name="ScaledDotProductFlashAttentionForCpuBackward0",
    inputs=("query", "key", "value"),
    gradients=lambda g, query, key, value, mask, scale, is_causal: _flash_slopes(
        g, query, key, value, mask, scale, is_causal
    ),
    doc="``softmax(query @ key.T * scale + mask) @ value`` for heads of samples.",
)


def _suits_flash(query, key, value, mask, dropout_p: float) -> bool:
    """Whether PyTorch computes this attention a block at a time too."""
    if not query.ndim == key.ndim == value.ndim == 4 or dropout_p > 0:
        return False
    if query.shape[:2] != key.shape[:2] or key.shape[:3] != value.shape[:3]:
        return False
    if not query.shape[3] == key.shape[3] == value.shape[3] or 0 in query.shape + key.shape:
        return False
    if query.dtype not in (_types.float32, _types.float64):
        return False
    if mask is not None and mask.requires_grad:
        return False
    if dropout_p != 0:
        raise RuntimeError("scaled_dot_product_attention_flash_attention: Currently do not support "
                           "dropout > 0")
    if mask is None:
        return True
    if mask.ndim < 2:
        mask.size(-2)       # which refuses it
    return mask.ndim in (2, 4)


@served_by(HeadsCall(flash_attention))
@takes_tensors
def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
    dropout_p: float = 0.0, is_causal: bool = False, *, scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """``softmax(query @ key.T * scale + mask) @ value``.

    ``scale`` is ``1 / sqrt(features)`` if not given; a bool mask is True where a query may look,
    ``is_causal`` lets it look at no later place. ``enable_gqa`` lets several heads of the query
    share one of key and value. Shape: query ``(..., places, features)``, key ``(..., others,
    features)``, value ``(..., others, n)`` to ``(..., places, n)``. Source: Vaswani et al. 2017.
    """
    _check_attention(query, key, value, attn_mask, is_causal)
    if query.dtype is _types.float16:  # as PyTorch: rounded at the end
        if attn_mask is not None and attn_mask.dtype is not _types.bool:
            attn_mask = attn_mask.float()
        return scaled_dot_product_attention(
            query.float(), key.float(), value.float(), attn_mask, dropout_p, is_causal,
            scale=scale, enable_gqa=enable_gqa,
        ).half()
    if _suits_flash(query, key, value, attn_mask, dropout_p):
        if attn_mask is not None and attn_mask.dtype is not query.dtype:
            attn_mask = _as_summand(attn_mask, query.dtype)
        scale = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
        return flash_attention(query, key, value, attn_mask, scale, is_causal)
    weights = attention_weights(query, key, attn_mask, dropout_p, is_causal, scale, enable_gqa)
    return matmul(weights, _shared(query, value) if enable_gqa else value)


def attention_weights(query, key, attn_mask, dropout_p, is_causal, scale, enable_gqa) -> Tensor:
    """How much each query looks at each key."""
    if is_causal:
        attn_mask = _causal_summand(query.shape[-2], key.shape[-2], query.dtype)
    scale = math.sqrt(1 / math.sqrt(query.shape[-1] or 1) if scale is None else abs(scale)) * (
        1 if scale is None or scale >= 0 else -1
    )
    if enable_gqa:
        key = _shared(query, key)
    scores = matmul(query * scale, key.transpose(-2, -1) * abs(scale))
    if attn_mask is not None:
        if attn_mask.dtype is _types.bool:
            attn_mask = _as_summand(attn_mask, scores.dtype)
        scores = scores + attn_mask
    weights = safe_softmax(scores, scores.ndim - 1)
    return dropout(weights, dropout_p, True) if dropout_p > 0 else weights


def _causal_summand(n: int, n_keys: int, dtype: _types.dtype) -> Tensor:
    """0 up to a query's own place, minus infinity behind it."""
    nowhere = kernels.fill(kernels.empty((n, n_keys), dtype.numpy), -math.inf)
    return triu(Tensor._wrap(nowhere), 1)


def _as_summand(mask: Tensor, dtype: _types.dtype) -> Tensor:
    """What a mask adds to scores: where it is bool, 0 where one may look, else minus infinity."""
    if mask.dtype is not _types.bool:
        return mask.to(dtype)
    return Tensor._wrap(np.where(mask._array, 0, -np.inf).astype(dtype.numpy))


def _shared(query: Tensor, x: Tensor) -> Tensor:
    """Heads repeated until there are as many as the query has."""
    n_heads, n_shared = query.shape[-3], x.shape[-3]
    if n_heads % n_shared:
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    return x if n_heads == n_shared else x.repeat_interleave(n_heads // n_shared, -3)


def _check_attention(query, key, value, mask, is_causal) -> None:
    if not query.dtype is key.dtype is value.dtype:
        names = [c_name(x.dtype) for x in (query, key, value)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{names[0]} key.dtype: {names[1]} and value.dtype: {names[2]} instead."
        )
    dims = [x.ndim for x in (query, key, value)]
    if min(dims) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{dims[0]} key.dim: {dims[1]} and value.dim: {dims[2]} instead."
        )
    if mask is not None:
        if mask.dtype not in (_types.bool, _types.float32, query.dtype):
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                f"attn_mask.dtype: {c_name(mask.dtype)} and  query.dtype: {c_name(query.dtype)} "
                "instead."
            )
        if is_causal:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
                "is_causal=True"
            )
    if not query.is_floating_point():
        raise RuntimeError(f"expected scalar type Float but found {type_name(query)}")
