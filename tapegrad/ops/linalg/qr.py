"""QR factorisation: ``A = Q R`` with orthonormal columns and an upper triangle."""

from __future__ import annotations

import numpy as np

from tapegrad._kernels import lapack
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import are_matrices, check_tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import check_floating, check_implemented, check_matrix
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.triangular import solve_triangular_op
from tapegrad.ops.shape import cat
from tapegrad.ops.shape.diagonals import triangle_array, tril, triu


def _qr(A: np.ndarray, mode: str) -> tuple[np.ndarray, np.ndarray]:
    m, n = A.shape[-2:]
    k = m if mode == "complete" else min(m, n)
    if A.size == 0 and mode != "r":
        batch = A.shape[:-2]
        Q = np.broadcast_to(np.eye(m, k, dtype=A.dtype), (*batch, m, k)).copy()
        return Q, np.zeros((*batch, k, n), A.dtype)
    raw, tau = _lapack.qr_raw(A)
    R = _lapack.by_columns(triangle_array(raw[..., :k, :], 0, False), A.dtype)
    if mode == "r":
        return np.empty(0, A.dtype), R
    Q = lapack("qr_complete" if k > n else "qr_reduced", (raw, tau))
    return Q if A.dtype == Q.dtype else _lapack.by_columns(Q, A.dtype), R


def _slope(grads, Q: Tensor, R: Tensor, mode: str) -> tuple:
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please "
            "use linalg.qr(A, mode='reduced') if you are going to require gradients"
        )
    m, n = Q.shape[-2], R.shape[-1]
    if mode == "complete" and m > n:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols"
        )
    gQ = Q.new_zeros(Q.shape) if grads[0] is None else grads[0]
    gR = R.new_zeros(R.shape) if grads[1] is None else grads[1]
    if m >= n:
        return (_slope_of_tall(gQ, gR, Q, R),)
    left, right = R[..., :m], R[..., m:]
    gQ = gQ + matmul(matmul(Q, right), gR[..., m:].mT)
    square = _slope_of_tall(gQ, gR[..., :m], Q, left)
    return (cat([square, matmul(Q, gR[..., m:])], -1),)


def _slope_of_tall(gQ: Tensor, gR: Tensor, Q: Tensor, R: Tensor) -> Tensor:
    """``(gQ + Q sym(triu(M))) R⁻ᵀ`` with ``M = gR Rᵀ - Qᵀ gQ``; ``sym`` mirrors the triangle.

    Source: Walter and Lehmann, Algorithmic Differentiation of Linear Algebra Functions, 2010; for
    wide matrices Roberts and Roberts, QR and LQ Decomposition Matrix Backpropagation, 2020.
    """
    inside = triu(matmul(gR, R.mT) - matmul(Q.mT, gQ))
    mirrored = inside + tril(inside.mT, -1)
    return solve_triangular_op(R.mT, gQ + matmul(Q, mirrored), False, False, False)


qr_op = op(
    "linalg_qr",
    forward=_qr,
    params=("A", "mode"),
    outputs=("Q", "R"),
    inputs=("A",),
    gradients=lambda grads, Q, R, mode: _slope(grads, Q, R, mode),
    doc="Orthonormal columns and an upper triangle.",
)
_LinalgQR = named_result("linalg_qr", "Q", "R")
_QR = named_result("qr", "Q", "R")


@takes_out()
def linalg_qr(A: Tensor, mode: str = "reduced") -> tuple:
    """``(Q, R)`` with ``A = Q @ R``: orthonormal columns and an upper triangle.

    Shape: ``(*, m, n)`` to ``(*, m, k)`` and ``(*, k, n)``; ``k`` is ``min(m, n)`` if ``mode`` is
    ``"reduced"``, ``m`` if it is ``"complete"``; with ``"r"`` there is no ``Q``.
    """
    return _LinalgQR.of(_factored(A, mode))


def _factored(A: Tensor, mode: str) -> tuple[Tensor, Tensor]:
    if not are_matrices(A):
        check_tensor("linalg_qr", "A", A)
        check_matrix("linalg.qr", A)
        check_floating("linalg.qr", A, refuses_half=False)
        check_implemented("geqrf_cpu", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', "
            "or 'complete'"
        )
    return qr_op(A, mode)


@takes_out("exact", "linalg_qr")
@method()
def qr(input: Tensor, some: bool = True) -> tuple:
    """:func:`linalg.qr` under its older name: reduced if ``some``, else complete."""
    return _QR.of(_factored(input, "reduced" if some else "complete"))


__all__ = ["qr"]
