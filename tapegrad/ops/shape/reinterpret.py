"""The same bytes as elements of another dtype."""

from __future__ import annotations

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops.tensor_types import type_name

view_dtype_op = op(
    "view_dtype",
    forward=lambda input, kind: input.view(kind.numpy),
    is_view=True,
    doc="The same bytes as elements of another dtype.",
)


def reinterpreted(input: Tensor, dtype: _types.dtype) -> Tensor:
    """The bytes of a tensor as elements of ``dtype``, without history.

    The last dimension shrinks or grows where elements differ in size; RuntimeError where it cannot.
    """
    kind = _types.as_dtype(dtype, "view")
    assert kind is not None
    if kind.itemsize != input.itemsize:
        _check_sizes(input, kind)
    return view_dtype_op(input.detach(), kind).detach()


def _check_sizes(input: Tensor, kind: _types.dtype) -> None:
    source, wanted = type_name(input), type_name(input.new_empty(0, dtype=kind))
    purpose = f"to view {source} as {wanted} (different element sizes)"
    if input.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {purpose}")
    stride = input.stride()
    if stride[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {purpose}, but got {stride[-1]}")
    ratio = kind.itemsize // input.itemsize
    if ratio < 2:
        return
    counts = {"size(-1)": input.shape[-1], "storage_offset()": input.storage_offset()}
    counts |= {f"stride({k})": step for k, step in enumerate(stride[:-1])}
    for name, count in counts.items():
        if count % ratio:
            raise RuntimeError(
                f"self.{name} must be divisible by {ratio} {purpose}, but got {count}"
            )


__all__ = ["reinterpreted"]
