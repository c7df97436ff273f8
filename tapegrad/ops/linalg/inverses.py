"""Inverses of square matrices, and equations with them."""

from __future__ import annotations

import math

import numpy as np

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, public, takes_out
from tapegrad.ops._dims import sizes_of
from tapegrad.ops._results import named_result
from tapegrad.ops.linalg import _lapack
from tapegrad.ops.linalg._checks import (
    LinAlgError,
    batch_shape,
    check_equation,
    check_floating,
    check_implemented,
    check_matrix,
    check_square,
    check_tensors,
    first_failure,
)
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.tensor_types import type_name

inv_ex_op = op(
    "linalg_inv_ex",
    forward=_lapack.inverse,
    params=("A",),
    outputs=("inverse", "info"),
    A=lambda g, inverse: -matmul(inverse.mT, matmul(g, inverse.mT)),
    doc="The inverse of matrices, and the first zero pivot or 0.",
)
_Inverse = named_result("linalg_inv_ex", "inverse", "info")


def refuse_singular(function: str, info: Tensor) -> None:
    """Raise PyTorch's error for the first matrix without inverse."""
    place, step = first_failure(info)
    if step:
        raise LinAlgError(
            f"{function}: {place}The diagonal element {step} is zero, the inversion could not be "
            "completed because the input matrix is singular."
        )


@takes_out("exact", "linalg_inv_ex")
def inv_ex(A: Tensor, *, check_errors: bool = False) -> tuple:
    """``(inverse, info)``: as :func:`linalg.inv`, but ``info`` says what failed.

    ``info`` is 0, or the number of the first pivot that is zero; the inverse then has no meaning.
    """
    check_tensors("linalg_inv_ex", A=A)
    check_square("linalg.inv", A)
    check_floating("linalg.inv", A)
    result = _Inverse.of(inv_ex_op(A))
    if check_errors:
        refuse_singular("linalg.inv_ex", result[1])
    return result


@takes_out("exact", "linalg_inv_ex")
@method("inverse")
def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices: ``A @ inv(A)`` is the identity.

    Shape: ``(*, n, n)`` to the same. Raises LinAlgError for a singular matrix.
    """
    check_square("linalg.inv", A)
    check_floating("linalg.inv", A)
    inverse, info = inv_ex_op(A)
    refuse_singular("linalg.inv", info)
    return inverse


# ------------------------------------------------------------------------- equations


def _solution(A: np.ndarray, B: np.ndarray, left: bool, has_vector: bool) -> tuple:
    if not left:
        turned, info = _lapack.solve(_lapack.swapped(A), _lapack.swapped(B))
        return _lapack.swapped(turned), info
    result, info = _lapack.solve(A, B[..., None] if has_vector else B)
    return result[..., 0] if has_vector else result, info


def _slope_of_matrix(g: Tensor, A: Tensor, X: Tensor, left: bool, has_vector: bool) -> Tensor:
    """``-A⁻ᵀ g Xᵀ`` for ``X = A⁻¹ B``. Source: Giles, section 2.2.3 (see :mod:`eigenvalues`)."""
    solved = solve_ex_op(A.mT, g, left, has_vector)[0]
    if has_vector:
        return -solved.unsqueeze(-1) * X.unsqueeze(-2)
    return -matmul(solved, X.mT) if left else -matmul(X.mT, solved)


solve_ex_op = op(
    "linalg_solve_ex",
    forward=_solution,
    outputs=("result", "info"),
    A=lambda g, A, result, left, has_vector: _slope_of_matrix(g, A, result, left, has_vector),
    B=lambda g, A, left, has_vector: solve_ex_op(A.mT, g, left, has_vector)[0],
    doc="The solution of linear equations, and the first zero pivot or 0.",
)
_Solution = named_result("linalg_solve_ex", "result", "info")


def is_vector(A: Tensor, B: Tensor) -> bool:
    """Whether a right-hand side is one vector, or one for each matrix of a batch."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and A.shape[:-1] == B.shape)


