"""Powers and the exponential of square matrices."""

from __future__ import annotations

import operator

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops.create import eye
from tapegrad.ops.linalg._checks import check_floating, check_square
from tapegrad.ops.linalg.inverses import inv
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.shape import cat


@takes_out("exact", "matmul")
@method()
def matrix_power(A: Tensor, n: int) -> Tensor:
    """``A`` multiplied with itself ``n`` times, by repeated squaring; of the inverse if negative.

    Shape: ``(*, n, n)`` to the same. Raises LinAlgError for a negative power of a singular matrix.
    """
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(
            "linalg_matrix_power(): argument 'n' (position 2) must be int, not "
            f"{type(n).__name__}"
        )
    n = operator.index(n)
    check_square("linalg.matrix_power", A)
    if n == 0:
        return A.clone().copy_(eye(A.shape[-1], dtype=A.dtype))
    if n == 1:
        return A.clone()
    base, n = (inv(A), -n) if n < 0 else (A, n)
    result: Tensor | None = None
    while True:
        if n & 1:
            result = base if result is None else matmul(result, base)
        n >>= 1
        if result is not None and n == 0:
            return result
        base = matmul(base, base)


# Coefficients of the [13/13] Padé approximant of exp, and up to which 1-norm it is exact to the
# last digit of float64. Source: Higham, The Scaling and Squaring Method for the Matrix Exponential
# Revisited, 2005.
_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
    960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
_EXACT_UP_TO = 5.371920351148152


def _matrix_exp(A: np.ndarray) -> np.ndarray:
    """By the rational approximation of a scaled matrix, squared as often as it was halved."""
    n = A.shape[-1]
    if A.size == 0:
        return A.copy()
    flat = A.reshape(-1, n, n)
    norm = np.abs(flat).sum(-2).max(-1)
    is_finite = np.isfinite(norm)
    with np.errstate(divide="ignore"):
        halvings = np.ceil(np.log2(np.where(is_finite, norm, 1) / _EXACT_UP_TO))
    halvings = np.maximum(halvings, 0).astype(np.int64)
    scaled = np.where(is_finite[:, None, None], flat, 0).astype(np.float64)
    result = _rational(scaled / np.exp2(halvings)[:, None, None])
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(halvings.max()):
            chosen = halvings > step
            result[chosen] = result[chosen] @ result[chosen]
        result[~is_finite] = np.nan
        return result.reshape(A.shape).astype(A.dtype)


def _rational(A: np.ndarray) -> np.ndarray:
    b, one = _PADE, np.eye(A.shape[-1])
    A2 = A @ A
    A4 = A2 @ A2
    A6 = A2 @ A4
    odd = A6 @ (b[13] * A6 + b[11] * A4 + b[9] * A2)
    odd = A @ (odd + b[7] * A6 + b[5] * A4 + b[3] * A2 + b[1] * one)
    even = A6 @ (b[12] * A6 + b[10] * A4 + b[8] * A2)
    even = even + b[6] * A6 + b[4] * A4 + b[2] * A2 + b[0] * one
    return np.linalg.solve(even - odd, even + odd)


def _slope(g: Tensor, A: Tensor) -> Tensor:
    """The upper right block of ``exp([[Aᵀ, g], [0, Aᵀ]])``.

    Source: Mathias, A Chain Rule for Matrix Functions and Applications, 1996.
    """
    n = A.shape[-1]
    turned = A.mT
    above = cat([turned, g], -1)
    below = cat([turned.new_zeros(turned.shape), turned], -1)
    return matrix_exp_op(cat([above, below], -2))[..., :n, n:]


matrix_exp_op = op(
    "linalg_matrix_exp",
    forward=_matrix_exp,
    A=lambda g, A: _slope(g, A),
    doc="The exponential of square matrices.",
)


@method()
def matrix_exp(A: Tensor) -> Tensor:
    """The exponential ``sum A**k / k!`` of square matrices. Shape: ``(*, n, n)`` to the same.

    By scaling and squaring, in double precision whatever the dtype.
    """
    check_square("linalg.matrix_exp", A)
    check_floating("linalg.matrix_exp", A, refuses_half=False)
    return matrix_exp_op(A)


__all__ = ["matrix_exp", "matrix_power"]
