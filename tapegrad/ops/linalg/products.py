"""Products of matrices and vectors."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor, attach_method
from tapegrad.ops._declare import method, op
from tapegrad.ops.shape import expand, t_op, unsafe_squeeze_op, unsafe_view_op

mm_op = op(
    "mm",
    forward=kernels.mm,
    params=("input", "other"),
    input=lambda g, other: mm_nt(g, other),
    other=lambda g, input: mm_tn(input, g),
    doc="Product of two matrices.",
)
mm_nt = op(
    "mm_nt",
    forward=kernels.mm_nt,
    params=("input", "other"),
    input=lambda g, other: mm_op(g, other),
    other=lambda g, input: mm_tn(g, input),
    doc="Product of a matrix and the transpose of another.",
)
mm_tn = op(
    "mm_tn",
    forward=kernels.mm_tn,
    params=("input", "other"),
    input=lambda g, other: mm_nt(other, g),
    other=lambda g, input: mm_op(input, g),
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
    forward=lambda input, vec: kernels.matmul(input, vec[:, None])[:, 0],
    input=lambda g, vec: g.unsqueeze(1) * vec,
    vec=lambda g, input: mv_op(input.t(), g),
    doc="Product of a matrix and a vector.",
)
dot_op = op(
    "dot",
    forward=lambda input, other: kernels.matmul(input[None, :], other[:, None])[0, 0, ...],
    input=lambda g, other: g * other,
    other=lambda g, input: g * input,
    doc="Inner product of two vectors.",
)


addmm_op = op(
    "addmm",
    forward=kernels.addmm,
    params=("bias", "input", "other", "other_is_view"),
    defaults=(False,),
    bias=lambda g: g,
    input=lambda g, other: mm_nt(g, other),
    # The gradient of a transposed weight is made transposed: turned back it lies as the weight.
    other=lambda g, input, other_is_view: (
        t_op(mm_tn(g, input)) if other_is_view else mm_tn(input, g)
    ),
    doc="A matrix plus the product of two others.",
)


def _addmm_scaled(bias: np.ndarray, input, other, beta, alpha) -> np.ndarray:
    product = kernels.mm(input, other)
    product = kernels.pointwise(_MULTIPLY, product, float(alpha), out=product)
    if beta == 0:
        return product
    scaled = kernels.pointwise(_MULTIPLY, bias, float(beta))
    return kernels.pointwise(_ADD, product, scaled, out=product)


_ADD, _MULTIPLY = kernels.numpy_kernel(np.add), kernels.numpy_kernel(np.multiply)
addmm_scaled_op = op(
    "addmm_scaled",
    forward=_addmm_scaled,
    grad_name="AddmmBackward0",
    bias=lambda g, beta: g * beta,
    input=lambda g, other, alpha: mm_nt(g, other) * alpha,
    other=lambda g, input, alpha: mm_tn(input, g) * alpha,
    doc="A matrix plus the product of two others, both scaled.",
)


def _check_dtypes(a: Tensor, b: Tensor) -> None:
    if a.dtype is not b.dtype:
        names = [str(one.dtype).removeprefix("torch.") for one in (a, b)]
        names = [{"float32": "float", "float64": "double", "float16": "c10::Half",
                  "int64": "long int", "int32": "int"}.get(one, one) for one in names]
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {names[0]} != {names[1]}"
        )


@method()
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Product of two matrices: ``(n, k) @ (k, m)``."""
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_inner(input, mat2)
    _check_dtypes(input, mat2)
    return mm_op(input, mat2)


def _check_inner(a: Tensor, b: Tensor) -> None:
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and "
            f"{b.shape[0]}x{b.shape[1]})"
        )


@method()
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of two batches of matrices: ``(b, n, k) @ (b, k, m)``."""
    for name, one in (("batch1", input), ("batch2", mat2)):
        if one.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    if input.shape[0] != mat2.shape[0] or input.shape[2] != mat2.shape[1]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{input.shape[0]}, {input.shape[2]}] but got: [{mat2.shape[0]}, {mat2.shape[1]}]."
        )
    _check_dtypes(input, mat2)
    return bmm_op(input, mat2)


@method()
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Product of a matrix and a vector: ``(n, k) @ (k)``."""
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(
            "vector + matrix @ vector expected, got "
            f"{vec.ndim}, {input.ndim}, {vec.ndim}"
        )
    if input.shape[1] != vec.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input.shape[0]}), mat "
            f"({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})"
        )
    _check_dtypes(input, vec)
    return mv_op(input, vec)


@method()
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Inner product of two vectors of one size."""
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors"
        )
    if input.dtype is not tensor.dtype:
        names = [kernels.TYPE_NAMES[one.dtype.numpy.num] for one in (input, tensor)]
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {names[0]} and {names[1]}"
        )
    if input.shape != tensor.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{input.shape[0]}] and src "
            f"[{tensor.shape[0]}] to have the same number of elements, but got {input.shape[0]} "
            f"and {tensor.shape[0]} elements respectively"
        )
    return dot_op(input, tensor)


@method()
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta=1, alpha=1) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; ``input`` is broadcast."""
    if mat1.ndim != 2 or mat2.ndim != 2:
        which, one = ("mat1", mat1) if mat1.ndim != 2 else ("mat2", mat2)
        raise RuntimeError(f"{which} must be a matrix, got {one.ndim}-D tensor")
    _check_inner(mat1, mat2)
    _check_dtypes(mat1, mat2)
    shape = (mat1.shape[0], mat2.shape[1])
    if input.shape != shape and (input.ndim > 2 or _bad_bias(tuple(input.shape), shape)):
        expand(input, shape)
    if beta == 1 and alpha == 1:
        return addmm_op(input, mat1, mat2)
    return addmm_scaled_op(input, mat1, mat2, beta, alpha)


def _bad_bias(given: tuple, shape: tuple) -> bool:
    return any(
        a not in (1, b) for a, b in zip(reversed(given), reversed(shape), strict=False)
    )


@method()
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Products of all pairs of elements of two vectors."""
    return input.reshape(-1, 1) * vec2


@method()
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product, by the operands' numbers of dimensions as in ``@``.

    Vectors act as a row before and as a column behind; leading dimensions are broadcast.
    """
    if not isinstance(other, Tensor):
        raise TypeError(
            f"matmul(): argument 'other' (position 2) must be Tensor, not {type(other).__name__}"
        )
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
    flat = input.reshape(-1, shape[-1])
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


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias`` over the last dimension.

    Shape: ``(..., in_features)`` with a weight ``(out_features, in_features)`` to
    ``(..., out_features)``.
    """
    if bias is not None and input.ndim == 2 and weight.ndim == 2:
        return addmm_op(bias, input, t_op(weight), True)
    if bias is None:
        return matmul(input, weight.t())
    if weight.ndim == 1:
        return matmul(input, weight) + bias
    shape = input.shape
    flat = addmm(bias, input.reshape(-1, shape[-1]), weight.t())
    return flat.view((*shape[:-1], weight.shape[0]))




attach_method("ger", outer)
