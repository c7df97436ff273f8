"""A matrix plus the product of two others: ``addmm``."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops.linalg._half import rounded_once
from tapegrad.ops.linalg.products import check_inner, mm_nt, mm_tn, refuse_bool
from tapegrad.ops.shape import expand

addmm_op = op(
    "addmm",
    forward=kernels.addmm,
    params=("bias", "input", "other"),
    bias="g",
    input="mm_nt(g, other)",
    other="mm_tn(input, g)",
    doc="A matrix plus the product of two others.",
)


def scaled_sum(bias: np.ndarray, product: np.ndarray, beta, alpha) -> np.ndarray:
    """``beta * bias + alpha * product``, over the product's own memory.

    The bias is not read where ``beta`` is 0. Integers take the scales as integers.
    """
    if alpha != 1:
        kernels.refuse_overflow(alpha, product.dtype.num)
        product = kernels.pointwise(_MULTIPLY, product, alpha, out=product)
    if beta == 0:
        return product
    if beta != 1:
        kernels.refuse_overflow(beta, product.dtype.num)
        bias = kernels.pointwise(_MULTIPLY, bias, beta)
    return kernels.pointwise(_ADD, product, bias, out=product)


_ADD, _MULTIPLY = kernels.numpy_kernel(np.add), kernels.numpy_kernel(np.multiply)
addmm_scaled_op = op(
    "addmm_scaled",
    forward=rounded_once(lambda bias, input, other, beta, alpha: scaled_sum(
        bias, kernels.mm(input, other), beta, alpha
    )),
    params=("bias", "input", "other", "beta", "alpha"),
    grad_name="AddmmBackward0",
    bias=lambda g, beta: g * beta,
    input=lambda g, other, alpha: mm_nt(g, other) * alpha,
    other=lambda g, input, alpha: mm_tn(input, g) * alpha,
    doc="A matrix plus the product of two others, both scaled.",
)
_addmm_inplace = InplaceOp(addmm_scaled_op)


@takes_out()
@method()
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; ``input`` is broadcast.

    Where ``beta`` is 0, ``input`` is not read. Integers take both scales as integers.
    """
    shape = _check_addmm(input, mat1, mat2)
    if input.shape != shape and (input.ndim > 2 or _bad_bias(tuple(input.shape), shape)):
        expand(input, shape)
    if beta == 1 and alpha == 1:
        return addmm_op(input, mat1, mat2)
    return addmm_scaled_op(input, mat1, mat2, beta, alpha)


@method()
def addmm_(
    self: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Write ``beta * self + alpha * (mat1 @ mat2)`` into the tensor."""
    check_target(self, _check_addmm(self, mat1, mat2))
    return _addmm_inplace(self, mat1, mat2, beta, alpha)


def _check_addmm(input: Tensor, mat1: Tensor, mat2: Tensor) -> tuple[int, int]:
    """Refuse what is not a tensor plus a product of two matrices; gives the product's shape."""
    if not input.dtype is mat1.dtype is mat2.dtype:
        kernels.refuse_kinds(input._array, mat1._array, mat2._array)
    if mat1.ndim != 2 or mat2.ndim != 2:
        which, one = ("mat1", mat1) if mat1.ndim != 2 else ("mat2", mat2)
        raise RuntimeError(f"{which} must be a matrix, got {one.ndim}-D tensor")
    check_inner(mat1, mat2)
    refuse_bool("addmm_impl_cpu_", mat1)
    return mat1.shape[0], mat2.shape[1]


def check_target(target: Tensor, shape: tuple) -> None:
    """Refuse to write a result into a tensor of another shape."""
    if tuple(target.shape) != shape:
        raise RuntimeError(
            f"Bad in-place call: input tensor size {list(target.shape)} and output tensor size "
            f"{list(shape)} should match"
        )


def _bad_bias(given: tuple, shape: tuple) -> bool:
    return any(
        a not in (1, b) for a, b in zip(reversed(given), reversed(shape), strict=False)
    )

__all__ = ["addmm"]