def _solve(A: Tensor, B: Tensor, left: bool) -> tuple[Tensor, Tensor]:
    check_tensors("linalg_solve", A=A, B=B)
    check_floating("linalg.solve", A, refuses_half=False)
    if A.dtype is not B.dtype:
        raise RuntimeError(
            "linalg.solve: Expected A and B to have the same dtype, but found A of type "
            f"{type_name(A)} and B of type {type_name(B)} instead"
        )
    check_matrix("linalg.solve", A)
    has_vector = is_vector(A, B)
    if has_vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for "
            "left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    right = B.unsqueeze(-1) if has_vector else B
    check_square("linalg.solve", A)
    check_matrix("linalg.solve", right, "B")
    check_equation("linalg.solve", A, right, left)
    batch_shape(right, A)
    check_implemented("lu_cpu", A)
    return solve_ex_op(A, B, left, has_vector)


@takes_out("exact", "_linalg_solve_ex")
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> tuple:
    """``(result, info)``: as :func:`linalg.solve`, but ``info`` says what failed."""
    result = _Solution.of(_solve(A, B, left))
    if check_errors:
        _refuse_unsolved("torch.linalg.solve_ex", result[1])
    return result


@takes_out("exact", "_linalg_solve_ex")
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """``X`` with ``A @ X = B``, or ``X @ A = B`` unless ``left``.

    Shape: ``(*, n, n)`` and ``(*, n, k)`` to ``(*, n, k)``; also ``(*, n)`` to ``(*, n)``, one
    vector for each matrix or one for all. Raises LinAlgError for a singular matrix.
    """
    result, info = _solve(A, B, left)
    _refuse_unsolved("torch.linalg.solve", info)
    return result


def _refuse_unsolved(function: str, info: Tensor) -> None:
    place, step = first_failure(info)
    if step:
        raise LinAlgError(
            f"{function}: {place}The solver failed because the input matrix is singular."
        )


# ------------------------------------------------------------------------- tensors as matrices


@takes_out("safe tensorinv", records=True)
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse under :func:`tensordot` over the last ``ind`` dimensions.

    Shape: ``(*a, *b)`` to ``(*b, *a)``, with ``ind`` sizes in ``a`` and equal products. Raises
    RuntimeError where the products differ, LinAlgError for a singular map.
    """
    check_tensors("linalg_tensorinv", A=A)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    if ind > A.ndim:
        raise RuntimeError(f"ArrayRef: invalid slice, N = {ind}; size = {A.ndim}")
    first, last = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    n, m = math.prod(first), math.prod(last)
    if n != m:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {m} != {n}"
        )
    matrix = A.reshape(n, m)
    check_floating("linalg.inv", A)
    inverse, info = inv_ex_op(matrix)
    refuse_singular("inv", info)
    return inverse.reshape(last + first)


@takes_out("safe tensorsolve", records=True)
def tensorsolve(A: Tensor, B: Tensor, dims: tuple[int, ...] | None = None) -> Tensor:
    """``X`` with ``tensordot(A, X, X.ndim) = B``; ``dims`` of ``A`` are moved behind first.

    Raises RuntimeError where sizes do not fit, LinAlgError for a singular map.
    """
    check_tensors("linalg_tensorsolve", A=A, B=B)
    if dims is not None:
        dims = sizes_of("linalg_tensorsolve", (), dims, "dims")
        A = A.movedim(dims, tuple(range(A.ndim - len(dims), A.ndim)))
    if B.ndim > A.ndim:
        raise RuntimeError("cannot create std::vector larger than max_size()")
    wanted, count = tuple(A.shape[B.ndim :]), B.numel()
    if count != math.prod(wanted):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {math.prod(wanted)} != {count}"
        )
    return solve(A.reshape(count, count), B.reshape(-1)).reshape(wanted)

inverse = public("inverse", inv)

__all__ = ["inv", "inverse"]
