"""Elements where a mask holds."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import common_shape
from tapegrad.ops.pointwise import where_op


def _masked_fill(input: np.ndarray, mask: np.ndarray, value) -> np.ndarray:
    filler = kernels.fill(kernels.empty((), input.dtype), value)
    return kernels.pointwise(OURS["where"], mask, filler, input, dtype=input.dtype)


masked_fill_op = op(
    "masked_fill",
    forward=_masked_fill,
    inplace=False,
    input=lambda g, mask: where_op(mask, 0.0, g),
    doc="A number where a mask holds.",
)
masked_fill_tensor_op = op(
    "masked_fill_tensor",
    forward=lambda input, mask, value: kernels.pointwise(
        OURS["where"], mask, value, input, dtype=input.dtype
    ),
    grad_name="MaskedFillBackward1",
    input=lambda g, mask: where_op(mask, 0.0, g),
    value=lambda g, mask: where_op(mask, g, 0.0).sum(),
    doc="The value of a 0-d tensor where a mask holds.",
)
_masked_fill_inplace = InplaceOp(masked_fill_op)
_masked_fill_tensor_inplace = InplaceOp(masked_fill_tensor_op)


def _check_mask_dtype(mask) -> None:
    if not isinstance(mask, Tensor) or mask.dtype.name != "bool":
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{str(kind).removeprefix('torch.')}"
        )


@method()
def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """``value`` where the mask holds, else the tensor's elements."""
    _check_mask_dtype(mask)
    if isinstance(value, Tensor):
        return masked_fill_tensor_op(input, mask, value.to(input.dtype))
    return masked_fill_op(input, mask, value)


@method()
def masked_fill_(self: Tensor, mask: Tensor, value) -> Tensor:
    """In-place form of :func:`masked_fill`."""
    _check_mask_dtype(mask)
    if isinstance(value, Tensor):
        return _masked_fill_tensor_inplace(self, mask, value.to(self.dtype))
    return _masked_fill_inplace(self, mask, value)


@takes_out("masked_select(): self and result must have the same scalar type")
@method()
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, in one dimension."""
    shape = common_shape(mask.shape, input.shape)
    return input.expand(shape)[mask.expand(shape)]
