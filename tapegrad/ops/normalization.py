"""Normalisation by statistics of the input, and embedding."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import float16
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import op, takes_tensors
from tapegrad.ops._floats import FLOAT, HALF
from tapegrad.ops.index import add_rows, take_rows


def _layer_norm(input, weight, bias, n_normalized, eps):
    refuse_integers("LayerNormKernelImpl", input)
    if input.dtype is HALF:                     # its parameters may be floats already
        wide = (None if one is None else kernels.cast_array(one, FLOAT)
                for one in (input, weight, bias))
        result, *moments = _layer_norm(*wide, n_normalized, eps)
        return kernels.cast_array(result, HALF), *moments
    rows = _as_rows(input, n_normalized)
    shape = rows.shape
    batch = shape[:-1]
    given = rows, _one_row(weight, 1.0, rows), _one_row(bias, 0.0, rows)
    result, mean, rstd = kernels.outputs(_LAYER_NORM, given, (shape, batch, batch), (eps,))
    return (result if n_normalized == 1 else result.reshape(input.shape)), mean, rstd


_LAYER_NORM, _LAYER_NORM_BACKWARD, _SUM = (
    OURS[name] for name in ("layer_norm", "layer_norm_backward", "sum")
)
# In how many parts the gradients of a weight and a bias are added up over rows of so many elements.
MOST_PARTS, LEAST_PARTED = 4, 65536


def _as_rows(input: np.ndarray, n_last: int) -> np.ndarray:
    """The array with its last dimensions as one, row-major."""
    rows = kernels.contiguous(input)
    return rows if n_last == 1 else kernels.joined(rows, input.ndim - n_last)


def _one_row(given, number: float, rows: np.ndarray) -> np.ndarray:
    if given is not None:
        return kernels.joined(kernels.contiguous(given), 0)
    return kernels.expanded(_filler(number, rows.dtype), rows.shape[-1:])


@cache
def _filler(number: float, dtype: np.dtype) -> np.ndarray:
    """The number that stands for a weight or bias where none is given."""
    return np.full(1, number, dtype)


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
        arrays = (g._array, input._array, mean._array, rstd._array)
        return _layer_norm_backward(*arrays, weight, n_normalized, needs)
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


def _layer_norm_backward(g, input, mean, rstd, weight, n_normalized, needs):
    """All three gradients in one kernel, where nothing will be differentiated again."""
    rows, result = _as_rows(input, n_normalized), kernels.empty(input.shape, input.dtype)
    n = rows.shape[-1]
    # The kernel reads the scale as packed.
    scale = np.ones(n, rows.dtype) if weight is None else _one_row(weight._array, 1.0, rows)
    n_rows = math.prod(rows.shape[:-1])
    parts = _row_parts(n_rows, n)
    batch = (n_rows,) if parts == 1 else (parts, n_rows // parts)
    shape = (*batch, n)
    weight_slope, bias_slope = (
        kernels.fill(kernels.empty((*batch[:-1], n), rows.dtype), 0) for _ in range(2)
    )
    _LAYER_NORM_BACKWARD(
        _shaped(_as_rows(g, n_normalized), shape), _shaped(rows, shape),
        scale, _shaped(mean, batch), _shaped(rstd, batch), _shaped(result, shape),
        weight_slope, bias_slope,
    )  # fmt: skip
    if parts > 1:
        weight_slope, bias_slope = (
            kernels.reduce(_SUM, one, (0,), False) for one in (weight_slope, bias_slope)
        )
    shape = input.shape[input.ndim - n_normalized :]
    return (
        Tensor._wrap(result) if needs[0] else None,
        Tensor._wrap(_shaped(weight_slope, shape)) if needs[1] else None,
        Tensor._wrap(_shaped(bias_slope, shape)) if needs[2] else None,
    )


def _shaped(array: np.ndarray, shape: tuple) -> np.ndarray:
    return array if array.shape == shape else array.reshape(shape)


def _row_parts(n_rows: int, n: int) -> int:
    """In how many parts rows are added up, whether or not there are threads to share them."""
    return math.gcd(n_rows, MOST_PARTS) if n_rows * n > LEAST_PARTED else 1


def _summed(x: Tensor, dims: tuple) -> Tensor:
    return x.sum(dims) if dims else x


layer_norm_op = op(
    "layer_norm",
    forward=_layer_norm,
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
