"""Factorisations and solvers on batches of arrays.

NumPy's LAPACK does the work where NumPy has the routine. LU with its pivots, triangular systems and
the step at which a factorisation fails are not among them: their kernels (``_c/linalg.c``) take
small blocks, and products of matrices join these (Golub and Van Loan, Matrix Computations, 3.1.5
and 3.2.11).
"""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS, batch_of, by_columns, lapack, no_failures, pick, place
from tapegrad._kernels import turned as swapped

_BLOCK = 96  # columns that a kernel takes at once
_LU_FACTOR, _SOLVE_TRIANGULAR = OURS["lu_factor"], OURS["solve_triangular"]


def lu_factor(a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both factors in one matrix, row exchanges counted from 1, and the first zero pivot or 0."""
    *batch, m, n = a.shape
    k = min(m, n)
    if k <= 2 * _BLOCK:
        return _lu_block(a)
    lu = a.copy()
    pivots, info = np.empty((*batch, k), np.int32), np.zeros(batch, np.int32)
    for start in range(0, k, _BLOCK):
        end = min(start + _BLOCK, k)
        panel, exchanges, failed = _lu_block(lu[..., start:, start:end])
        lu[..., start:, start:end] = panel
        order = permutation(exchanges, m - start)[..., None]
        for rest in (lu[..., start:, :start], lu[..., start:, end:]):
            rest[...] = np.take_along_axis(rest, order, -2)
        pivots[..., start:end] = exchanges + np.int32(start)
        np.copyto(info, failed + np.int32(start), where=(info == 0) & (failed != 0))
        if end < n:
            corner = lu[..., start:end, start:end]
            right = solve_triangular(corner, lu[..., start:end, end:], False, True)
            lu[..., start:end, end:] = right
            lu[..., end:, end:] -= np.matmul(lu[..., end:, start:end], right)
    return lu, pivots, info


def _lu_block(a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return kernels.outputs(_LU_FACTOR, (a,))


def permutation(pivots: np.ndarray, n: int) -> np.ndarray:
    """The rows, in the order that exchanges lead to: ``a[order] = L @ U``."""
    return kernels.outputs(OURS["permutation"], (pivots, np.arange(n)))


def solve_triangular(a: np.ndarray, b: np.ndarray, upper: bool, unit: bool) -> np.ndarray:
    """``x`` with ``a @ x = b`` for triangular ``a``, whose other triangle is not read."""
    n = a.shape[-1]
    if n > 2 * _BLOCK:
        half = n // 2
        first, second = (slice(half, n), slice(half)) if upper else (slice(half), slice(half, n))
        batch = batch_of(a, b)
        x = kernels.empty((*batch, *b.shape[-2:]), b.dtype)
        x[..., first, :] = solve_triangular(a[..., first, first], b[..., first, :], upper, unit)
        rest = b[..., second, :] - np.matmul(a[..., second, first], x[..., first, :])
        x[..., second, :] = solve_triangular(a[..., second, second], rest, upper, unit)
        return x
    return kernels.outputs(_SOLVE_TRIANGULAR, (a, b), None, (upper, unit))


def lu_solve(lu: np.ndarray, order: np.ndarray, b: np.ndarray, adjoint: bool) -> np.ndarray:
    """``x`` with ``a @ x = b``, or ``a.T @ x = b``, from the factors of ``a`` and its row order."""
    shape = (*batch_of(lu, b), *b.shape[-2:])
    order, b = kernels.expanded(order[..., None], shape), kernels.expanded(b, shape)
    if not adjoint:
        below = solve_triangular(lu, pick(b, order, len(shape) - 2), False, True)
        return solve_triangular(lu, below, True, False)
    below = solve_triangular(swapped(lu), b, False, False)
    above = solve_triangular(swapped(lu), below, True, True)
    x = kernels.empty(shape, above.dtype)
    place("place", x, order, above, len(shape) - 2)
    return x


def cholesky(a: np.ndarray, upper: bool) -> tuple[np.ndarray, np.ndarray]:
    """The factor, and the first leading minor that is not positive or 0; reads one triangle."""
    try:
        return lapack("cholesky_up" if upper else "cholesky_lo", (a,)), no_failures(a)
    except np.linalg.LinAlgError:
        factor, info = kernels.outputs(OURS["cholesky_factor"], (swapped(a) if upper else a,))
        return by_columns(swapped(factor) if upper else factor), info


def solve(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``x`` with ``a @ x = b`` for square ``a``, and the first zero pivot or 0."""
    try:
        return lapack("solve", (a, b)), no_failures(a)
    except np.linalg.LinAlgError:
        lu, pivots, info = lu_factor(a)
        return by_columns(lu_solve(lu, permutation(pivots, a.shape[-1]), b, False)), info


def inverse(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of square matrices, and the first zero pivot or 0."""
    try:
        return lapack("inv", (a,)), no_failures(a)
    except np.linalg.LinAlgError:
        return solve(a, np.eye(a.shape[-1], dtype=a.dtype))


def svd(a: np.ndarray, full_matrices: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular vectors and values. Raises NumPy's LinAlgError where there is no convergence."""
    return lapack("svd_f" if full_matrices else "svd_s", (a,))


def qr_raw(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """R, and below it the reflections that make Q, in double as NumPy has it; their factors."""
    raw = kernels.cast_array(a, np.float64)
    return raw, lapack("qr_r_raw", (raw,))


def product_of_reflections(a: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """As many columns as ``a`` has of the product of as many reflections; of doubles."""
    return lapack("qr_reduced", (kernels.cast_array(a, np.float64), tau))


__all__ = [
    "by_columns", "cholesky", "inverse", "lu_factor", "lu_solve", "permutation",
    "product_of_reflections", "qr_raw", "solve", "solve_triangular", "svd", "swapped",
]  # fmt: skip
