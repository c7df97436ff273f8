"""One tensor as several, which are views of it."""

from __future__ import annotations

import operator

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import normal_dim
from tapegrad.ops.shape.joining import cat, pieces, stack

unbind_op = op(
    "unbind",
    forward=lambda input, dim: [input[(slice(None),) * dim + (k, ...)]
                                for k in range(input.shape[dim])],
    is_view=True,
    outputs=("first",),
    input=lambda grads, input_shape, dim: _stacked(grads, input_shape, dim),
    doc="The slices along a dimension, which goes.",
)  # fmt: skip


def _stacked(grads, shape, dim):
    missing = shape[:dim] + shape[dim + 1 :]
    return stack([_zeros(missing, grads) if g is None else g for g in grads], dim)


def _zeros(shape, grads) -> Tensor:
    """A zero gradient in the dtype of those that came."""
    dtype = next(g.dtype for g in grads if g is not None).numpy
    return Tensor._wrap(kernels.fill(kernels.empty(shape, dtype), 0))


def _joined(grads, shape, dim, sizes):
    parts = [
        _zeros((*shape[:dim], size, *shape[dim + 1 :]), grads) if g is None else g
        for g, size in zip(grads, sizes, strict=True)
    ]
    return cat(parts, dim)


def _split_op(name: str, grad_name: str):
    return op(
        name,
        forward=lambda input, dim, sizes: pieces(input, dim, sizes),
        grad_name=grad_name,
        is_view=True,
        outputs=("first",),
        input=lambda grads, input_shape, dim, sizes: _joined(grads, input_shape, dim, sizes),
        doc="Consecutive ranges along a dimension.",
    )


split_op = _split_op("split", "SplitBackward0")
split_with_sizes_op = _split_op("split_with_sizes", "SplitWithSizesBackward0")


@method()
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which goes, as views."""
    if input.ndim == 0:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    return unbind_op(input, normal_dim(dim, input.ndim))


@method()
def split(tensor: Tensor, split_size_or_sections, dim: int = 0) -> tuple[Tensor, ...]:
    """Consecutive ranges along a dimension, as views: of one size, or of the sizes in a list."""
    dim = normal_dim(dim, tensor.ndim)
    total = tensor.shape[dim]
    if isinstance(split_size_or_sections, (tuple, list)):
        return _split_by_sizes(tensor, [operator.index(one) for one in split_size_or_sections], dim)
    size = operator.index(split_size_or_sections)
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and total > 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}"
        )
    sizes = [min(size, total - start) for start in range(0, total, size or 1)] or [0]
    return split_op(tensor, dim, tuple(sizes))


def _split_by_sizes(tensor: Tensor, sizes: list[int], dim: int) -> tuple[Tensor, ...]:
    total = tensor.shape[dim]
    if any(size < 0 for size in sizes):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={sizes}"
        )
    if sum(sizes) != total:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size "
            f"at dimension {dim}), but got split_sizes={sizes}"
        )
    return split_with_sizes_op(tensor, dim, tuple(sizes))


@method()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` ranges of equal size along a dimension, as views."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = normal_dim(dim, input.ndim)
    return split(input, -(-input.shape[dim] // chunks) or 1, dim)
