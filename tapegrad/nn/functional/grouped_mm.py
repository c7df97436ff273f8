"""Products of matrices group by group, as the experts of a mixture need them."""

from __future__ import annotations

from tapegrad import _types
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad.ops._declare import written_as
from tapegrad.ops.create import zeros
from tapegrad.ops.linalg.matmul import matmul
from tapegrad.ops.shape import cat, stack


@written_as("functional.grouped_mm")
def grouped_mm(
    mat_a: Tensor, mat_b: Tensor, *, offs: Tensor | None = None, bias: Tensor | None = None,
    out_dtype: _types.dtype | None = None,
) -> Tensor:  # fmt: skip
    """One product a group, where a matrix holds all groups one behind the other.

    ``offs`` (int32) says where each group ends: among the rows of ``mat_a`` beside a batch
    ``mat_b``, ``(m, k)`` and ``(groups, k, n)`` to ``(m, n)``; among the columns of ``mat_b``
    beside a batch ``mat_a``; among the terms of the sums of two matrices, to ``(groups, m, n)``.
    What lies behind the last group is zero. Two batches are multiplied without ``offs``. Raises
    RuntimeError for what PyTorch's kernel does not take, and for groups that do not follow each
    other. Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.grouped_mm.html
    """
    _refuse((is_grad_enabled() and bias is not None and bias.requires_grad,
             "The function '_grouped_mm' is not differentiable with respect to argument 'bias'. "
             "This input cannot have requires_grad True."))  # fmt: skip
    _check_matrices(mat_a, mat_b, offs)
    _check_options(mat_a, offs, bias, out_dtype)
    if offs is None:
        return matmul(mat_a, mat_b)
    spans = _spans(mat_a, mat_b, offs)
    if mat_a.ndim == mat_b.ndim == 2:
        return stack([matmul(mat_a[:, span], mat_b[span]) for span in spans])
    if mat_a.ndim == 2:
        parts = [matmul(mat_a[span], mat_b[k]) for k, span in enumerate(spans)]
        rest = mat_a.shape[0] - spans[-1].stop
        return cat([*parts, zeros(rest, mat_b.shape[2], dtype=mat_a.dtype)])
    parts = [matmul(mat_a[k], mat_b[:, span]) for k, span in enumerate(spans)]
    rest = mat_b.shape[1] - spans[-1].stop
    return cat([*parts, zeros(mat_a.shape[1], rest, dtype=mat_a.dtype)], 1)


def _refuse(*conditions: tuple[bool, str]) -> None:
    """Raise the text of the first condition that holds."""
    for holds, text in conditions:
        if holds:
            raise RuntimeError(text)


def _check_matrices(a: Tensor, b: Tensor, offs: Tensor | None) -> None:
    for name, x in (("mat_a", a), ("mat_b", b)):
        if x.dtype not in (_types.float32, _types.float16):
            kind = x.type().removeprefix("torch.").removesuffix("Tensor")
            raise RuntimeError(
                f"Expected {name} to be Float32, BFloat16 or Float16 matrix, got {kind}"
            )
    is_batched = a.ndim == b.ndim == 3
    _refuse(
        (a.ndim not in (2, 3), "mat_a has to be 2 or 3d"),
        (b.ndim not in (2, 3), "mat_b has to be 2 or 3d"),
    )
    _refuse((a.shape[-1] != b.shape[-2], "contraction dimension of mat_a and mat_b must match"))
    for x in (a, b):
        _check_strides(x)
    _refuse(
        ((offs is None) is not is_batched, "Have to provide offsets if there is a 2d matrix, or "
                                           "no offset if both matrices are 3d"),
        (is_batched and a.shape[0] != b.shape[0], "batched dimension has to match"),
        (a.dtype is not b.dtype, "expected m1 and m2 to have the same dtype, but got: "
                                 f"{_C_NAMES[a.dtype]} != {_C_NAMES[b.dtype]}"),
    )  # fmt: skip


_C_NAMES = {_types.float32: "float", _types.float16: "c10::Half"}


def _check_strides(x: Tensor) -> None:
    """Rows or columns must lie packed, and begin at every multiple of 16 bytes."""
    row, column = x.stride()[-2:]
    height, width = x.shape[-2:]
    is_packed = (column == 1 and row >= max(1, width)) or (row == 1 and column >= max(1, height))
    if not is_packed:
        raise RuntimeError(
            f"Invalid strides/sizes, got {list(x.stride())} for strides and {list(x.shape)} for "
            "sizes"
        )
    step = row if column == 1 and row >= max(1, width) else column
    if step * x.itemsize % 16:
        raise RuntimeError("strides should be multiple of 16 bytes")


def _check_options(
    a: Tensor, offs: Tensor | None, bias: Tensor | None, dtype: _types.dtype | None
) -> None:
    if offs is not None:
        _refuse((offs.ndim != 1, "offs has to be 1D"),
                (offs.dtype is not _types.int32, "Offsets have to be int32"))  # fmt: skip
    _refuse(
        (bias is not None, "Bias not supported yet"),
        (dtype not in (None, a.dtype), "Grouped gemm output dtype must match `mat_a` dtype"),
    )


def _spans(a: Tensor, b: Tensor, offs: Tensor) -> list[slice]:
    """Where each group lies; PyTorch reads beyond the matrix for groups that end there."""
    ends = offs.tolist()
    batch = a if a.ndim == 3 else b
    _refuse((batch.ndim == 3 and len(ends) != batch.shape[0], "matrix batch sizes have to match"),
            (not ends, "grouped_mm() needs a group"))  # fmt: skip
    length = b.shape[1] if a.ndim == 3 else a.shape[0] if b.ndim == 3 else a.shape[1]
    starts = [0, *ends[:-1]]
    if ends[-1] > length or any(start > end for start, end in zip(starts, ends, strict=True)):
        raise RuntimeError(f"groups that end at {ends} do not lie one behind the other in {length}")
    return [slice(start, end) for start, end in zip(starts, ends, strict=True)]


__all__ = ["grouped_mm"]
