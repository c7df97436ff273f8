"""Singular values and vectors: ``A = U diag(S) Vᵀ``."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import are_matrices
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import (
    LinAlgError,
    check_floating,
    check_implemented,
    check_matrix,
    check_tensors,
    first_failure,
)
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.pointwise import where_op


def svd_arrays(A: np.ndarray, full_matrices: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular vectors and values of arrays."""
    try:
        return _lapack.svd(A, full_matrices)
    except np.linalg.LinAlgError:
        _refuse_unconverged(A)


def _refuse_unconverged(A: np.ndarray) -> NoReturn:
    place, is_bad = first_failure((~np.isfinite(A)).any((-1, -2)).astype(np.int32))
    reason = (
        "contained non-finite values." if is_bad
        else "is ill-conditioned or has too many repeated singular values (error code: 1)."
    )  # fmt: skip
    raise LinAlgError(
        f"linalg.svd: {place}The algorithm failed to converge because the input matrix {reason}"
    ) from None


def _slope(grads, U: Tensor, S: Tensor, Vh: Tensor) -> tuple[Tensor]:
    """``U (skew(Uᵀ gU) / E S + S skew(Vᵀ gV) / E + diag(gS)) Vᵀ`` and what lies outside.

    ``E[i, j] = S[j]² - S[i]²``, and ``skew(X) = X - Xᵀ``. Of a matrix that is not square the part
    of ``gU`` orthogonal to ``U``, or of ``gV`` to ``V``, is divided by ``S``. Source: Townsend,
    Differentiating the Singular Value Decomposition, 2016.
    """
    gU, gS, gVh = grads
    m, n, k = U.shape[-2], Vh.shape[-1], S.shape[-1]
    if gU is None and gVh is None:
        scaled = gS.unsqueeze(-1) * Vh[..., :k, :]
        return (matmul(U[..., :k], scaled),)
    U, Vh = U[..., :k], Vh[..., :k, :]
    gU = None if gU is None else gU[..., :k]
    gVh = None if gVh is None else gVh[..., :k, :]
    is_diagonal = Tensor._wrap(np.eye(k, dtype=bool))
    inside = _inside(gU, gVh, U, S, Vh, is_diagonal)
    inside = where_op(is_diagonal, 0.0 if gS is None else gS.unsqueeze(-1), inside)
    if m > k and gU is not None:
        outside = gU / S.unsqueeze(-2)
        left = matmul(U, inside) + outside - matmul(U, matmul(U.mT, outside))
        return (matmul(left, Vh),)
    if n > k and gVh is not None:
        outside = gVh / S.unsqueeze(-1)
        right = matmul(inside, Vh) + outside - matmul(matmul(outside, Vh.mT), Vh)
        return (matmul(U, right),)
    return (matmul(matmul(U, inside), Vh),)


def _inside(gU, gVh, U: Tensor, S: Tensor, Vh: Tensor, is_diagonal: Tensor) -> Tensor:
    across, down = S.unsqueeze(-2), S.unsqueeze(-1)
    apart = where_op(is_diagonal, 1.0, (across - down) * (across + down))
    parts = []
    if gU is not None:
        turn = matmul(U.mT, gU)
        parts.append((turn - turn.mT) / apart * across)
    if gVh is not None:
        turn = matmul(Vh, gVh.mT)
        parts.append(down * ((turn - turn.mT) / apart))
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


svd_op = op(
    "linalg_svd",
    forward=svd_arrays,
    outputs=("U", "S", "Vh"),
    inputs=("A",),
    gradients=lambda grads, U, S, Vh: _slope(grads, U, S, Vh),
    doc="Singular vectors and values.",
)
_LinalgSVD = named_result("linalg_svd", "U", "S", "Vh")
_SVD = named_result("svd", "U", "S", "V")


def _check(A: Tensor, driver) -> None:
    if not are_matrices(A):
        check_matrix("linalg.svd", A)
        check_floating("linalg.svd", A, refuses_half=False)
        check_implemented("linalg_svd_cpu", A)
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with "
            "cuSOLVER backend."
        )


@takes_out("exact", "_linalg_svd")
def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> tuple:
    """``(U, S, Vh)`` with ``A = U @ diag(S) @ Vh``: singular values descend.

    Shape: ``(*, m, n)`` to ``(*, m, m)``, ``(*, k)`` and ``(*, n, n)`` with ``k = min(m, n)``;
    ``(*, m, k)`` and ``(*, k, n)`` unless ``full_matrices``. The signs of singular vectors are
    free; gradients hold for results that do not depend on them, and only the first ``k`` vectors
    have any. Raises LinAlgError for NaN, and where LAPACK does not converge.
    """
    check_tensors("linalg_svd", A=A)
    _check(A, driver)
    return _LinalgSVD.of(svd_op(A, full_matrices))


@takes_out("exact", "_linalg_svd")
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values of matrices, descending. Shape: ``(*, m, n)`` to ``(*, min(m, n))``."""
    check_tensors("linalg_svdvals", A=A)
    _check(A, driver)
    return svd_op(A, False)[1]


@takes_out("exact", "_linalg_svd")
@method()
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> tuple:
    """``(U, S, V)``: :func:`linalg.svd` under its older name, with ``V`` and not its transpose.

    ``U`` and ``V`` are zeros unless ``compute_uv``.
    """
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions "
            "instead"
        )
    _check(input, None)
    if compute_uv:
        U, S, Vh = svd_op(input, not some)
        return _SVD.of((U, S, Vh.mT))
    *batch, m, n = input.shape
    left, right = input.new_zeros((*batch, m, m)), input.new_zeros((*batch, n, n))
    return _SVD.of((left, svdvals(input), right))


__all__ = ["svd"]
