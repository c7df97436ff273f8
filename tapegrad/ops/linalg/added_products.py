"""A tensor plus a scaled product: ``addmv``, ``addr``, ``baddbmm`` and ``addbmm``.

All compute ``beta * input + alpha * product``. Where ``beta`` is 0 the input is not read, so that
NaN in it does not spread.
"""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp, promoted_number
from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import have_dtype_of
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import check_expansion
from tapegrad.ops._out import c_name
from tapegrad.ops.convert import in_dtype
from tapegrad.ops.linalg._half import rounded_once
from tapegrad.ops.linalg.addmm import check_target, scaled_sum
from tapegrad.ops.linalg.products import (
    bmm_op,
    check_batches,
    check_matrix_and_vector,
    mv_op,
    refuse_bool,
)
from tapegrad.ops.promotion import can_cast
from tapegrad.ops.shape import expand
from tapegrad.ops.tensor_types import type_name

addmv_op = op(
    "addmv",
    forward=rounded_once(lambda input, mat, vec, beta, alpha: scaled_sum(
        input, kernels.mv(mat, vec), beta, alpha
    )),
    params=("input", "mat", "vec", "beta", "alpha"),
    input=lambda g, beta: g * beta,
    mat=lambda g, vec, alpha: g.unsqueeze(1) * vec * alpha,
    vec=lambda g, mat, alpha: mv_op(mat.t(), g) * alpha,
    doc="A vector plus the product of a matrix and a vector, both scaled.",
)


@takes_out()
@method()
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * (mat @ vec)``: ``(n)``, ``(n, k)`` and ``(k)`` to ``(n)``."""
    check_matrix_and_vector(input, mat, vec)
    return addmv_op(input, mat, vec, beta, alpha)


@method()
def addmv_(self: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Write ``beta * self + alpha * (mat @ vec)`` into the tensor."""
    check_matrix_and_vector(self, mat, vec)
    check_target(self, (mat.shape[0],))
    return _ADDMV_INPLACE(self, mat, vec, beta, alpha)


_ADDMV_INPLACE = InplaceOp(addmv_op)


def _addr(input: np.ndarray, vec1, vec2, beta, alpha) -> np.ndarray:
    if input.dtype.char == "?":
        product = kernels.pointwise(_AND, vec1[:, None], vec2) & bool(alpha)
        return product | input if beta else product
    column = kernels.unsqueezed(vec1, 1)
    return scaled_sum(input, kernels.pointwise(_MULTIPLY, column, vec2), beta, alpha)


_AND, _MULTIPLY = kernels.numpy_kernel(np.logical_and), kernels.numpy_kernel(np.multiply)
addr_op = op(
    "addr",
    forward=_addr,
    input=lambda g, beta: g * beta,
    vec1=lambda g, vec2, alpha: mv_op(g, vec2) * alpha,
    vec2=lambda g, vec1, alpha: mv_op(g.t(), vec1) * alpha,
    doc="A matrix plus the outer product of two vectors, both scaled.",
)


def _check_addr(input: Tensor, vec1: Tensor, vec2: Tensor, beta, alpha) -> _types.dtype:
    """Refuse what does not fit; gives the dtype in which all three meet."""
    if vec1.ndim != 1 or vec2.ndim != 1:
        name, vec = ("vec1", vec1) if vec1.ndim != 1 else ("vec2", vec2)
        raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {vec.ndim}-D")
    dtype = input.dtype
    if not have_dtype_of(input, vec1, vec2):
        vectors = promoted_number(vec1.dtype.numpy.num, vec2.dtype.numpy.num)
        dtype = _types.BY_NUMPY_NUMBER[promoted_number(dtype.numpy.num, vectors)]
    if beta == 1 and alpha == 1 and type(beta) is type(alpha) is int:
        return dtype
    for name, scale in (("beta", beta), ("alpha", alpha)):
        if isinstance(scale, bool) and dtype is not _types.bool:
            raise RuntimeError(f"Boolean {name} only supported for Boolean results.")
        if isinstance(scale, float) and not dtype.is_floating_point:
            raise RuntimeError(
                f"For integral input tensors, argument {name} must not be a floating point number."
            )
    return dtype


@takes_out("cast")
@method()
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * outer(vec1, vec2)``: ``(n, m)``, ``(n)`` and ``(m)`` to ``(n, m)``.

    Dtypes are promoted; truth values are joined by *and*, then by *or*.
    """
    dtype = _check_addr(input, vec1, vec2, beta, alpha)
    check_expansion(input.shape, (vec1.shape[0], vec2.shape[0]), input)
    if not have_dtype_of(input, vec1, vec2):
        input, vec1, vec2 = (in_dtype(one, dtype) for one in (input, vec1, vec2))
    return addr_op(input, vec1, vec2, beta, alpha)


@method()
def addr_(self: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Write ``beta * self + alpha * outer(vec1, vec2)`` into the tensor."""
    dtype = _check_addr(self, vec1, vec2, beta, alpha)
    if self.ndim != 2:
        raise RuntimeError(f"2D tensor expected, got {self.ndim}D tensor for input")
    if self.shape != (vec1.shape[0], vec2.shape[0]):
        sizes = [list(one.shape) for one in (self, vec1, vec2)]
        raise RuntimeError(f"size mismatch, input: {sizes[0]}, v1: {sizes[1]}, v2: {sizes[2]}")
    if not can_cast(dtype, self.dtype):
        raise RuntimeError(
            f"result type {TYPE_NAMES[dtype.numpy.num]} can't be cast to the desired output type "
            f"{type_name(self)}"
        )
    if dtype is not self.dtype:
        return self.copy_(addr(self, vec1, vec2, beta=beta, alpha=alpha))
    return _ADDR_INPLACE(self, in_dtype(vec1, dtype), in_dtype(vec2, dtype), beta, alpha)


