"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

import math
from typing import Any

from tapegrad import _types
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import are_matrices, check_tensor
from tapegrad.ops._declare import takes_out
from tapegrad.ops._dims import dims_of, every_dim_or, normal_dim
from tapegrad.ops.linalg._checks import (
    check_floating,
    check_matrix,
    refuse_rectangles,
)
from tapegrad.ops.linalg.inverses import inv_ex_op
from tapegrad.ops.linalg.singular_values import svdvals
from tapegrad.ops.pointwise import where_op
from tapegrad.ops.reduce import amax, amin
from tapegrad.ops.reduce.norms import computed_order, vector_norm_op
from tapegrad.ops.tensor_types import type_name

_INF = math.inf


def _converted(function: str, x: Tensor, dtype: _types.dtype) -> Tensor:
    """The tensor in the dtype that a norm is asked for in, which may not be narrower."""
    wanted = TYPE_NAMES[dtype.numpy.num]
    if not dtype.is_floating_point:
        raise RuntimeError(
            f"{function}: dtype should be floating point or complex, but got {wanted}"
        )
    if dtype.itemsize < x.dtype.itemsize:
        raise RuntimeError(
            f"{function}: the dtype of the input ({type_name(x)}) should be convertible without "
            f"narrowing to the specified dtype ({wanted})"
        )
    return x.to(dtype)


@takes_out("exact", "linalg_vector_norm")
def vector_norm(x: Tensor, ord=2, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """``(sum |x|**ord) ** (1/ord)`` over some dimensions, or over all elements.

    ``inf`` and ``-inf`` give the largest and the smallest magnitude, 0 how many are not zero.
    Raises RuntimeError for integers, and where an empty dimension has no smallest or largest.
    """
    if not (isinstance(ord, (int, float)) and isinstance(x, Tensor) and x.is_floating_point()):
        _refuse_vectors(x, ord)
    if dtype is not None:
        x = _converted("linalg.vector_norm", x, dtype)
    dims = every_dim_or(x, dim)
    if ord < 0 or ord == _INF:
        _refuse_empty(x, ord, dims_of(x, dim))
    return vector_norm_op(x, 2.0 if ord == 2 else computed_order(x, ord, dims), dims, keepdim)


def _refuse_vectors(x: Tensor, ord: Any) -> None:
    check_tensor("linalg_vector_norm", "x", x)
    if not isinstance(ord, (int, float)):
        raise TypeError(
            f"linalg_vector_norm(): argument 'ord' must be Number, not {type(ord).__name__}"
        )
    check_floating("linalg.vector_norm", x, refuses_half=False)


def _refuse_empty(x: Tensor, ord, dims: tuple | None) -> None:
    text = f"linalg.vector_norm cannot compute the {ord} norm on "
    ending = "because {} is empty and the operation does not have an identity"
    if dims is None and x.numel() == 0:
        raise RuntimeError(
            f"{text}an empty tensor because the operation does not have an identity"
        )
    for dim in dims or ():
        if x.shape[dim] == 0:
            raise RuntimeError(f"{text}the dimension {dim}" + ending.format("this dimension"))


def _matrix_dims(A: Tensor, dim) -> tuple[int, int]:
    given = dim if isinstance(dim, (tuple, list)) else (dim,)
    if len(given) != 2:
        shown = " ".join(map(str, given))
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {shown}")
    row, column = normal_dim(given[0], A.ndim), normal_dim(given[1], A.ndim)
    if row == column:
        raise RuntimeError(
            f"linalg.matrix_norm: dims must be different. Got ({row}, {column})"
        )
    return row, column


@takes_out(
    "linalg.matrix_norm expected out tensor dtype {result} but got: {out}",
    "linalg_matrix_norm",
    records=True,
)
def matrix_norm(
    A: Tensor, ord: Any = "fro", dim=(-2, -1), keepdim: bool = False, *, dtype=None
) -> Tensor:
    """A norm of matrices that lie in two dimensions.

    ``"fro"``: the root of the sum of squares; ``"nuc"``: the sum of singular values; 2 and -2: the
    largest and the smallest of these; 1 and -1: the largest and the smallest sum of a column's
    magnitudes; ``inf`` and ``-inf``: of a row's.
    """
    if not (type(ord) is str and ord == "fro" and are_matrices(A)):
        _check_matrices(A, ord)
    row, column = _matrix_dims(A, dim)
    if dtype is not None:
        A = _converted("linalg.matrix_norm", A, dtype)
    if ord == "fro":
        return vector_norm_op(A, 2.0, (row, column), keepdim)
    if ord == "nuc" or abs(ord) == 2:
        values = svdvals(A.movedim((row, column), (-2, -1)))
        norm = values.sum(-1) if ord == "nuc" else _extreme(values, ord > 0, -1, False)
        return _with_ones(norm, row, column) if keepdim else norm
    if abs(ord) == _INF:
        row, column = column, row
    sums = vector_norm(A, 1, row, keepdim)
    return _extreme(sums, ord > 0, column - (column > row and not keepdim), keepdim)


def _check_matrices(A: Tensor, ord: Any) -> None:
    check_tensor("linalg_matrix_norm", "A", A)
    if isinstance(ord, Tensor):     # without dimensions it stands for its number
        raise TypeError(f"an order is a number, not {ord}")
    if isinstance(ord, str) and ord not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    check_matrix("linalg.matrix_norm", A)
    check_floating("linalg.matrix_norm", A, refuses_half=False)
    if not isinstance(ord, str) and abs(ord) not in (1, 2, _INF):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord:g} not supported.")
    if ord == "nuc" or (not isinstance(ord, str) and abs(ord) == 2):
        check_floating("linalg.matrix_norm", A)


