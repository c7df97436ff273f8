"""Normalisation by statistics of the input, and embedding."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import float16
from tapegrad.ops._declare import op, takes_tensors
from tapegrad.ops.index import add_rows, take_rows
from tapegrad.ops.layer_norm import layer_norm_backward, layer_norm_forward


def standardized(input: Tensor, dims: tuple, eps: float) -> tuple[Tensor, Tensor]:
    """The input with zero mean and unit variance over dims, and one over its deviation."""
    centred = input - input.mean(dims, keepdim=True)
    scale = (centred.square().mean(dims, keepdim=True) + eps).rsqrt()
    return centred * scale, scale


def through_statistics(g: Tensor, normal: Tensor, scale: Tensor, dims: tuple) -> Tensor:
    """The gradient of standardising: what mean and variance passed on is taken out."""
    along = normal * (g * normal).mean(dims, keepdim=True)
    return (g - g.mean(dims, keepdim=True) - along) * scale


def _layer_norm_slopes(g, input, weight, mean, rstd, n_normalized, eps, needs):
    if not is_grad_enabled() and input.dtype.name in ("float32", "float64"):
        scale = None if weight is None else weight._array
        slopes = layer_norm_backward(
            g._array, input._array, scale, mean._array, rstd._array, n_normalized)
        return tuple([
            Tensor._wrap(slope) if needed else None
            for slope, needed in zip(slopes, needs, strict=True)
        ])
    if input.dtype is float16:
        g, input = g.float(), input.float()
    dims = tuple(range(input.ndim - n_normalized, input.ndim))
    batch = tuple(range(input.ndim - n_normalized))
    normal, scale = standardized(input, dims, eps)
    inner = g if weight is None else g * weight
    return (
        through_statistics(inner, normal, scale, dims) if needs[0] else None,
        _summed(g * normal, batch) if needs[1] else None,
        _summed(g, batch) if needs[2] else None,
    )


def _summed(x: Tensor, dims: tuple) -> Tensor:
    return x.sum(dims) if dims else x


layer_norm_op = op(
    "layer_norm",
    forward=layer_norm_forward,
    params=("input", "weight", "bias", "n_normalized", "eps"),
    grad_name="NativeLayerNormBackward0",
    outputs=("output", "mean", "rstd"),
    inputs=("input", "weight", "bias"),
    gradients=lambda g, input, weight, mean, rstd, n_normalized, eps, needs: _layer_norm_slopes(
        g, input, weight, mean, rstd, n_normalized, eps, needs
    ),
    doc="Each group of last dimensions with mean 0 and variance 1, scaled, shifted; its moments.",
)


@takes_tensors
def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5) -> Tensor:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimensions.

    Shape: ``(..., *normalized_shape)`` to the same. Source: Ba, Kiros and Hinton 2016.
    """
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    if len(shape) > input.ndim or input.shape[input.ndim - len(shape) :] != shape:
        wanted = ", ".join(["*", *map(str, shape)])
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [{wanted}], but got "
            f"input of size{list(input.shape)}"
        )
    return layer_norm_op(input, weight, bias, len(shape), float(eps))[0]


# ------------------------------------------------------------------------- embedding


def _embedding_slope(g, shape, index, padding_idx, scale_grad_by_freq):
    return embedding_backward(g, index, shape, padding_idx, scale_grad_by_freq)


embedding_op = op(
    "embedding",
    forward=lambda weight, index, padding_idx, scale_grad_by_freq: take_rows(
        weight, kernels.contiguous(_as_int64(index))
    ),
    drops=("index",),
    weight=lambda g, weight_shape, index, padding_idx, scale_grad_by_freq: _embedding_slope(
        g, weight_shape, index, padding_idx, scale_grad_by_freq
    ),
    doc="Rows of a matrix by their numbers.",
)


def _as_int64(index: np.ndarray) -> np.ndarray:
    return index if index.dtype == np.int64 else kernels.cast_array(index, np.int64)


def _row_factors(index: np.ndarray, n_rows: int, dtype) -> np.ndarray:
    """What each picked row's gradient is multiplied by where frequent rows count less."""
    counts = np.bincount(index.reshape(-1), minlength=n_rows)
    return (1 / counts[index]).astype(dtype)[..., None]


def _embedding_scattered(values, index, shape, padding_idx, scale_grad_by_freq):
    index = kernels.contiguous(_as_int64(index))
    if scale_grad_by_freq:
        factors = _row_factors(index, shape[0], values.dtype)
        values = kernels.pointwise(_MULTIPLY, values, factors)
    result = add_rows(shape, index, values)
    if 0 <= padding_idx < shape[0]:
        result[padding_idx] = 0      # what arrived there may be nan
    return result


_MULTIPLY = kernels.numpy_kernel(np.multiply)


def _picked_again(g, index, shape, padding_idx, scale_grad_by_freq):
    rows = embedding_op(g, index, padding_idx, scale_grad_by_freq)
    if padding_idx >= 0:
        rows = rows.masked_fill((index == padding_idx).unsqueeze(-1), 0)
    if scale_grad_by_freq:
        factors = _row_factors(index.long().numpy(), shape[0], g.dtype.numpy)
        rows = rows * Tensor._wrap(factors)
    return rows


embedding_backward = op(
    "embedding_dense_backward",
    forward=_embedding_scattered,
    drops=("index",),
    values=lambda g, index, shape, padding_idx, scale_grad_by_freq: _picked_again(
        g, index, shape, padding_idx, scale_grad_by_freq
    ),
    doc="Zeros with rows added at their numbers.",
)


def embedding(weight, indices, padding_idx: int = -1, scale_grad_by_freq: bool = False) -> Tensor:
    """Row ``indices[...]`` of a matrix for each index; ``padding_idx`` gets no gradient.

    Shape: indices ``(*)`` to ``(*, features)``. Raises IndexError for an index outside the matrix.
    """
    if indices.dtype.name not in ("int64", "int32"):
        names = kernels.TYPE_NAMES
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got torch.{names[indices.dtype.numpy.num]}Tensor instead (while "
            "checking arguments for embedding)"
        )
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    return embedding_op(weight, indices, padding_idx, scale_grad_by_freq)


__all__ = ["layer_norm"]
