"""Products of matrices and vectors."""

from __future__ import annotations

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._out import c_name
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
    forward=kernels.matmul,
    params=("input", "other"),
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
    forward=kernels.dot,
    params=("input", "other"),
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
    check_inner(input, mat2)
    _check_dtypes(input, mat2)
    refuse_bool("addmm_impl_cpu_", input)
    return mm_op(input, mat2)


def refuse_bool(kernel: str, x: Tensor) -> None:
    """Refuse truth values, which no product of matrices is made for."""
    if x.dtype is _types.bool:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def check_inner(a: Tensor, b: Tensor) -> None:
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
    if input.ndim != 3 or other.ndim != 3:
        raise RuntimeError(f"batch{1 if input.ndim != 3 else 2} must be a 3D tensor")
    if input.shape[0] != other.shape[0] or input.shape[2] != other.shape[1]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{input.shape[0]}, {input.shape[2]}] but got: [{other.shape[0]}, {other.shape[1]}]."
        )
    refuse_bool(kernel, input)
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {type_name(input)} but found {type_name(other)}"
        )


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
        if bias is None:
            matrix.size(0)      # which refuses a tensor without dimensions
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


dot.take_shortcut(dot_op, is_product=True, input=1, tensor=1)
vdot.take_shortcut(vdot_op, is_product=True, input=1, other=1)
spmm = mm

__all__ = ["bmm", "dot", "mm", "mv", "spmm", "vdot"]