def _extreme(values: Tensor, largest: bool, dim: int, keepdim: bool) -> Tensor:
    if largest and values.shape[dim] == 0:
        return values.sum(dim, keepdim)
    return amax(values, dim, keepdim) if largest else amin(values, dim, keepdim)


def _with_ones(norm: Tensor, row: int, column: int) -> Tensor:
    for dim in sorted((row, column)):
        norm = norm.unsqueeze(dim)
    return norm


@takes_out(
    "linalg.norm expected out tensor dtype {result} but got: {out}", "linalg_norm", records=True
)
def norm(A: Tensor, ord=None, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """A norm of a vector or a matrix, by the number of dimensions.

    Without ``ord`` the 2-norm of all elements; else :func:`vector_norm` of one dimension and
    :func:`matrix_norm` of two.
    """
    check_tensor("linalg_norm", "A", A)
    dims = None if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is specified, it must be of length 1 or 2. Got "
            f"{list(dims)}"
        )
    if isinstance(ord, str):
        if dims is None and A.ndim > 2:
            _refuse_count(A)
        return matrix_norm(A, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    if dims is None and ord is not None and A.ndim not in (1, 2):
        _refuse_count(A)
    n_dims = A.ndim if dims is None else len(dims)
    if ord is None or n_dims == 1:
        return vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype)
    return matrix_norm(A, ord, (0, 1) if dims is None else dims, keepdim, dtype=dtype)


def _refuse_count(A: Tensor) -> None:
    raise RuntimeError(
        "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
        f"{A.ndim}D."
    )


@takes_out("safe linalg.cond", "linalg_cond", records=True)
def cond(A: Tensor, p=None) -> Tensor:
    """The condition number ``norm(A, p) * norm(inv(A), p)`` of matrices; infinite if singular.

    With ``p`` of None or 2 the largest singular value over the smallest, also for matrices that
    are not square; -2 turns that over. Shape: ``(*, m, n)`` to ``(*)``.
    """
    check_tensor("linalg_cond", "A", A)
    if A.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if isinstance(p, str) and p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if not isinstance(p, str) and p is not None and abs(p) not in (1, 2, _INF):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if A.numel() == 0:
        return A.new_zeros(A.shape[:-2])
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        values = svdvals(A)
        largest, smallest = values[..., :1], values[..., -1:]
        return (smallest / largest if p == -2 else largest / smallest).squeeze(-1)
    refuse_rectangles(f"linalg.cond(ord={p}): ", A)
    check_floating("linalg.inv", A)
    inverse, info = inv_ex_op(A)
    product = matrix_norm(A, p) * matrix_norm(inverse, p)
    return where_op(info != 0, _INF, product)


__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]
