"""Factorisations and solvers on batches of arrays.

NumPy's LAPACK does the work where NumPy has the routine. LU with its pivots, triangular systems and
the step at which a factorisation fails are not among them: their kernels (``_c/linalg.c``) take
small blocks, and products of matrices join these (Golub and Van Loan, Matrix Computations, 3.1.5
and 3.2.11).
"""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS

_BLOCK = 96  # columns that a kernel takes at once


def swapped(x: np.ndarray) -> np.ndarray:
    """Matrices with rows and columns exchanged, as a view."""
    return np.swapaxes(x, -1, -2)


def by_columns(x: np.ndarray) -> np.ndarray:
    """The same matrices laid out column by column, as LAPACK and therefore PyTorch leave them."""
    columns = np.empty(swapped(x).shape, x.dtype)
    columns[...] = swapped(x)
    return swapped(columns)


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
    *batch, m, n = a.shape
    shapes = (a.shape, (*batch, min(m, n)), tuple(batch))
    return kernels.outputs(OURS["lu_factor"], (a,), shapes)


def permutation(pivots: np.ndarray, n: int) -> np.ndarray:
    """The rows, in the order that exchanges lead to: ``a[order] = L @ U``."""
    shape = (*pivots.shape[:-1], n)
    return kernels.outputs(OURS["permutation"], (pivots, np.arange(n)), (shape,))


def solve_triangular(a: np.ndarray, b: np.ndarray, upper: bool, unit: bool) -> np.ndarray:
    """``x`` with ``a @ x = b`` for triangular ``a``, whose other triangle is not read."""
    n = a.shape[-1]
    if n > 2 * _BLOCK:
        half = n // 2
        first, second = (slice(half, n), slice(half)) if upper else (slice(half), slice(half, n))
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        x = np.empty((*batch, *b.shape[-2:]), b.dtype)
        x[..., first, :] = solve_triangular(a[..., first, first], b[..., first, :], upper, unit)
        rest = b[..., second, :] - np.matmul(a[..., second, first], x[..., first, :])
        x[..., second, :] = solve_triangular(a[..., second, second], rest, upper, unit)
        return x
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    shape = (*batch, *b.shape[-2:])
    params = (int(upper), int(unit))
    return kernels.outputs(OURS["solve_triangular"], (a, b), (shape,), params)


def lu_solve(lu: np.ndarray, order: np.ndarray, b: np.ndarray, adjoint: bool) -> np.ndarray:
    """``x`` with ``a @ x = b``, or ``a.T @ x = b``, from the factors of ``a`` and its row order."""
    batch = np.broadcast_shapes(lu.shape[:-2], b.shape[:-2])
    order = np.broadcast_to(order, (*batch, order.shape[-1]))[..., None]
    b = np.broadcast_to(b, (*batch, *b.shape[-2:]))
    if not adjoint:
        below = solve_triangular(lu, np.take_along_axis(b, order, -2), False, True)
        return solve_triangular(lu, below, True, False)
    below = solve_triangular(swapped(lu), b, False, False)
    above = solve_triangular(swapped(lu), below, True, True)
    x = np.empty_like(above)
    np.put_along_axis(x, np.broadcast_to(order, above.shape), above, -2)
    return x


def cholesky(a: np.ndarray, upper: bool) -> tuple[np.ndarray, np.ndarray]:
    """The factor, and the first leading minor that is not positive or 0; reads one triangle."""
    try:
        with np.errstate(all="ignore"):
            factor = np.linalg.cholesky(swapped(a) if upper else a)
        info = np.zeros(a.shape[:-2], np.int32)
    except np.linalg.LinAlgError:
        shapes = (a.shape, a.shape[:-2])
        source = swapped(a) if upper else a
        factor, info = kernels.outputs(OURS["cholesky_factor"], (source,), shapes)
    return (swapped(factor) if upper else factor), info


def solve(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``x`` with ``a @ x = b`` for square ``a``, and the first zero pivot or 0."""
    try:
        with np.errstate(all="ignore"):
            return np.linalg.solve(a, b), np.zeros(a.shape[:-2], np.int32)
    except np.linalg.LinAlgError:
        lu, pivots, info = lu_factor(a)
        return lu_solve(lu, permutation(pivots, a.shape[-1]), b, False), info


__all__ = [
    "by_columns", "cholesky", "lu_factor", "lu_solve", "permutation", "solve", "solve_triangular",
    "swapped",
]  # fmt: skip
