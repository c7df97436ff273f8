"""Householder reflections: QR factorisations in LAPACK's compact form, and their products."""

from __future__ import annotations

import numpy as np

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


@takes_out("exact", "linalg_householder_product")
def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first n columns of ``H_1 H_2 … H_k`` with ``H_i = I - tau_i v_i v_iᵀ``.

    ``v_i`` is 0 above its place i, 1 there, and column i of ``A`` below. Computed at once as
    ``I - V T Vᵀ``, ``T`` being upper triangular. Shape: ``(*, m, n)`` with ``m >= n`` and
    ``(*, k)`` with ``k <= n`` to ``(*, m, n)``. Source: Schreiber and Van Loan 1989.
    """
    check_tensors("linalg_householder_product", input=A, tau=tau)
    _check_reflections("torch.linalg.householder_product", A, tau)
    check_implemented("orgqr_cpu", A)
    m, n, k = A.shape[-2], A.shape[-1], tau.shape[-1]
    V = tril(A[..., :k], -1) + eye(m, k, dtype=A.dtype)
    inner = triu(matmul(V.mT, V), 1)
    T = solve_triangular(
        tau.unsqueeze(-1) * inner, diag_embed(tau), upper=True, unitriangular=True
    )
    transposed = eye(n, m, dtype=A.dtype) - matmul(V[..., :n, :], matmul(V, T).mT)
    return transposed.mT  # laid out by columns, as LAPACK leaves it


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
