"""What rests on a cut-off of singular values: rank, pseudoinverse, least squares."""

from __future__ import annotations

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad._types import float32, float64
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import common_shape
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import check_matrix, check_square, check_tensors
from tapegrad.ops.linalg.eigenvalues import eigh, eigvalsh
from tapegrad.ops.linalg.inverses import is_vector
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.singular_values import linalg_svd, svd_arrays, svdvals
from tapegrad.ops.tensor_types import type_name


def _limits(A: Tensor, values: np.ndarray, atol, rtol) -> np.ndarray:
    """Below what each matrix's singular values count as zero: ``max(atol, rtol * largest)``."""
    if rtol is None:
        eps = np.finfo(A.dtype.numpy).eps * max(A.shape[-2:])
        is_needed = True if atol is None else np.asarray(_number(atol)) <= 0
        relative = np.where(is_needed, eps, 0.0)
    else:
        relative = np.asarray(_number(rtol))
    largest = values.max(-1) if values.shape[-1] else np.zeros(values.shape[:-1], values.dtype)
    absolute = 0.0 if atol is None else _number(atol)
    for tolerance in (relative, absolute):
        common_shape(np.shape(tolerance), largest.shape)
    return np.maximum(relative * largest, absolute).astype(A.dtype.numpy)


def _tolerances(lone, atol, rtol) -> tuple:
    """The absolute and the relative tolerance; refuse one of each kind, or any beside a lone one.

    What was not given is ``...``.
    """
    if lone is None or (lone is not ... and not atol is rtol is ...):
        raise TypeError("a tolerance by place is a number or a tensor, and the only one")
    given = [one for one in (atol, rtol) if one is not ... and one is not None]
    if len({isinstance(one, Tensor) for one in given}) > 1 or not all(
        isinstance(one, (Tensor, float, int)) for one in given
    ):
        raise TypeError("tolerances must be tensors or floats")
    return tuple(None if one is ... else one for one in (atol, rtol))


def _number(tolerance):
    return tolerance._array if isinstance(tolerance, Tensor) else float(tolerance)


@takes_out("safe torch.linalg.matrix_rank", refuses_grad=False)
def matrix_rank(A: Tensor, tol=..., hermitian: bool = False, *, atol=..., rtol=...) -> Tensor:
    """How many singular values exceed ``max(atol, rtol * largest)``.

    ``rtol`` is the dtype's eps times the larger size unless a tolerance is given; each may be a
    tensor, one number for each matrix. With ``hermitian`` eigenvalues are used. Shape:
    ``(*, m, n)`` to ``(*)``.
    """
    check_tensors("linalg_matrix_rank", input=A)
    if isinstance(tol, bool):
        tol, hermitian = ..., tol
    atol, rtol = _tolerances(tol, atol, rtol)
    check_matrix("torch.linalg.matrix_rank", A, "input")
    if tol is not ...:
        atol, rtol = tol, 0.0
    if rtol is None and A.dtype not in (float32, float64):
        raise RuntimeError("This function doesn't handle types other than float and double")
    A = A.detach()
    if hermitian:
        check_square("linalg.eigh", A)
        values = np.abs(eigvalsh(A)._array)
    else:
        values = svdvals(A)._array
    limit = _limits(A, values, atol, rtol)
    return Tensor._wrap(np.asarray((values > limit[..., None]).sum(-1)))


def _pseudoinverse(A: np.ndarray, left: np.ndarray, values: np.ndarray, right: np.ndarray,
                   limit: np.ndarray) -> np.ndarray:
    is_kept = np.abs(values) > limit[..., None]
    scale = np.where(is_kept, 1 / np.where(is_kept, values, 1), 0)
    return np.asarray(_lapack.swapped(right) * scale[..., None, :] @ _lapack.swapped(left), A.dtype)


def _slope(g: Tensor, A: Tensor, X: Tensor) -> Tensor:
    """``-Xᵀ g Xᵀ + (I - A X) gᵀ X Xᵀ + Xᵀ X gᵀ (I - X A)`` for ``X = A⁺``, at constant rank.

    Source: Golub and Pereyra, The Differentiation of Pseudo-Inverses and Nonlinear Least Squares
    Problems Whose Variables Separate, 1973.
    """
    first = matmul(g.mT, matmul(X, X.mT))
    second = matmul(matmul(X.mT, X), g.mT)
    outside = first - matmul(A, matmul(X, first)) + second - matmul(matmul(second, X), A)
    return outside - matmul(X.mT, matmul(g, X.mT))


pinv_op = op(
    "linalg_pinv",
    forward=_pseudoinverse,
    A=lambda g, A, out: _slope(g, A, out),
    doc="The inverse of matrices on the space where they have one.",
)


@takes_out("safe linalg.pinv", "linalg_pinv")
def pinv(A: Tensor, rcond=..., hermitian: bool = False, *, atol=..., rtol=...) -> Tensor:
    """The Moore-Penrose inverse ``V diag(1/S) Uᵀ``, without singular values that count as zero.

    Those are at most ``max(atol, rtol * largest)``; ``rtol`` is the dtype's eps times the larger
    size unless a tolerance is given. Shape: ``(*, m, n)`` to ``(*, n, m)``. With ``hermitian``
    eigenvalues are used. Gradients hold where the rank does not change.
    """
    check_tensors("linalg_pinv", A=A)
    if isinstance(rcond, bool):
        rcond, hermitian = ..., rcond
    atol, rtol = _tolerances(rcond, atol, rtol)
    if A.ndim < 2 or A.dtype not in (float32, float64):
        raise RuntimeError(
            f"linalg.pinv({type_name(A)}{{{list(A.shape)}}}): expected a tensor with 2 or more "
            "dimensions of float, double, cfloat or cdouble types"
        )
    if rcond is not ...:
        atol, rtol = 0.0, rcond
    if A.numel() == 0:
        return A.mT * 0
    if hermitian:
        values, left = (one._array for one in eigh(A.detach()))
        right = _lapack.swapped(left)
    else:
        left, values, right = (one._array for one in linalg_svd(A.detach(), False))
    return pinv_op(A, left, values, right, _limits(A, np.abs(values), atol, rtol))


