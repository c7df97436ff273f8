"""Equations with a triangular matrix."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad._types import contiguous_format
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


def _slope_of_matrix(g, A, out, upper, left, unit) -> Tensor:
    """``X = A⁻¹B`` gives ``-A⁻ᵀ g Xᵀ``, of which the triangle that was read counts."""
    solved = solve_triangular_op(A.mT, g, not upper, left, unit)
    product = matmul(solved, out.mT) if left else matmul(out.mT, solved)
    return -triangle(product, upper, unit)


def _declared(name: str):
    return op(
        name,
        forward=_solve,
        A=lambda g, A, out, upper, left, unit: _slope_of_matrix(g, A, out, upper, left, unit),
        B=lambda g, A, upper, left, unit: solve_triangular_op(A.mT, g, not upper, left, unit),
        doc="The solution of equations with a triangular matrix.",
    )


solve_triangular_op = _declared("linalg_solve_triangular")
_older_op = _declared("triangular_solve")


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
    check_matrix("linalg.solve_triangular", B, "B")
    check_square("linalg.solve_triangular", A)
    check_equation("linalg.solve_triangular", A, B, left)
    batch_shape(B, A)
    check_implemented("triangular_solve_cpu", A)
    B = B if B.dtype is A.dtype else B.to(A.dtype)
    return solve_triangular_op(A, B, upper, left, unitriangular)


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
    if input.ndim < 2 or A.ndim < 2:
        name, x = ("b", input) if input.ndim < 2 else ("A", A)
        raise RuntimeError(
            f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it "
            f"has {x.ndim} dimensions instead"
        )
    check_pair("triangular_solve", input, A)
    check_implemented("triangular_solve_cpu", A)
    matrix, is_upper = (A.mT, not upper) if transpose else (A, upper)
    shape = (*batch_shape(input, A), *A.shape[-2:])
    solution = _older_op(matrix, input, is_upper, True, unitriangular)
    copied = A.expand(shape).mT.clone(memory_format=contiguous_format).mT
    return _Solution.of((solution, copied))


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
