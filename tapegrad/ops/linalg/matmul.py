"""``matmul``: the product that ``@`` stands for, of operands of any number of dimensions."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import have_dtype_of
from tapegrad.ops._declare import method, served_by, takes_out
from tapegrad.ops.linalg.products import bmm, bmm_op, dot, dot_op, mm, mm_op, mv, mv_op
from tapegrad.ops.plain_calls import RowsByMatrix
from tapegrad.ops.shape import unsafe_squeeze_op, unsafe_view_op


@served_by(RowsByMatrix(mm_op, unsafe_view_op))
@takes_out()
@method()
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product, by the operands' numbers of dimensions as in ``@``.

    Vectors act as a row before and as a column behind; leading dimensions are broadcast.
    """
    a_ndim, b_ndim = input.ndim, other.ndim
    if a_ndim == 2 and b_ndim == 2:
        return mm(input, other)
    if a_ndim == 0 or b_ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a_ndim}D and {b_ndim}D"
        )
    if a_ndim == 1 and b_ndim == 1:
        return dot(input, other)
    if a_ndim == 2 and b_ndim == 1:
        return mv(input, other)
    if a_ndim == 1 and b_ndim == 2:
        return unsafe_squeeze_op(mm(input.unsqueeze(0), other), (0,))
    a, b = _without_lone_batch(input, other)
    if b.ndim <= 2 < a.ndim and (other.requires_grad or _is_foldable(a)):
        return _folded(a, b)
    if a.ndim <= 2 < b.ndim and input.requires_grad:
        return _folded_behind(a, b)
    if b_ndim == 1:
        return _batched(input, other.unsqueeze(1)).squeeze(-1)
    if a_ndim == 1:
        return _batched(input.unsqueeze(0), other).squeeze(-2)
    return _batched(input, other)


matmul.take_shortcut(dot_op, is_product=True, input=1, other=1)
matmul.take_shortcut(mm_op, is_product=True, input=2, other=2)
matmul.take_shortcut(mv_op, is_product=True, input=2, other=1)


def _without_lone_batch(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """A batch of one matrix beside a larger batch counts as that matrix."""
    if a.ndim == 3 and a.shape[0] == 1 and b.ndim >= 3 and b.shape[0] != 1:
        return a.squeeze(0), b
    if b.ndim == 3 and b.shape[0] == 1 and a.ndim >= 3 and a.shape[0] != 1:
        return a, b.squeeze(0)
    return a, b


def _is_foldable(batch: Tensor) -> bool:
    """Whether a batch's matrices can be seen as one matrix without copying."""
    k = batch.shape[-1]
    return k > 0 and kernels.can_view(batch._array, (batch.numel() // k, k))


def _folded_behind(input: Tensor, other: Tensor) -> Tensor:
    """One matrix or vector times a batch of matrices: the same from the other side."""
    product = _folded(other.mT, input.t() if input.ndim == 2 else input)
    return product.mT.contiguous() if input.ndim == 2 else product


def _folded(input: Tensor, other: Tensor) -> Tensor:
    """A batch of matrices times one matrix or vector, as one product."""
    shape = input.shape
    flat = input.reshape(math.prod(shape[:-1]), shape[-1])
    product = mv(flat, other) if other.ndim == 1 else mm(flat, other)
    return unsafe_view_op(product, (*shape[:-1], *other.shape[1:]))


def _batched(input: Tensor, other: Tensor) -> Tensor:
    if _are_batches(input, other):
        return bmm_op(input, other)
    try:
        batch = np.broadcast_shapes(tuple(input.shape[:-2]), tuple(other.shape[:-2]))
    except ValueError:
        _raise_batch_mismatch(input, other)
    n, m = input.shape[-2], other.shape[-1]
    count = math.prod(batch)
    a = input.expand((*batch, *input.shape[-2:])).reshape((count, *input.shape[-2:]))
    b = other.expand((*batch, *other.shape[-2:])).reshape((count, *other.shape[-2:]))
    return unsafe_view_op(bmm(a, b), (*batch, n, m))


def _are_batches(input: Tensor, other: Tensor) -> bool:
    """Whether two batches can be multiplied as they lie, and none of it is recorded."""
    a, b = input.shape, other.shape
    return (
        a[:-2] == b[:-2] and a[-1] == b[-2] and have_dtype_of(input, other)
        and input.is_floating_point() and not (input.requires_grad or other.requires_grad)
    )  # fmt: skip


def _raise_batch_mismatch(input: Tensor, other: Tensor) -> None:
    a, b = input.shape[:-2], other.shape[:-2]
    ndim = max(len(a), len(b))
    for k in range(1, min(len(a), len(b)) + 1):
        if a[-k] != b[-k] and 1 not in (a[-k], b[-k]):
            raise RuntimeError(
                f"The size of tensor a ({a[-k]}) must match the size of tensor b ({b[-k]}) at "
                f"non-singleton dimension {ndim - k}"
            )

__all__ = ["matmul"]