_ADDR_INPLACE = InplaceOp(addr_op)

baddbmm_op = op(
    "baddbmm",
    forward=rounded_once(lambda input, batch1, batch2, beta, alpha: scaled_sum(
        input, kernels.matmul(batch1, batch2), beta, alpha
    )),
    params=("input", "batch1", "batch2", "beta", "alpha"),
    input=lambda g, beta: g * beta,
    batch1=lambda g, batch2, alpha: bmm_op(g, batch2.transpose(1, 2)) * alpha,
    batch2=lambda g, batch1, alpha: bmm_op(batch1.transpose(1, 2), g) * alpha,
    doc="A batch of matrices plus the products of two others, both scaled.",
)


def _check_baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor) -> tuple[int, ...]:
    shape = _product_shape(batch1, batch2)
    if input.shape != shape:
        check_expansion(input.shape, shape, input)
    if input.dtype is not batch1.dtype:
        names = [c_name(one.dtype) for one in (input, batch1, batch2)]
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {names[0]}, batch1: {names[1]}, "
            f"batch2: {names[2]}"
        )
    check_batches("baddbmm", batch1, batch2)
    return shape


def _product_shape(batch1: Tensor, batch2: Tensor) -> tuple[int, ...]:
    """The shape of a batch of products, read before anything else is checked, as PyTorch does."""
    if batch1.ndim == batch2.ndim == 3:
        return (*batch1.shape[:2], batch2.shape[2])
    return batch1.size(0), batch1.size(1), batch2.size(2)


@takes_out()
@method()
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """``beta * input + alpha * (batch1 @ batch2)`` for each matrix of two batches.

    Shape: ``(b, n, k)`` and ``(b, k, m)`` to ``(b, n, m)``, to which ``input`` is broadcast.
    """
    _check_baddbmm(input, batch1, batch2)
    return baddbmm_op(input, batch1, batch2, beta, alpha)


@method()
def baddbmm_(
    self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Write ``beta * self + alpha * (batch1 @ batch2)`` into the tensor."""
    check_target(self, _check_baddbmm(self, batch1, batch2))
    return _BADDBMM_INPLACE(self, batch1, batch2, beta, alpha)


_BADDBMM_INPLACE = InplaceOp(baddbmm_op)


def _summed_products(batch1: np.ndarray, batch2: np.ndarray) -> np.ndarray:
    """``sum_b batch1[b] @ batch2[b]``, as one product of the batches laid side by side."""
    b, n, k = batch1.shape
    return kernels.mm(
        kernels.contiguous(batch1.transpose(1, 0, 2)).reshape(n, b * k),
        kernels.contiguous(batch2).reshape(b * k, batch2.shape[2]),
    )


addbmm_op = op(
    "addbmm",
    forward=rounded_once(lambda input, batch1, batch2, beta, alpha: scaled_sum(
        input, _summed_products(batch1, batch2), beta, alpha
    )),
    params=("input", "batch1", "batch2", "beta", "alpha"),
    input=lambda g, beta: g * beta,
    batch1=lambda g, batch2, alpha: _times_each(g, batch2.transpose(1, 2)) * alpha,
    batch2=lambda g, batch1, alpha: _each_times(batch1.transpose(1, 2), g) * alpha,
    doc="A matrix plus the sum of the products of two batches, both scaled.",
)


def _times_each(matrix: Tensor, batch: Tensor) -> Tensor:
    return bmm_op(expand(matrix, (batch.shape[0], *matrix.shape)), batch)


def _each_times(batch: Tensor, matrix: Tensor) -> Tensor:
    return bmm_op(batch, expand(matrix, (batch.shape[0], *matrix.shape)))


def _check_addbmm(input: Tensor, batch1: Tensor, batch2: Tensor) -> tuple[int, ...]:
    shape = _product_shape(batch1, batch2)[1:]
    check_expansion(input.shape, shape, input)
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    if batch1.shape[0] != batch2.shape[0]:
        raise RuntimeError(
            "batch1 and batch2 must have same number of batches, got "
            f"{batch1.shape[0]} and {batch2.shape[0]}"
        )
    if batch1.shape[2] != batch2.shape[1]:
        raise RuntimeError(
            f"Incompatible matrix sizes for bmm ({batch1.shape[1]}x{batch1.shape[2]} and "
            f"{batch2.shape[1]}x{batch2.shape[2]})"
        )
    if not input.dtype is batch1.dtype is batch2.dtype:
        kernels.refuse_kinds(input._array, batch1._array, batch2._array)
    refuse_bool("addmm_impl_cpu_", input)
    return shape


@takes_out(
    "self and mat2 must have the same dtype, but got {out} and {result}", resizes="silently"
)
@method()
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """``beta * input + alpha * sum_b (batch1[b] @ batch2[b])``.

    Shape: ``(b, n, k)`` and ``(b, k, m)`` to ``(n, m)``, to which ``input`` is broadcast.
    """
    _check_addbmm(input, batch1, batch2)
    return addbmm_op(input, batch1, batch2, beta, alpha)


@method()
def addbmm_(
    self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Write ``beta * self + alpha * sum_b (batch1[b] @ batch2[b])`` into the tensor."""
    check_target(self, _check_addbmm(self, batch1, batch2))
    return _ADDBMM_INPLACE(self, batch1, batch2, beta, alpha)


_ADDBMM_INPLACE = InplaceOp(addbmm_op)

__all__ = ["addbmm", "addmv", "addr", "baddbmm"]
