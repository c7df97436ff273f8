"""Equations with a triangular matrix."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import form_equation
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import (
    batch_shape,
    check_equation,
    check_implemented,
    check_matrix,
    check_square,
    check_tensors,
    refuse_rectangles,
)
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.shape.diagonals import tril, triu
from tapegrad.ops.tensor_types import type_name


def _solve(A, B, upper, left, unit):
    if left:
        return _lapack.by_columns(_lapack.solve_triangular(A, B, upper, unit))
    turned = _lapack.solve_triangular(_lapack.swapped(A), _lapack.swapped(B), not upper, unit)
    return _lapack.swapped(turned)


def triangle(x: Tensor, upper: bool, unit: bool = False) -> Tensor:
    """One triangle of a matrix, without its diagonal if that counts as ones."""
    return triu(x, int(unit)) if upper else tril(x, -int(unit))


def _slope_of_matrix(slope: Tensor, out: Tensor, upper: bool, left: bool, unit: bool) -> Tensor:
    """``X = A⁻¹B`` gives ``-A⁻ᵀ g Xᵀ``, of which the triangle that was read counts.

    ``A⁻ᵀ g`` is the ``slope`` of ``B``.
    """
    product = matmul(slope, out.mT) if left else matmul(out.mT, slope)
    return -triangle(product, upper, unit)


def _slope_of_side(g: Tensor, A: Tensor, upper: bool, left: bool, unit: bool) -> Tensor:
    return solve_triangular_op(A.mT, g, not upper, left, unit)


solve_triangular_op = op(
    "linalg_solve_triangular",
    forward=_solve,
    A=lambda g, A, out, upper, left, unit: _slope_of_matrix(
        _slope_of_side(g, A, upper, left, unit), out, upper, left, unit
    ),
    B=_slope_of_side,
    doc="The solution of equations with a triangular matrix.",
)


@takes_out("expected scalar type {result} but found {out}", "linalg_solve_triangular")
def solve_triangular(
    A: Tensor,
    B: Tensor,
    *,
    upper: bool | None = None,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """``X`` with ``A @ X = B``, or ``X @ A = B`` unless ``left``, for triangular ``A``.

    The other triangle of ``A`` is not read, nor is the diagonal if ``unitriangular``, where it
    counts as ones. A zero on the diagonal gives infinities. Shape: ``(*, n, n)`` and ``(*, n, k)``
    to ``(*, n, k)``; ``(*, k, n)`` unless ``left``.
    """
    check_tensors("linalg_solve_triangular", A=A, B=B)
    if upper is None:
        raise TypeError(
            'linalg_solve_triangular() missing 1 required positional arguments: "upper"'
        )
    if not form_equation(A, B, left):
        check_matrix("linalg.solve_triangular", B, "B")
        check_square("linalg.solve_triangular", A)
        check_equation("linalg.solve_triangular", A, B, left)
        batch_shape(B, A)
        check_implemented("triangular_solve_cpu", A)
        B = B if B.dtype is A.dtype else B.to(A.dtype)
    return solve_triangular_op(A, B, upper, left, unitriangular)


def _solve_and_copy(A, B, upper, transpose, unit):
    matrix, is_upper = (_lapack.swapped(A), not upper) if transpose else (A, upper)
    return _solve(matrix, B, is_upper, True, unit), _lapack.by_columns(A)


def _slopes(grads, A: Tensor, solution: Tensor, upper: bool, transpose: bool, unit: bool) -> tuple:
    """Of the matrix and of the right-hand side, from those of the solution and of the copy."""
    g, copied = grads
    if g is None:
        return copied, solution.new_zeros(solution.shape)
    matrix, is_upper = (A.mT, not upper) if transpose else (A, upper)
    slope = _slope_of_side(g, matrix, is_upper, True, unit)
    slope_of_matrix = _slope_of_matrix(slope, solution, is_upper, True, unit)
    slope_of_matrix = slope_of_matrix.mT if transpose else slope_of_matrix
    return slope_of_matrix if copied is None else slope_of_matrix + copied, slope


triangular_solve_op = op(
    "triangular_solve",
    forward=_solve_and_copy,
    outputs=("solution", "cloned_coefficient"),
    inputs=("A", "B"),
    gradients=lambda grads, A, solution, upper, transpose, unit: _slopes(
        grads, A, solution, upper, transpose, unit
    ),
    doc="The solution of equations with a triangular matrix, and a copy of the matrix.",
)
_Solution = named_result("triangular_solve", "solution", "cloned_coefficient")


@takes_out()
@method()
def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False,
    unitriangular: bool = False,
) -> tuple:
    """``X`` with ``A @ X = input``, or ``A.T @ X = input``, and a copy of ``A``.

    :func:`linalg.solve_triangular` under its older name.
    """
    expanded = A if form_equation(A, input) else _checked_and_expanded(A, input)
    return _Solution.of(triangular_solve_op(expanded, input, upper, transpose, unitriangular))


def _checked_and_expanded(A: Tensor, input: Tensor) -> Tensor:
    """The matrices, one for each right-hand side of a batch."""
    if input.ndim < 2 or A.ndim < 2:
        name, x = ("b", input) if input.ndim < 2 else ("A", A)
        raise RuntimeError(
            f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it "
            f"has {x.ndim} dimensions instead"
        )
    check_pair("triangular_solve", input, A)
    check_implemented("triangular_solve_cpu", A)
    return A.expand((*batch_shape(input, A), *A.shape[-2:]))


def check_pair(function: str, b: Tensor, A: Tensor) -> None:
    """Refuse a right-hand side and a matrix that do not fit, in the words of older functions."""
    if b.dtype is not A.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {type_name(b)} and A "
            f"of type {type_name(A)} instead."
        )
    refuse_rectangles("", A)
    if A.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {function}: each A matrix is {A.shape[-1]} by "
            f"{A.shape[-1]} but each b matrix is {b.shape[-2]} by {b.shape[-1]}"
        )


__all__ = ["triangular_solve"]
