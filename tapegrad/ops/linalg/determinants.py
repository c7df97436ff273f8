"""Determinants and their logarithms."""

from __future__ import annotations

import math

import numpy as np

from tapegrad._kernels import lapack
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import (
    check_floating,
    check_implemented,
    check_square,
    check_tensors,
)
from tapegrad.ops.linalg.inverses import inv, inv_ex_op
from tapegrad.ops.pointwise import where_op


def _det(A: np.ndarray) -> np.ndarray:
    return lapack("det", (A,))


def _factors_without_one(values: np.ndarray) -> np.ndarray:
    """For each of the last dimension's elements the product of all others."""
    n = values.shape[-1]
    return np.where(np.eye(n, dtype=bool), 1, values[..., None, :]).prod(-1)


def _cofactor_array(A: np.ndarray) -> np.ndarray:
    """``det(A) A⁻ᵀ``, by singular values: right for singular matrices too."""
    U, S, Vh = _lapack.svd(A, True)
    sign = _det(U) * _det(Vh)
    scale = sign[..., None, None] * _factors_without_one(S)[..., None, :]
    return np.asarray((U * scale) @ Vh, A.dtype)


def _lifted(A: Tensor) -> Tensor:
    """Matrices with pivots that are zero replaced by small ones."""
    lu, pivots, _ = _lapack.lu_factor(A._array)
    n = lu.shape[-1]
    diagonal = lu[..., np.arange(n), np.arange(n)]
    small = math.sqrt(np.finfo(lu.dtype).eps) * np.maximum(np.abs(lu).max((-2, -1)), 1e-30)
    change = np.where(diagonal == 0, small[..., None], 0).astype(lu.dtype)
    L = np.tril(lu, -1) + np.eye(n, dtype=lu.dtype)
    added = np.empty_like(lu)
    order = np.broadcast_to(_lapack.permutation(pivots, n)[..., None], lu.shape)
    np.put_along_axis(added, order, L * change[..., None, :], -2)
    return A + Tensor._wrap(added)


def _cofactors(A: Tensor, det: Tensor) -> Tensor:
    """The derivative of the determinant: ``det(A) A⁻ᵀ``.

    Where a matrix is singular the value comes from its singular values; a further derivative is
    that of a matrix close by.
    """
    if not bool((det == 0).any()):
        return det[..., None, None] * inv_ex_op(A)[0].mT
    exact = Tensor._wrap(_cofactor_array(A._array))
    if not (is_grad_enabled() and A.requires_grad):
        return exact
    lifted = _lifted(A)
    close = det_op(lifted)[..., None, None] * inv_ex_op(lifted)[0].mT
    return exact + (close - close.detach())


det_op = op(
    "linalg_det",
    forward=_det,
    A=lambda g, A, out: g[..., None, None] * _cofactors(A, out),
    doc="Determinants of square matrices.",
)


@takes_out("exact", "_linalg_det")
@method()
def det(A: Tensor) -> Tensor:
    """The determinant of square matrices. Shape: ``(*, n, n)`` to ``(*)``."""
    check_square("linalg.det", A)
    check_floating("linalg.det", A, refuses_half=False)
    check_implemented("lu_cpu", A)
    return det_op(A)



def _slogdet(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return lapack("slogdet", (A,))


def _slope_of_logarithm(grads, A: Tensor) -> tuple[Tensor]:
    if grads[1] is None:
        return (A.new_zeros(A.shape),)
    return (grads[1][..., None, None] * inv(A).mT,)


slogdet_op = op(
    "linalg_slogdet",
    forward=_slogdet,
    outputs=("sign", "logabsdet"),
    inputs=("A",),
    gradients=lambda grads, A: _slope_of_logarithm(grads, A),
    doc="Signs of determinants, and logarithms of their absolute values.",
)
_LinalgSlogdet = named_result("linalg_slogdet", "sign", "logabsdet")
_Slogdet = named_result("slogdet", "sign", "logabsdet")


def _signed_logarithm(function: str, A: Tensor) -> tuple:
    check_tensors(function.replace(".", "_"), A=A)
    check_square(function, A)
    check_floating(function, A)
    return slogdet_op(A)


@takes_out("exact", "_linalg_slogdet")
def linalg_slogdet(A: Tensor) -> tuple:
    """``(sign, logabsdet)`` with ``det(A) = sign * exp(logabsdet)``, without overflow.

    Shape: ``(*, n, n)`` to ``(*)`` each. A singular matrix gives 0 and minus infinity.
    """
    return _LinalgSlogdet.of(_signed_logarithm("linalg.slogdet", A))


@takes_out("exact", "_linalg_slogdet")
@method()
def slogdet(input: Tensor) -> tuple:
    """:func:`linalg.slogdet` under its older name."""
    return _Slogdet.of(_signed_logarithm("linalg.slogdet", input))


@method()
def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; NaN where that is negative, minus infinity where zero."""
    sign, logarithm = _signed_logarithm("logdet", input)
    return where_op(sign.detach() == -1.0, math.nan, logarithm)


__all__ = ["det", "logdet", "slogdet"]
