"""Looking vectors up."""

from __future__ import annotations

import numpy as np

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.ops import normalization
from tapegrad.ops._declare import written_as
from tapegrad.ops.shape import no_such_position
from tapegrad.ops.tensor_types import cpu_type_name


@written_as("functional.embedding")
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of ``weight``: ``y = weight[x]``.

    Shape: ``(...)`` of integers with weight ``(n, size)`` to ``(..., size)``. The row at
    ``padding_idx`` gets no gradient. Rows longer than ``max_norm`` in the ``norm_type`` norm are
    shortened in place first. ``scale_grad_by_freq`` divides a row's gradient by how often it was
    looked up. Gradients are dense, also where ``sparse`` asks for others: the numbers are the same.
    """
    padding_idx = _wrap_padding(padding_idx, weight)
    if weight.dim() != 2:
        raise RuntimeError("'weight' must be 2-D")
    if input.dtype not in (tapegrad.int64, tapegrad.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {cpu_type_name(input)} instead (while checking arguments for "
            "embedding)"
        )
    if max_norm is not None:
        shorten_rows(weight.detach(), input, max_norm, norm_type)
    return normalization.embedding(weight, input, padding_idx, scale_grad_by_freq)


def _wrap_padding(padding_idx: int | None, weight: Tensor) -> int:
    """``padding_idx`` counted from the start, or -1 for none."""
    if padding_idx is None:
        return -1
    n_rows = weight.shape[0] if padding_idx > 0 or padding_idx < 0 else 1
    if not -n_rows <= padding_idx < n_rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % n_rows


def shorten_rows(weight: Tensor, index: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up and longer than ``max_norm``, once each, down to it."""
    max_norm = float(max_norm)
    rows = np.unique(index.detach().numpy())
    for row in rows:
        if not 0 <= row < weight.shape[0]:
            raise no_such_position(weight.shape, 0, row)
    values = weight.numpy()[rows]
    norms = np.linalg.norm(values, ord=norm_type, axis=1)
    is_long = norms > max_norm
    scale = (max_norm / (norms[is_long] + 1e-7))[:, None].astype(values.dtype)
    weight[tapegrad.from_numpy(rows[is_long])] = tapegrad.from_numpy(values[is_long] * scale)
