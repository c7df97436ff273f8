"""Products of matrices and vectors."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._out import c_name
from tapegrad.ops.linalg._half import rounded_once
from tapegrad.ops.shape import expand, t_op, unsafe_squeeze_op, unsafe_view_op
from tapegrad.ops.tensor_types import type_name

mm_op = op(
    "mm",
    forward=kernels.mm,
    params=("input", "other"),
    input="mm_nt(g, other)",
    other="mm_tn(input, g)",
    doc="Product of two matrices.",
)
mm_nt = op(
    "mm_nt",
    forward=kernels.mm_nt,
    params=("input", "other"),
    input="mm(g, other)",
    other="mm_tn(g, input)",
    doc="Product of a matrix and the transpose of another.",
)
mm_tn = op(
    "mm_tn",
    forward=kernels.mm_tn,
    params=("input", "other"),
    input="mm_nt(other, g)",
    other="mm(input, g)",
    is_outer=True,
    doc="Product of the transpose of a matrix and another.",
)
bmm_op = op(
    "bmm",
    forward=lambda input, other: kernels.matmul(input, other),
    input=lambda g, other: bmm_op(g, other.transpose(1, 2)),
    other=lambda g, input: bmm_op(input.transpose(1, 2), g),
    doc="Products of matrices in two batches.",
)
mv_op = op(
    "mv",
    forward=kernels.mv,
    params=("input", "vec"),
    input="outer_product(g, vec)",
    vec="mv_tn(input, g)",
    doc="Product of a matrix and a vector.",
)
op(
    "mv_tn",
    forward=kernels.mv_tn,
    params=("input", "vec"),
    input="outer_product(vec, g)",
    vec="mv(input, g)",
    doc="Product of the transpose of a matrix and a vector.",
)
op(
    "outer_product",
    forward=kernels.outer,
    params=("input", "vec"),
    input="mv(g, vec)",
    vec="mv_tn(g, input)",
    is_outer=True,
    doc="Products of each element of a vector with each of another.",
)
dot_op = op(
    "dot",
    forward=lambda input, other: kernels.matmul(input[None, :], other[:, None])[0, 0, ...],
    input="mul(g, other)",
    other="mul(g, input)",
    doc="Inner product of two vectors.",
)
vdot_op = op(
    "vdot",
    forward=dot_op.forward,
    params=dot_op.params,
    input=lambda g, other: g * other,
    other=lambda g, input: g * input,
    doc="Inner product of two vectors.",
)


addmm_op = op(
    "addmm",
    forward=kernels.addmm,
    params=("bias", "input", "other"),
    bias="g",
    input="mm_nt(g, other)",
    other="mm_tn(input, g)",
    doc="A matrix plus the product of two others.",
)
# The gradient of a transposed weight is made transposed: turned back it lies as the weight.
addmm_of_transpose_op = op(
    "addmm_of_transpose",
    forward=kernels.addmm,
    params=("bias", "input", "other"),
    grad_name="AddmmBackward0",
    bias="g",
    input="mm_nt(g, other)",
    other=lambda g, input: t_op(mm_tn(g, input)),
    doc="A matrix plus the product of another and the view of a transposed one.",
)
linear_op = op(
    "linear",
    forward=kernels.linear,
    params=("bias", "input", "weight"),
    grad_name="AddmmBackward0",
    bias="g",
    input="mm(g, weight)",
    weight="mm_tn(g, input)",
    stands_for=("weight", t_op, addmm_of_transpose_op),
    doc="A matrix plus the product of another and the transpose of a third.",
)


def scaled_sum(bias: np.ndarray, product: np.ndarray, beta, alpha) -> np.ndarray:
    """``beta * bias + alpha * product``, over the product's own memory.

    The bias is not read where ``beta`` is 0. Integers take the scales as integers.
    """
    if alpha != 1:
        product = kernels.pointwise(_MULTIPLY, product, alpha, out=product)
    if beta == 0:
        return product
    if beta != 1:
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


def _check_dtypes(a: Tensor, b: Tensor) -> None:
    if a.dtype is not b.dtype:
        raise RuntimeError(
            "expected m1 and m2 to have the same dtype, but got: "
            f"{c_name(a.dtype)} != {c_name(b.dtype)}"
        )


@takes_out()
@method()
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Product of two matrices: ``(n, k) @ (k, m)``."""
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_inner(input, mat2)
    _check_dtypes(input, mat2)
    refuse_bool("addmm_impl_cpu_", input)
    return mm_op(input, mat2)


