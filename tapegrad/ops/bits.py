"""Operations on the bits of integers; on bools they are the logical ones."""

from __future__ import annotations

import numpy as np

from tapegrad._core import InplaceOp
from tapegrad._kernels import Kernel
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op

bitwise_and = op(
    "bitwise_and", kernel=np.bitwise_and,
    method=True, inplace=True, doc="Bits of both.",
)  # fmt: skip
bitwise_or = op(
    "bitwise_or", kernel=np.bitwise_or,
    method=True, inplace=True, doc="Bits of either.",
)  # fmt: skip
bitwise_xor = op(
    "bitwise_xor", kernel=np.bitwise_xor,
    method=True, inplace=True, doc="Bits of just one.",
)  # fmt: skip
bitwise_not = op(
    "bitwise_not", kernel=Kernel.from_ufunc(np.invert, name="bitwise_not"),
    method=True, inplace=True, out="same",
    doc="Each bit turned; for bools the logical not.",
)  # fmt: skip
bitwise_left_shift = op(
    "bitwise_left_shift", kernel=Kernel.from_ufunc(np.left_shift, name="lshift"),
    method=True, inplace=True,
    doc="Bits moved up; 0 where they are moved by more places than there are.",
)  # fmt: skip
bitwise_right_shift = op(
    "bitwise_right_shift", kernel=Kernel.from_ufunc(np.right_shift, name="rshift"),
    method=True, inplace=True,
    doc="Bits moved down, the sign's bit filling up.",
)  # fmt: skip


def invert(input: Tensor) -> Tensor:
    """What ``~`` does: :func:`bitwise_not`. Raises TypeError for floating-point numbers."""
    if input.is_floating_point():
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bitwise_not(input)


and_inplace, or_inplace, xor_inplace, lshift_inplace, rshift_inplace = map(
    InplaceOp, (bitwise_and, bitwise_or, bitwise_xor, bitwise_left_shift, bitwise_right_shift)
)

__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor",
]  # fmt: skip
