"""Householder reflections: QR factorisations in LAPACK's compact form, and their products."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out, without_derivative
from tapegrad.ops._results import named_result
from tapegrad.ops.create import eye
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import check_implemented, check_tensors
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.triangular import solve_triangular
from tapegrad.ops.shape.diagonals import diag_embed, tril, triu
from tapegrad.ops.spatial.pad import pad


def _geqrf(input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    reflectors, tau = _lapack.qr_raw(input)
    return _lapack.by_columns(reflectors.astype(input.dtype)), tau.astype(input.dtype)


_geqrf_op = op(
    "geqrf",
    forward=_geqrf,
    outputs=("a", "tau"),
    inputs=("input",),
    gradients=lambda grads: without_derivative("geqrf")(grads),
    doc="R and the reflections that make Q.",
)
_Geqrf = named_result("geqrf", "a", "tau")


@takes_out()
@method()
def geqrf(input: Tensor) -> tuple:
    """``(a, tau)``: R in the upper triangle of ``a``, below it the reflections that make Q.

    :func:`linalg.householder_product` multiplies these out. Shape: ``(*, m, n)`` to ``(*, m, n)``
    and ``(*, min(m, n))``. Source: LAPACK's GEQRF.
    """
    _check_matrix("torch.geqrf", input)
    check_implemented("geqrf_cpu", input)
    return _Geqrf.of(_geqrf_op(input))


def _product(A: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """From LAPACK, which takes as many reflections as columns: one with tau = 0 is none."""
    n, k = A.shape[-1], tau.shape[-1]
    if A.size == 0:
        return _lapack.by_columns(A)
    factors = kernels.cast_array(tau, np.float64)
    if k < n:
        factors = np.concatenate([factors, np.zeros((*tau.shape[:-1], n - k))], -1)
    return _lapack.by_columns(_lapack.product_of_reflections(A, factors), A.dtype)


def _product_slopes(g: Tensor, A: Tensor, tau: Tensor) -> tuple[Tensor, Tensor]:
    """Of ``I - V T Vᵀ`` with ``T = (I + D U)⁻¹ D``, ``D = diag(tau)``, ``U = triu(VᵀV, 1)``.

    ``T`` moves by ``(I + D U)⁻¹ dD (I - U T) - T dU T``. Source: Schreiber
    and Van Loan 1989.
    """
    m, n, k = A.shape[-2], A.shape[-1], tau.shape[-1]
    V = tril(A[..., :k], -1) + eye(m, k, dtype=A.dtype)
    U = triu(matmul(V.mT, V), 1)
    scaled = tau.unsqueeze(-1) * U
    T = solve_triangular(scaled, diag_embed(tau), upper=True, unitriangular=True)
    W, first = matmul(V, T), V[..., :n, :]
    slope_of_W, slope_of_first = -matmul(g, first), -matmul(g.mT, W)
    slope_of_T = matmul(V.mT, slope_of_W)
    slope_of_U = -triu(matmul(T.mT, matmul(slope_of_T, T.mT)), 1)
    slope_of_V = matmul(slope_of_W, T.mT) + matmul(V, slope_of_U + slope_of_U.mT)
    slope_of_V = slope_of_V + pad(slope_of_first, (0, 0, 0, m - n))
    moved = solve_triangular(scaled.mT, slope_of_T, upper=False, unitriangular=True)
    slope_of_tau = (moved * (eye(k, dtype=A.dtype) - matmul(U, T))).sum(-1)
    return pad(tril(slope_of_V, -1), (0, n - k)), slope_of_tau


_product_op = op(
    "linalg_householder_product",
    forward=_product,
    inputs=("A", "tau"),
    gradients=lambda g, A, tau: _product_slopes(g, A, tau),
    doc="The product of reflections.",
)


@takes_out("exact", "linalg_householder_product")
def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first n columns of ``H_1 H_2 … H_k`` with ``H_i = I - tau_i v_i v_iᵀ``.

    ``v_i`` is 0 above its place i, 1 there, and column i of ``A`` below. Shape: ``(*, m, n)`` with
    ``m >= n`` and ``(*, k)`` with ``k <= n`` to ``(*, m, n)``. Source: LAPACK's ORGQR.
    """
    check_tensors("linalg_householder_product", input=A, tau=tau)
    _check_reflections("torch.linalg.householder_product", A, tau)
    check_implemented("orgqr_cpu", A)
    return _product_op(A, tau)


@takes_out("exact", "linalg_householder_product")
@method()
def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """:func:`linalg.householder_product` under its older name."""
    return householder_product(input, input2)


def _check_matrix(name: str, A: Tensor) -> None:
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")


def _check_reflections(name: str, A: Tensor, tau: Tensor) -> None:
    _check_matrix(name, A)
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]"
        )
    if tau.ndim == 0 or A.shape[-1] < tau.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
        )
    if A.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal "
            f"to {tau.ndim} and input.ndim is equal to {A.ndim}"
        )
    if A.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(tau.shape[:-1])}"
        )
    if A.dtype is not tau.dtype:
        shown = [TYPE_NAMES[x.dtype.numpy.num] for x in (tau, A)]
        raise RuntimeError(f"{name}: tau dtype {shown[0]} does not match input dtype {shown[1]}")


__all__ = ["geqrf", "orgqr"]
