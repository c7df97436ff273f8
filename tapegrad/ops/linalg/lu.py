"""LU factorisation with partial pivoting: ``A = P L U``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import lies_within, place
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import are_matrices
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import (
    batch_shape,
    check_equation,
    check_floating,
    check_implemented,
    check_matrix,
    check_tensors,
    first_failure,
    refuse_rectangles,
)
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.triangular import solve_triangular_op
from tapegrad.ops.shape import cat
from tapegrad.ops.shape.diagonals import triangle_array, tril, triu
from tapegrad.ops.tensor_types import type_name

# ------------------------------------------------------------------------- gradients


def _lu_slope(P: Tensor, L: Tensor, U: Tensor, gL: Tensor, gU: Tensor) -> Tensor:
    """The gradient of ``A = P L U`` from those of both factors, for matrices of any form.

    With ``M = L₁⁻¹ Pᵀ dA₁ U₁⁻¹`` of the leading square block, ``dL₁ = L₁ tril(M, -1)`` and
    ``dU₁ = triu(M) U₁``; what is left of a wide or tall matrix follows by one more solve. Source:
    Walter and Lehmann, Algorithmic Differentiation of Linear Algebra Functions, 2010.
    """
    m, n = L.shape[-2], U.shape[-1]
    k = min(m, n)
    L1, U1 = L[..., :k, :], U[..., :k]
    below, above = matmul(L1.mT, gL[..., :k, :]), matmul(gU[..., :k], U1.mT)
    if n > k:
        below = below - matmul(gU[..., k:], U[..., k:].mT)
    if m > k:
        above = above - matmul(L[..., k:, :].mT, gL[..., k:, :])
    inside = tril(below, -1) + triu(above)
    if m > k:
        inside = cat([_from_left(L1, inside), gL[..., k:, :]], -2)
        return matmul(P, solve_triangular_op(U1.mT, inside, False, False, False))
    inside = solve_triangular_op(U1.mT, inside, False, False, False)
    if n > k:
        inside = cat([inside, gU[..., k:]], -1)
    return matmul(P, _from_left(L1, inside))


def _from_left(L: Tensor, x: Tensor) -> Tensor:
    return solve_triangular_op(L.mT, x, True, True, True)


def _split(LU: Tensor) -> tuple[Tensor, Tensor]:
    """The factors that one matrix holds."""
    m, n = LU.shape[-2:]
    k = min(m, n)
    ones = Tensor._wrap(np.eye(m, k, dtype=LU.dtype.numpy))
    return tril(LU[..., :k], -1) + ones, triu(LU[..., :k, :])


def _permutation_matrix(pivots: Tensor, m: int, dtype: _types.dtype) -> Tensor:
    """``P`` with ``A = P L U``, from the exchanges of rows."""
    order = _lapack.permutation(pivots._array, m)
    matrix = kernels.fill(kernels.empty((*order.shape, m), dtype.numpy), 0)
    rows = kernels.unsqueezed(order, order.ndim - 1)
    ones = kernels.fill(kernels.empty(rows.shape, matrix.dtype), 1)
    place("place", matrix, rows, ones, matrix.ndim - 2)
    return Tensor._wrap(matrix)


# ------------------------------------------------------------------------- factorising


def _lu_factor(A: np.ndarray) -> tuple:
    lu, pivots, info = _lapack.lu_factor(A)
    return _lapack.by_columns(lu), pivots, info


def _slope_of_packed(g: Tensor, LU: Tensor, pivots: Tensor) -> Tensor:
    L, U = _split(LU)
    k = min(LU.shape[-2:])
    P = _permutation_matrix(pivots, LU.shape[-2], LU.dtype)
    return _lu_slope(P, L, U, tril(g[..., :k], -1), triu(g[..., :k, :]))


lu_factor_ex_op = op(
    "linalg_lu_factor_ex",
    forward=_lu_factor,
    outputs=("LU", "pivots", "info"),
    A=lambda g, LU, pivots: _slope_of_packed(g, LU, pivots),
    doc="Both factors in one matrix, the exchanges of rows, and the first zero pivot or 0.",
)
_Factor = named_result("linalg_lu_factor", "LU", "pivots")
_FactorEx = named_result("linalg_lu_factor_ex", "LU", "pivots", "info")
_WithInfo = named_result("_lu_with_info", "LU", "pivots", "info")


def _check_input(function: str, A: Tensor, pivot: bool) -> None:
    if pivot and are_matrices(A):
        return
    check_tensors(function.removeprefix("torch.").replace(".", "_"), A=A)
    if A.ndim < 2:
        raise RuntimeError(
            f"{function}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} "
            "instead"
        )
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    check_implemented("lu_cpu", A)


@takes_out("exact", "linalg_lu_factor_ex")
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> tuple:
    """``(LU, pivots, info)``: as :func:`lu_factor`, but ``info`` says what failed.

    ``info`` is 0, or the number, counted from 1, of the first pivot that is zero.
    """
    _check_input("torch.lu_factor", A, pivot)
    result = _FactorEx.of(lu_factor_ex_op(A))
    if check_errors:
        _refuse_zero_pivots("torch.linalg.lu_factor_ex", result[2])
    return result


@takes_out("exact", "linalg_lu_factor_ex")
def lu_factor(A: Tensor, *, pivot: bool = True) -> tuple:
    """``(LU, pivots)``: ``L`` below the diagonal and ``U`` above of ``A = P L U``, in one matrix.

    ``pivots[i]`` is the row, counted from 1, that row ``i`` was exchanged with at step ``i``.
    Shape: ``(*, m, n)`` to ``(*, m, n)`` and ``(*, min(m, n))``. Raises RuntimeError where ``U``
    has a zero on its diagonal.
    """
    _check_input("torch.lu_factor", A, pivot)
    packed, pivots, info = lu_factor_ex_op(A)
    _refuse_zero_pivots("torch.linalg.lu_factor", info)
    return _Factor.of((packed, pivots))


def _refuse_zero_pivots(function: str, info: Tensor) -> None:
    where, step = first_failure(info)
    if step:
        raise RuntimeError(
            f"{function}: {where}U[{step},{step}] is zero and using it on lu_solve would result in "
            "a division by zero. If you still want to perform the factorization, consider calling "
            "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )


@takes_out("any", records=True, resizes="silently")
@method()
def lu(A: Tensor, pivot: bool = True, get_infos: Any = False) -> tuple:
    """``(LU, pivots)`` and perhaps ``info``: :func:`linalg.lu_factor_ex` under its older name."""
    _check_input("torch.lu_factor", A, pivot)
    result = _WithInfo.of(lu_factor_ex_op(A))
    return result if get_infos else tuple(result[:2])


# ------------------------------------------------------------------------- factors apart


def _lu(A: np.ndarray) -> tuple:
    packed, pivots, _ = _lapack.lu_factor(A)
    return (*_unpack(packed), pivots)


def _unpack(LU: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    m, n = LU.shape[-2:]
    k = min(m, n)
    L = kernels.contiguous(triangle_array(LU[..., :k], -1, True))
    kernels.fill(kernels.diagonal(L, 0, L.ndim - 2, L.ndim - 1), 1)
    return L, kernels.contiguous(triangle_array(LU[..., :k, :], 0, False))


def _slope_of_factors(grads, L: Tensor, U: Tensor, pivots: Tensor) -> tuple[Tensor]:
    gL, gU = _or_zeros(grads[0], L), _or_zeros(grads[1], U)
    P = _permutation_matrix(pivots, L.shape[-2], L.dtype)
    return (_lu_slope(P, L, U, tril(gL, -1), triu(gU)),)


def _or_zeros(g: Tensor | None, like: Tensor) -> Tensor:
    return like.new_zeros(like.shape) if g is None else g


lu_op = op(
    "linalg_lu",
    forward=_lu,
    outputs=("L", "U", "pivots"),
    inputs=("A",),
    gradients=lambda grads, L, U, pivots: _slope_of_factors(grads, L, U, pivots),
    doc="The factors of LU and the exchanges of rows.",
)
_Factors = named_result("linalg_lu", "P", "L", "U")


@takes_out()
def linalg_lu(A: Tensor, *, pivot: bool = True) -> tuple:
    """``(P, L, U)`` with ``A = P @ L @ U``: a permutation, unit lower and upper triangular.

    Shape: ``(*, m, n)`` to ``(*, m, m)``, ``(*, m, k)`` and ``(*, k, n)`` with the smaller ``k``.
    """
    _check_input("linalg.lu", A, pivot)
    L, U, pivots = lu_op(A)
    return _Factors.of((_permutation_matrix(pivots, A.shape[-2], A.dtype), L, U))


lu_unpack_op = op(
    "lu_unpack",
    forward=_unpack,
    params=("LU_data",),
    outputs=("L", "U"),
    inputs=("LU_data",),
    gradients=lambda grads, LU_data_shape: (_packed(grads, LU_data_shape),),
    doc="The factors that one matrix holds.",
)


def _packed(grads, shape: tuple) -> Tensor:
    """Gradients of both factors in one matrix."""
    *batch, m, n = shape
    k = min(m, n)
    like = grads[0] if grads[0] is not None else grads[1]
    gL, gU = grads
    if gL is None:
        gL = like.new_zeros((*batch, m, k))
    if gU is None:
        gU = like.new_zeros((*batch, k, n))
    gL, gU = tril(gL, -1), triu(gU)
    if m > k:
        gU = cat([gU, gU.new_zeros((*batch, m - k, n))], -2)
    if n > k:
        gL = cat([gL, gL.new_zeros((*batch, m, n - k))], -1)
    return gL + gU


_Unpacked = named_result("lu_unpack", "P", "L", "U")


@takes_out()
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple:
    """``(P, L, U)`` from what :func:`linalg.lu_factor` gives; what is not asked for is empty.

    Raises RuntimeError for pivots that name no row.
    """
    check_tensors("lu_unpack", LU_data=LU_data, LU_pivots=LU_pivots)
    if LU_data.ndim < 2:
        raise RuntimeError(
            "torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: "
            f"{list(LU_data.shape)} instead"
        )
    if unpack_pivots and LU_pivots.dtype is not _types.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 "
            "dtype.\nNote: this function is intended to be used with the output produced by "
            "torch.linalg.lu_factor"
        )
    P = L = U = None
    if unpack_pivots:
        m, k = LU_data.shape[-2], min(LU_data.shape[-2:])
        if LU_pivots.shape[-1:] != (k,) or not lies_within(LU_pivots._array, 1, m):
            raise RuntimeError(
                "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you "
                "properly pass the result of lu_factor?"
            )
        batch = LU_data.shape[:-2]
        if LU_pivots.numel() == math.prod(batch) * k:
            LU_pivots = LU_pivots.reshape(*batch, k)
        P = _permutation_matrix(LU_pivots, m, LU_data.dtype)
    if unpack_data:
        L, U = lu_unpack_op(LU_data)
    return _Unpacked.of(tuple(
        LU_data.new_empty(0) if factor is None else factor for factor in (P, L, U)
    ))


# ------------------------------------------------------------------------- solving


def _lu_solve(LU, pivots, B, left, adjoint):
    order = _lapack.permutation(pivots, LU.shape[-1])
    if left:
        return _lapack.by_columns(_lapack.lu_solve(LU, order, B, adjoint))
    turned = _lapack.lu_solve(LU, order, _lapack.swapped(B), not adjoint)
    return kernels.contiguous(_lapack.swapped(turned))


def _slope_of_solved(g, LU, pivots, out, left, adjoint) -> Tensor:
    """Through the gradient of ``A = P L U``, since ``dA = -A⁻ᵀ g Xᵀ`` for ``X = A⁻¹B``."""
    gB = lu_solve_op(LU, pivots, g, left, not adjoint)
    first, second = (gB, out) if left else (out, gB)
    gA = -matmul(first, second.mT) if left else -matmul(first.mT, second)
    gA = gA.mT if adjoint else gA
    L, U = _split(LU)
    inside = matmul(_permutation_matrix(pivots, LU.shape[-1], LU.dtype).mT, gA)
    return tril(matmul(inside, U.mT), -1) + triu(matmul(L.mT, inside))


lu_solve_op = op(
    "linalg_lu_solve",
    forward=_lu_solve,
    LU=lambda g, LU, pivots, out, left, adjoint: _slope_of_solved(
        g, LU, pivots, out, left, adjoint
    ),
    B=lambda g, LU, pivots, left, adjoint: lu_solve_op(LU, pivots, g, left, not adjoint),
    doc="The solution of equations with a factorised matrix.",
)


@takes_out()
def linalg_lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """``X`` with ``A @ X = B`` from what :func:`lu_factor` made of ``A``.

    ``adjoint`` solves with ``A.T``; unless ``left``, ``X @ A = B``. Shape: ``(*, n, n)``,
    ``(*, n)`` and ``(*, n, k)`` to ``(*, n, k)``. Raises RuntimeError for pivots that name no row.
    """
    check_tensors("linalg_lu_solve", LU=LU, pivots=pivots, B=B)
    check_floating("torch.linalg.lu_solve", LU, refuses_half=False)
    if LU.dtype is not B.dtype:
        raise RuntimeError(
            "linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type "
            f"{type_name(LU)} and B of type {type_name(B)} instead"
        )
    if pivots.dtype is not _types.int32:
        raise RuntimeError(
            "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32"
        )
    check_matrix("torch.linalg.lu_solve", LU)
    refuse_rectangles("torch.linalg.lu_solve: ", LU)
    check_matrix("linalg.lu_solve", B, "B")
    check_equation("linalg.lu_solve", LU, B, left)
    if pivots.size(-1) != LU.shape[-1]:
        raise RuntimeError(
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the "
            "matrix"
        )
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(
            "linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got "
            f"pivots with shape {list(pivots.shape)} instead"
        )
    if not lies_within(pivots._array, 1, LU.shape[-1]):
        raise RuntimeError(
            "Pivots given to lu_solve must all be smaller or equal to LU.size(-2). Did you "
            "properly pass the result of lu_factor?"
        )
    batch_shape(B, LU)
    check_implemented("linalg.lu_solve_cpu", LU)
    return lu_solve_op(LU, pivots, B, left, adjoint)


@takes_out("exact", "linalg_lu_solve")
@method()
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """``x`` with ``A @ x = input``: :func:`linalg.lu_solve` under its older name."""
    return linalg_lu_solve(LU_data, LU_pivots, input)


__all__ = ["lu", "lu_solve", "lu_unpack"]