def refuse_bool(kernel: str, x: Tensor) -> None:
    """Refuse truth values, which no product of matrices is made for."""
    if x.dtype is _types.bool:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def _check_inner(a: Tensor, b: Tensor) -> None:
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and "
            f"{b.shape[0]}x{b.shape[1]})"
        )


@takes_out()
@method()
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of two batches of matrices: ``(b, n, k) @ (b, k, m)``."""
    check_batches("bmm", input, mat2)
    return bmm_op(input, mat2)


def check_batches(kernel: str, input: Tensor, other: Tensor) -> None:
    """Refuse two batches of matrices that cannot be multiplied."""
    for name, one in (("batch1", input), ("batch2", other)):
        if one.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    if input.shape[0] != other.shape[0] or input.shape[2] != other.shape[1]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{input.shape[0]}, {input.shape[2]}] but got: [{other.shape[0]}, {other.shape[1]}]."
        )
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {type_name(input)} but found {type_name(other)}"
        )
    refuse_bool(kernel, input)


@takes_out("addmv input tensors must have the same dtype, but got {out}, {result}, and {result}")
@method()
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Product of a matrix and a vector: ``(n, k) @ (k)``."""
    check_matrix_and_vector(None, input, vec)
    return mv_op(input, vec)


def check_matrix_and_vector(bias: Tensor | None, matrix: Tensor, vector: Tensor) -> None:
    """Refuse what is not a matrix times a vector, plus perhaps a vector; ``mv`` has none."""
    n_dims = 1 if bias is None else bias.ndim
    if matrix.ndim != 2 or vector.ndim != 1 or n_dims > 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {n_dims}, {matrix.ndim}, {vector.ndim}"
        )
    n, k = matrix.shape
    n_bias = n if bias is None else bias.numel()
    if k != vector.shape[0] or n_bias not in (1, n):
        raise RuntimeError(
            f"size mismatch, got input ({n_bias}), mat ({n}x{k}), vec ({vector.shape[0]})"
        )
    bias = vector if bias is None else bias
    if not bias.dtype is matrix.dtype is vector.dtype:
        names = [type_name(one) for one in (bias, matrix, vector)]
        raise RuntimeError(
            "addmv input tensors must have the same dtype, but got "
            f"{names[0]}, {names[1]}, and {names[2]}"
        )
    refuse_bool("addmv_impl_cpu", matrix)


def check_vectors(function: str, input: Tensor, other: Tensor) -> None:
    """Refuse what has no inner product as two vectors."""
    if input.ndim != 1 or other.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {input.ndim}D and {other.ndim}D tensors"
        )
    if input.dtype is not other.dtype:
        raise RuntimeError(
            "dot : expected both vectors to have same dtype, but found "
            f"{type_name(input)} and {type_name(other)}"
        )
    if input.shape != other.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{input.shape[0]}] and src "
            f"[{other.shape[0]}] to have the same number of elements, but got {input.shape[0]} "
            f"and {other.shape[0]} elements respectively"
        )
    refuse_bool(function, input)


@takes_out("result dtype {out} does not match input dtype {result}")
@method()
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Inner product of two vectors of one size."""
    check_vectors("dot", input, tensor)
    return dot_op(input, tensor)


@takes_out("result dtype {out} does not match input dtype {result}")
@method()
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Inner product of two vectors of one size; of real numbers, the same as :func:`dot`."""
    check_vectors("dot", input, other)
    return vdot_op(input, other)


@takes_out()
@method()
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta=1, alpha=1) -> Tensor:
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
def addmm_(self: Tensor, mat1: Tensor, mat2: Tensor, *, beta=1, alpha=1) -> Tensor:
    """Write ``beta * self + alpha * (mat1 @ mat2)`` into the tensor."""
    check_target(self, _check_addmm(self, mat1, mat2))
    return _addmm_inplace(self, mat1, mat2, beta, alpha)


def _check_addmm(input: Tensor, mat1: Tensor, mat2: Tensor) -> tuple[int, int]:
    """Refuse what is not a tensor plus a product of two matrices; gives the product's shape."""
    if mat1.ndim != 2 or mat2.ndim != 2:
        which, one = ("mat1", mat1) if mat1.ndim != 2 else ("mat2", mat2)
        raise RuntimeError(f"{which} must be a matrix, got {one.ndim}-D tensor")
    if not input.dtype is mat1.dtype is mat2.dtype:
        kernels.refuse_kinds(input._array, mat1._array, mat2._array)
    _check_inner(mat1, mat2)
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


