"""Cholesky factorisation of positive-definite matrices: ``A = L Lᵀ``."""

from __future__ import annotations

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import are_square, check_tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import (
    LinAlgError,
    batch_shape,
    check_floating,
    check_implemented,
    check_square,
    first_failure,
)
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.linalg.triangular import check_pair, solve_triangular_op
from tapegrad.ops.shape.diagonals import tril


def _slope(g: Tensor, L: Tensor, upper: bool) -> Tensor:
    """``L⁻ᵀ Φ(Lᵀ g) L⁻¹``, symmetrised; ``Φ`` takes the lower triangle and half the diagonal.

    Source: Murray, Differentiation of the Cholesky decomposition, 2016.
    """
    if upper:
        L, g = L.mT, g.mT
    inside = tril(matmul(L.mT, g))
    inside = (inside + tril(inside, -1).mT) * 0.5
    from_right = solve_triangular_op(L, inside, False, False, False)
    return solve_triangular_op(L.mT, from_right, True, True, False)


cholesky_ex_op = op(
    "linalg_cholesky_ex",
    forward=_lapack.cholesky,
    params=("A", "upper"),
    outputs=("L", "info"),
    A=lambda g, L, upper: _slope(g, L, upper),
    doc="The Cholesky factor, and the first leading minor that is not positive or 0.",
)
cholesky_op = op(
    "cholesky",
    forward=_lapack.cholesky,
    params=("A", "upper"),
    outputs=("L", "info"),
    A=lambda g, L, upper: _slope(g, L, upper),
    doc="The Cholesky factor, for the older name.",
)
_FactorEx = named_result("linalg_cholesky_ex", "L", "info")


def _refuse(function: str, A: Tensor) -> None:
    """Say what is wrong with what is no batch of square matrices for LAPACK."""
    check_square(function, A)
    check_floating("linalg.cholesky", A, refuses_half=False)
    check_implemented("cholesky_cpu", A)


def _refuse_indefinite(function: str, info: Tensor) -> None:
    place, order = first_failure(info)
    if order:
        raise LinAlgError(
            f"{function}: {place}The factorization could not be completed because the input is not "
            f"positive-definite (the leading minor of order {order} is not positive-definite)."
        )


@takes_out("exact", "linalg_cholesky_ex")
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> tuple:
    """``(L, info)``: as :func:`linalg.cholesky`, but ``info`` says what failed.

    ``info`` is 0, or the order of the first leading minor that is not positive; what follows it in
    ``L`` then has no meaning.
    """
    if not are_square(A):
        check_tensor("linalg_cholesky_ex", "A", A)
        _refuse("linalg.cholesky_ex" if check_errors else "linalg.cholesky", A)
    result = _FactorEx.of(cholesky_ex_op(A, upper))
    if check_errors:
        _refuse_indefinite("linalg.cholesky_ex", result[1])
    return result


@takes_out("exact", "linalg_cholesky_ex")
def linalg_cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """Lower triangular ``L`` with ``A = L @ L.T``, or upper ``U`` with ``A = U.T @ U``.

    Only one triangle of ``A`` is read. Shape: ``(*, n, n)`` to the same. Raises LinAlgError where
    ``A`` is not positive-definite.
    """
    if not are_square(A):
        check_tensor("linalg_cholesky", "A", A)
        _refuse("linalg.cholesky", A)
    factor, info = cholesky_ex_op(A, upper)
    _refuse_indefinite("linalg.cholesky", info)
    return factor


@takes_out("safe cholesky", resizes="by rows")
@method()
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """:func:`linalg.cholesky` under its older name."""
    if input.numel() == 0:
        return input.clone()
    if not are_square(input):
        check_square("cholesky", input)
        check_implemented("cholesky_cpu", input)
    factor, info = cholesky_op(input, upper)
    _refuse_indefinite("cholesky", info)
    return factor


def _solved(B: np.ndarray, L: np.ndarray, upper: bool) -> np.ndarray:
    """``(L Lᵀ)⁻¹ B`` by two substitutions."""
    first, second = (_lapack.swapped(L), L) if upper else (L, _lapack.swapped(L))
    inside = _lapack.solve_triangular(first, B, False, False)
    return _lapack.by_columns(_lapack.solve_triangular(second, inside, True, False))


def _slope_of_factor(product: Tensor, L: Tensor, upper: bool) -> Tensor:
    """``A = L Lᵀ`` passes ``g`` on as ``(g + gᵀ) L``; the other triangle is not cut off."""
    product = product + product.mT
    return -matmul(L, product) if upper else -matmul(product, L)


cholesky_solve_op = op(
    "cholesky_solve",
    forward=_solved,
    B=lambda g, L, upper: cholesky_solve_op(g, L, upper),
    L=lambda g, L, out, upper: _slope_of_factor(
        matmul(cholesky_solve_op(g, L, upper), out.mT), L, upper
    ),
    doc="The solution of equations with a matrix of which the Cholesky factor is given.",
)


@takes_out("safe cholesky_solve", resizes="by rows")
@method()
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """``X`` with ``A @ X = input``, given the Cholesky factor ``input2`` of ``A``.

    Shape: ``(*, n, k)`` and ``(*, n, n)`` to ``(*, n, k)``.
    """
    for name, x in (("b", input), ("u", input2)):
        if x.ndim < 2:
            raise RuntimeError(
                f"{name} should have at least 2 dimensions, but has {x.ndim} dimensions instead"
            )
    batch_shape(input, input2)
    check_pair("cholesky_solve", input, input2)
    check_implemented("cholesky_solve_cpu", input2)
    return cholesky_solve_op(input, input2, upper)


cholesky_inverse_op = op(
    "cholesky_inverse",
    forward=lambda input, upper: _solved(np.eye(input.shape[-1], dtype=input.dtype), input, upper),
    input=lambda g, input, out, upper: _slope_of_factor(
        matmul(matmul(out, g), out), input, upper
    ),
    doc="The inverse of a matrix of which the Cholesky factor is given.",
)


@takes_out("safe cholesky_inverse", resizes="by rows")
@method()
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of ``A``, given its Cholesky factor. Shape: ``(*, n, n)`` to the same."""
    check_square("cholesky_inverse", input)
    check_implemented("cholesky_inverse_out_cpu", input)
    return cholesky_inverse_op(input, upper)


__all__ = ["cholesky", "cholesky_inverse", "cholesky_solve"]
