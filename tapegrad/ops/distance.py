"""Distances of vectors."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_half
from tapegrad.ops._declare import op, takes_tensors
from tapegrad.ops.create import zeros_like
from tapegrad.ops.normalization import embedding_backward, embedding_op
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.reduce import vector_norm_op


@takes_tensors
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The ``p``-norm of ``x1 - x2 + eps`` along the last dimension.

    Shape: two that broadcast, to theirs without the last dimension unless ``keepdim``.
    """
    difference = x1 - x2 + eps
    return _norm(difference, float(p), (difference.ndim - 1,) if difference.ndim else None, keepdim)


_norm = op(
    "norm",
    forward=vector_norm_op.forward,
    params=vector_norm_op.params,
    grad_name="NormBackward1",
    input=vector_norm_op.formulas[0],
    doc="The lengths of the vectors along a dimension.",
)


def _row_pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the two rows of each pair, in the order of an upper triangle."""
    numbers = np.arange(n)
    first, second = (numbers[:, None] < numbers).nonzero()
    return first, second


def _pdist(input: np.ndarray, p: float) -> np.ndarray:
    n = len(input)
    if n < 2 or not input.shape[1]:
        return kernels.fill(kernels.empty((n * (n - 1) // 2,), input.dtype), 0)
    refuse_half("pdist", input)
    first, second = _row_pairs(n)
    return np.linalg.norm(input[first] - input[second], ord=p, axis=1)


def _pdist_slope(g: Tensor, input: Tensor, out: Tensor, p: float) -> Tensor:
    n, n_features = input.shape
    if p == 0 or n < 2 or not n_features:
        return zeros_like(input)
    first, second = (Tensor._wrap(rows) for rows in _row_pairs(n))
    difference = embedding_op(input, first, -1, False) - embedding_op(input, second, -1, False)
    slope = _norm_slope(difference, out.unsqueeze(1), p) * g.unsqueeze(1)
    return embedding_backward(slope, first, (n, n_features), -1, False) - embedding_backward(
        slope, second, (n, n_features), -1, False
    )


def _norm_slope(x: Tensor, length: Tensor, p: float) -> Tensor:
    """The derivative of the length of ``x``, 0 where there is none."""
    if p == 1:
        return x.sign()
    if math.isinf(p):
        return x.sign() * (abs(x) == length).to(x.dtype)
    is_zero = length == 0
    length = where_op(is_zero, 1.0, length)
    if p == 2:
        return where_op(is_zero, 0.0, x / length)
    sizes = where_op(x == 0, 1.0, abs(x))
    return where_op(is_zero | (x == 0), 0.0, x.sign() * (sizes / length) ** (p - 1))


_pdist_op = op(
    "pdist",
    forward=_pdist,
    input=lambda g, input, out, p: _pdist_slope(g, input, out, p),
    doc="The distances of all pairs of rows.",
)


@takes_tensors
def pdist(input: Tensor, p: float = 2) -> Tensor:
    """The ``p``-norm distance of every pair of rows, in the order of an upper triangle.

    Shape: ``(n, features)`` to ``(n (n - 1) / 2)``.
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if not p >= 0:
        raise RuntimeError("pdist only supports non-negative p values")
    return _pdist_op(input, float(p))