@takes_out()
@method()
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product, by the operands' numbers of dimensions as in ``@``.

    Vectors act as a row before and as a column behind; leading dimensions are broadcast.
    """
    a_ndim, b_ndim = input.ndim, other.ndim
    if a_ndim == 2 and b_ndim == 2:
        return mm(input, other)
    if a_ndim == 0 or b_ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a_ndim}D and {b_ndim}D"
        )
    if a_ndim == 1 and b_ndim == 1:
        return dot(input, other)
    if a_ndim == 2 and b_ndim == 1:
        return mv(input, other)
    if a_ndim == 1 and b_ndim == 2:
        return unsafe_squeeze_op(mm(input.unsqueeze(0), other), (0,))
    a, b = _without_lone_batch(input, other)
    if b.ndim <= 2 < a.ndim and (other.requires_grad or _is_foldable(a)):
        return _folded(a, b)
    if a.ndim <= 2 < b.ndim and input.requires_grad:
        return _folded_behind(a, b)
    if b_ndim == 1:
        return _batched(input, other.unsqueeze(1)).squeeze(-1)
    if a_ndim == 1:
        return _batched(input.unsqueeze(0), other).squeeze(-2)
    return _batched(input, other)


matmul.take_shortcut(mm_op, is_product=True, input=2, other=2)
matmul.take_shortcut(mv_op, is_product=True, input=2, other=1)


def _without_lone_batch(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """A batch of one matrix beside a larger batch counts as that matrix."""
    if a.ndim == 3 and a.shape[0] == 1 and b.ndim >= 3 and b.shape[0] != 1:
        return a.squeeze(0), b
    if b.ndim == 3 and b.shape[0] == 1 and a.ndim >= 3 and a.shape[0] != 1:
        return a, b.squeeze(0)
    return a, b


def _is_foldable(batch: Tensor) -> bool:
    """Whether a batch's matrices can be seen as one matrix without copying."""
    k = batch.shape[-1]
    return k > 0 and kernels.can_view(batch._array, (batch.numel() // k, k))


def _folded_behind(input: Tensor, other: Tensor) -> Tensor:
    """One matrix or vector times a batch of matrices: the same from the other side."""
    product = _folded(other.mT, input.t() if input.ndim == 2 else input)
    return product.mT.contiguous() if input.ndim == 2 else product


def _folded(input: Tensor, other: Tensor) -> Tensor:
    """A batch of matrices times one matrix or vector, as one product."""
    shape = input.shape
    flat = input.reshape(math.prod(shape[:-1]), shape[-1])
    product = mv(flat, other) if other.ndim == 1 else mm(flat, other)
    return unsafe_view_op(product, (*shape[:-1], *other.shape[1:]))


def _batched(input: Tensor, other: Tensor) -> Tensor:
    try:
        batch = np.broadcast_shapes(tuple(input.shape[:-2]), tuple(other.shape[:-2]))
    except ValueError:
        _raise_batch_mismatch(input, other)
    n, m = input.shape[-2], other.shape[-1]
    count = math.prod(batch)
    a = input.expand((*batch, *input.shape[-2:])).reshape((count, *input.shape[-2:]))
    b = other.expand((*batch, *other.shape[-2:])).reshape((count, *other.shape[-2:]))
    return unsafe_view_op(bmm(a, b), (*batch, n, m))


def _raise_batch_mismatch(input: Tensor, other: Tensor) -> None:
    a, b = input.shape[:-2], other.shape[:-2]
    ndim = max(len(a), len(b))
    for k in range(1, min(len(a), len(b)) + 1):
        if a[-k] != b[-k] and 1 not in (a[-k], b[-k]):
            raise RuntimeError(
                f"The size of tensor a ({a[-k]}) must match the size of tensor b ({b[-k]}) at "
                f"non-singleton dimension {ndim - k}"
            )


@takes_out()
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias`` over the last dimension.

    Shape: ``(..., in_features)`` with a weight ``(out_features, in_features)`` to
    ``(..., out_features)``.
    """
    if bias is not None and input.ndim == 2 and weight.ndim == 2:
        return linear_op(bias, input, weight)
    if input.ndim == 0 or weight.ndim == 0:
        raise RuntimeError(
            "both arguments to linear need to be at least 1D, but they are "
            f"{input.ndim}D and {weight.ndim}D"
        )
    turned = weight.t()  # which refuses more than two dimensions
    if bias is None:
        return matmul(input, turned)
    if weight.ndim == 1 and weight.dtype is bias.dtype:
        return matmul(input, weight) + bias
    shape = input.shape
    flat = linear_op(bias, input.reshape(-1, shape[-1]), weight)
    return flat.view((*shape[:-1], weight.shape[0]))


linear.take_shortcut(linear_op, bias=1, input=2, weight=2)

spmm = mm

__all__ = ["addmm", "bmm", "dot", "matmul", "mm", "mv", "spmm", "vdot"]
