"""Eigenvalues and eigenvectors of symmetric matrices."""

from __future__ import annotations

import numpy as np

from tapegrad._kernels import lapack
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg._checks import (
    LinAlgError,
    check_implemented,
    check_square,
    check_tensors,
)
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.pointwise import where_op


def _eigh(A: np.ndarray, upper: bool) -> tuple[np.ndarray, np.ndarray]:
    try:
        return lapack("eigh_up" if upper else "eigh_lo", (A,))
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.eigh: The algorithm failed to converge because the input matrix is "
            "ill-conditioned or has too many repeated eigenvalues (error code: 1)."
        ) from None


def _slope(grads, values: Tensor, vectors: Tensor) -> tuple[Tensor]:
    """``V (diag(gL) + (Vᵀ gV) / E) Vᵀ`` with ``E[i, j] = L[j] - L[i]``, nothing on the diagonal.

    Of that the symmetric part, which is all that a symmetric matrix can take.

    Source: Giles, Collected matrix derivative results, 2008, section 3.1.
    """
    g_values, g_vectors = grads
    if g_vectors is None:
        return (matmul(vectors * g_values.unsqueeze(-2), vectors.mT),)
    apart = values.unsqueeze(-2) - values.unsqueeze(-1)
    is_diagonal = Tensor._wrap(np.eye(values.shape[-1], dtype=bool))
    inside = matmul(vectors.mT, g_vectors) / where_op(is_diagonal, 1.0, apart)
    on_diagonal = 0.0 if g_values is None else g_values.unsqueeze(-1)
    inside = where_op(is_diagonal, on_diagonal, inside)
    slope = matmul(vectors, matmul(inside, vectors.mT))
    return ((slope + slope.mT) * 0.5,)


eigh_op = op(
    "linalg_eigh",
    forward=_eigh,
    outputs=("eigenvalues", "eigenvectors"),
    inputs=("A",),
    gradients=lambda grads, eigenvalues, eigenvectors: _slope(grads, eigenvalues, eigenvectors),
    doc="Eigenvalues in ascending order, and eigenvectors as columns.",
)
_Eigh = named_result("linalg_eigh", "eigenvalues", "eigenvectors")


def _is_upper(A: Tensor, UPLO: str) -> bool:
    check_square("linalg.eigh", A)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    check_implemented("linalg_eigh_cpu", A)
    return UPLO.upper() == "U"


@takes_out("exact", "_linalg_eigh")
def eigh(A: Tensor, UPLO: str = "L") -> tuple:
    """``(eigenvalues, eigenvectors)`` of symmetric matrices: ``A = V @ diag(L) @ V.T``.

    Only the lower triangle is read, or the upper with ``UPLO="U"``. Eigenvalues ascend. Shape:
    ``(*, n, n)`` to ``(*, n)`` and ``(*, n, n)``. The sign of each eigenvector is free; gradients
    hold for results that do not depend on it. Raises LinAlgError where LAPACK does not converge.
    """
    check_tensors("linalg_eigh", A=A)
    return _Eigh.of(eigh_op(A, _is_upper(A, UPLO)))


@takes_out("exact", "_linalg_eigh")
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, ascending. Shape: ``(*, n, n)`` to ``(*, n)``."""
    check_tensors("linalg_eigvalsh", A=A)
    return eigh_op(A, _is_upper(A, UPLO))[0]


__all__ = ["eigh", "eigh_op", "eigvalsh"]
