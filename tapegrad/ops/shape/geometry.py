"""Parts by strides or positions that are copied, replaced, or become the tensor itself."""

from __future__ import annotations

from tapegrad._core import become_view
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops.shape.parts import narrow
from tapegrad.ops.shape.strided import as_strided, slice_scattered, strided_view

_as_strided_op = op(
    "as_strided_",
    forward=lambda input, geometry, view: view,
    grad_name="AsStridedBackward1",
    is_view=True,
    input=lambda g, geometry: slice_scattered(g, geometry),
    doc="A tensor that shows its memory by other sizes and strides from now on.",
)


@takes_out("any")
@method()
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """``length`` positions from ``start`` on along a dimension, in memory of their own."""
    return narrow(input, dim, start, length).clone()


@method()
def as_strided_scatter(
    input: Tensor, src: Tensor, size, stride, storage_offset: int | None = None
) -> Tensor:
    """A copy in which ``as_strided(input, size, stride, storage_offset)`` is ``src``."""
    if src.shape != tuple(size):
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(size)}"
        )
    result = input.clone()
    as_strided(result, size, stride, storage_offset).copy_(src)
    return result


@method()
def as_strided_(self: Tensor, size, stride, storage_offset: int | None = None) -> Tensor:
    """Let this tensor itself show its memory by other sizes and strides."""
    return become_view(_as_strided_op, self, *strided_view(self, size, stride, storage_offset))


@method()
def slice_inverse(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Tensor:  # fmt: skip
    """The tensor like ``src`` of which ``input`` is a slice: a view over its memory."""
    first = slice(start, end, step).indices(src.shape[dim])[0] if src.ndim else 0
    offset = input.storage_offset() - first * src.stride(dim)
    return as_strided(input, src.shape, src.stride(), offset)


__all__ = ["as_strided_", "as_strided_scatter", "narrow_copy", "slice_inverse"]