@method()
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """:func:`linalg.pinv` under its older name, with a relative tolerance of its own."""
    return pinv(input, float(rcond))


# ------------------------------------------------------------------------- least squares



def _lstsq(A: np.ndarray, B: np.ndarray, rcond: float, wants_residuals: bool) -> tuple:
    """The solution, squared residuals or none, ranks, and singular values."""
    left, values, right = svd_arrays(A, False)
    limit = values.max(-1, initial=0) * A.dtype.type(rcond)
    rank = np.asarray((values > limit[..., None]).sum(-1))
    inverse = _pseudoinverse(A, left, values, right, limit)
    solution = _lapack.by_columns(inverse @ B)
    residuals = np.empty(0, A.dtype)
    if wants_residuals and (rank == A.shape[-1]).all():
        residuals = np.square(A @ solution - B).sum(-2)
    return solution, residuals, rank, values


def _slope_of_least_squares(grads, A: Tensor, B: Tensor, solution: Tensor, rcond) -> tuple:
    """Through ``X = A⁺ B``, and through ``sum (A X - B)²`` if there are residuals."""
    g, g_residuals = grads[0], grads[1]
    g = solution.new_zeros(solution.shape) if g is None else g
    gA: Tensor | float = 0.0
    gB: Tensor | float = 0.0
    if g_residuals is not None and g_residuals.numel():
        fault = 2 * g_residuals.unsqueeze(-2) * (matmul(A, solution) - B)
        g = g + matmul(A.mT, fault)
        gA, gB = matmul(fault, solution.mT), -fault
    inverse = pinv(A, atol=0.0, rtol=rcond)
    return gA + _slope(matmul(g, B.mT), A, inverse), gB + matmul(inverse.mT, g)


lstsq_op = op(
    "linalg_lstsq",
    forward=_lstsq,
    outputs=("solution", "residuals", "rank", "singular_values"),
    inputs=("A", "B"),
    gradients=lambda grads, A, B, solution, rcond: _slope_of_least_squares(
        grads, A, B, solution, rcond
    ),
    doc="The solution of least squares.",
)
_LeastSquares = named_result("linalg_lstsq", "solution", "residuals", "rank", "singular_values")


@takes_out("safe torch.linalg.lstsq", "linalg_lstsq", resizes="by rows")
def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> tuple:
    """``X`` that makes ``|A @ X - B|`` smallest, and of those the shortest.

    Gives ``(solution, residuals, rank, singular_values)``. By singular values, whatever the
    ``driver``; it says what is given besides: ``gelsy``, the default, gives the rank, ``gelsd`` and
    ``gelss`` also singular values, ``gels`` neither; all but ``gelsy`` give the squared residuals
    of a tall matrix of full rank. What is not given is empty. Singular values below ``rcond`` times
    the largest count as zero; ``rcond`` is the dtype's eps times the larger size by default.
    Shape: ``(*, m, n)`` and ``(*, m, k)`` to ``(*, n, k)``, or ``(*, m)`` to ``(*, n)``.
    """
    check_tensors("linalg_lstsq", input=A, b=B)
    right, has_vector = _right_side(A, B)
    driver = _checked_driver(driver)
    if rcond is None or driver == "gels":     # which takes every matrix for one of full rank
        rcond = float(np.finfo(A.dtype.numpy).eps) * max(A.shape[-2:])
    wants_residuals = A.shape[-2] > A.shape[-1] and driver != "gelsy"
    solution, residuals, rank, values = lstsq_op(A, right, rcond, wants_residuals)
    return _LeastSquares.of((
        solution.squeeze(-1) if has_vector else solution,
        residuals,
        rank.new_empty(0) if driver == "gels" else rank,
        values.detach() if driver in ("gelsd", "gelss") else A.new_empty(0),
    ))


def _right_side(A: Tensor, B: Tensor) -> tuple[Tensor, bool]:
    """The right-hand sides as columns, and whether they were vectors."""
    name = "torch.linalg.lstsq"
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if A.dtype is not B.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype "
            f"{type_name(A)} and other's dtype {type_name(B)}"
        )
    if A.ndim - B.ndim not in (0, 1):
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - "
            "other.dim()) <= 1"
        )
    has_vector = is_vector(A, B)
    right = B.unsqueeze(-1) if has_vector else B
    if right.shape[-2] != A.shape[-2]:
        which = ("-2", "-1") if has_vector else ("-2", "-2")
        raise RuntimeError(
            f"{name}: input.size({which[0]}) should match other.size({which[1]})"
        )
    if A.dtype not in (float32, float64):
        raise RuntimeError("This function doesn't handle types other than float and double")
    # PyTorch takes all dimensions but the last for those of a batch where one is missing.
    is_short = B.ndim < A.ndim and not has_vector
    batch = common_shape(tuple(A.shape[:-2]), tuple(B.shape[:-1] if is_short else right.shape[:-2]))
    return right.expand(*batch, *right.shape[-2:]) if is_short else right, has_vector


def _checked_driver(driver: str | None) -> str:
    driver = "gelsy" if driver is None else driver.lower()
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    return driver


__all__ = ["pinverse"]
