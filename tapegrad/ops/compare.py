"""Comparisons, logic and bits: results without gradient."""

from __future__ import annotations

import numpy as np

from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import method, op

eq = op("eq", kernel=np.equal, method=True, inplace=True, doc="Where both are equal.")
ne = op("ne", kernel=np.not_equal, method=True, inplace=True, doc="Where both differ.")
lt = op("lt", kernel=np.less, method=True, inplace=True, doc="Where input < other.")
le = op("le", kernel=np.less_equal, method=True, inplace=True, doc="Where input <= other.")
gt = op("gt", kernel=np.greater, method=True, inplace=True, doc="Where input > other.")
ge = op("ge", kernel=np.greater_equal, method=True, inplace=True, doc="Where input >= other.")
logical_and = op(
    "logical_and", kernel=np.logical_and, method=True, inplace=True, doc="Where both are true."
)
logical_or = op(
    "logical_or", kernel=np.logical_or, method=True, inplace=True, doc="Where either is true."
)
logical_xor = op(
    "logical_xor", kernel=np.logical_xor, method=True, inplace=True, doc="Where just one is true."
)
logical_not = op(
    "logical_not", kernel=np.logical_not, method=True, inplace=True, doc="Where not true."
)
bitwise_and = op(
    "bitwise_and", kernel=np.bitwise_and, method=True, inplace=True, doc="Bits of both."
)
bitwise_or = op(
    "bitwise_or", kernel=np.bitwise_or, method=True, inplace=True, doc="Bits of either."
)
bitwise_xor = op(
    "bitwise_xor", kernel=np.bitwise_xor, method=True, inplace=True, doc="Bits of just one."
)
bitwise_not = op(
    "bitwise_not", kernel=np.invert, method=True, inplace=True, out="same",
    doc="Each bit turned; for bools the logical not.",
)  # fmt: skip


def invert(input: Tensor) -> Tensor:
    """What ``~`` does: :func:`bitwise_not`. Raises TypeError for floating-point numbers."""
    if input.is_floating_point():
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bitwise_not(input)


left_shift = op("bitwise_left_shift", kernel=np.left_shift, method=True, doc="Bits moved up.")
right_shift = op("bitwise_right_shift", kernel=np.right_shift, method=True, doc="Bits moved down.")


@method()
def isinf(input: Tensor) -> Tensor:
    """Where an element is infinite."""
    return abs(input) == float("inf")


@method()
def isfinite(input: Tensor) -> Tensor:
    """Where an element is neither infinite nor NaN."""
    return (input == input) & (abs(input) != float("inf"))


@method()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return input.shape == other.shape and bool((input == other).all())


@method()
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Where ``|input - other| <= atol + rtol * |other|``."""
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"{input.dtype} did not match {other.dtype}"
            if input.dtype is _types.bool
            else "Float did not match Double"
        )
    close = (input == other) | (
        isfinite(input) & (abs(input - other) <= atol + rtol * abs(other)) & isfinite(other)
    )
    return close | ((input != input) & (other != other)) if equal_nan else close


@method()
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether :func:`isclose` holds everywhere."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


for _alias, _of in {
    "less": lt, "less_equal": le, "greater": gt, "greater_equal": ge, "not_equal": ne,
}.items():  # fmt: skip
    attach_method(_alias, _of)
and_inplace, or_inplace, xor_inplace = map(InplaceOp, (bitwise_and, bitwise_or, bitwise_xor))
