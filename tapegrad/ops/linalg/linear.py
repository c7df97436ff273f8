"""``linear``: a product with a transposed weight plus a bias, as one operation."""

from __future__ import annotations

import math

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op, served_by, takes_out
from tapegrad.ops.linalg.addmm import addmm
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.products import mm_op, mm_tn
from tapegrad.ops.plain_calls import RowsByWeight
from tapegrad.ops.shape import t_op, unsafe_view_op, view_op

# The gradient of a transposed weight is made transposed: turned back it lies as the weight.
addmm_of_transpose_op = op(
    "addmm_of_transpose",
    forward=kernels.addmm,
    params=("bias", "input", "other"),
    grad_name="AddmmBackward0",
    bias="g",
    input="mm_nt(g, other)",
    other=lambda g, input: t_op(mm_tn(g, input)),
    doc="A matrix plus the product of another and the view of a transposed one.",
)
linear_op = op(
    "linear",
    forward=kernels.linear,
    params=("bias", "input", "weight"),
    grad_name="AddmmBackward0",
    bias="g",
    input="mm(g, weight)",
    weight="mm_tn(g, input)",
    stands_for=("weight", t_op, addmm_of_transpose_op),
    doc="A matrix plus the product of another and the transpose of a third.",
)


@served_by(RowsByWeight(linear_op, view_op, t_op, mm_op, unsafe_view_op))
@takes_out()
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias`` over the last dimension.

    Shape: ``(..., in_features)`` with a weight ``(out_features, in_features)`` to
    ``(..., out_features)``.
    """
    if bias is not None and input.ndim == 2 and weight.ndim == 2:
        return linear_op(bias, input, weight)
    if input.ndim == 0 or weight.ndim == 0:
        raise RuntimeError(
            "both arguments to linear need to be at least 1D, but they are "
            f"{input.ndim}D and {weight.ndim}D"
        )
    turned = weight.t()  # which refuses more than two dimensions
    if bias is None:
        return matmul(input, turned)
    is_row = bias.ndim == 1 or (bias.ndim == 2 and len(bias) == 1)
    is_flat = is_row and (bias.dtype is weight.dtype or input.is_contiguous())
    if input.ndim != 2 and not is_flat:
        return matmul(input, turned).add_(bias)
    shape = input.shape
    rows = input.reshape(math.prod(shape[:-1]), shape[-1])
    if weight.ndim == 1:
        addmm(bias, rows, turned)   # which refuses it
    flat = linear_op(bias, rows, weight)
    return flat.view((*shape[:-1], weight.shape[0]))


linear.take_shortcut(linear_op, bias=1, input=2, weight=2)
