"""Dimensions of size 1 seen as larger ones: views without a copy."""

from __future__ import annotations

from collections.abc import Sequence

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op
from tapegrad.ops._dims import alike, check_tensors
from tapegrad.ops.shape import reshaping

expand_op = op(
    "expand",
    forward=kernels.expanded,
    params=("input", "shape"),
    is_view=True,
    input=lambda g: g,
    doc="Dimensions of size 1 repeated without copying.",
)


reshaping.register_expand(expand_op)
expand = method()(reshaping.expand)


@method()
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expanded to another tensor's shape."""
    return expand(input, other.shape)


@method()
def broadcast_to(input: Tensor, size) -> Tensor:
    """Expanded to a shape."""
    return expand(input, size)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Every tensor expanded to the common shape; those that have it stay themselves."""
    check_tensors(tensors)
    return alike(tensors, expand_op)


def broadcast_shapes(*shapes) -> _types.Size:
    """The shape to which tensors of these shapes, or vectors of these lengths, broadcast."""
    given = [(one,) if isinstance(one, int) else one for one in shapes if one is not None]
    for one in given:
        if not isinstance(one, Sequence):
            raise RuntimeError(
                "Input shapes should be of type ints, a tuple of ints, or a list of ints, got "
                f"{one}"
            )
    result: list[int] = [1] * max(map(len, given), default=0)
    for position, shape in enumerate(given):
        for k in range(-1, -1 - len(shape), -1):
            is_one = shape[k] == 1
            if not isinstance(is_one, bool):
                raise AssertionError(f"Expected bool, got {type(is_one)}")
            if shape[k] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[k] in (1, result[k]):
                continue
            if result[k] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[k]} at {k}! Mismatching "
                    f"argument at index {position} had {shape}; but expected shape "
                    f"should be broadcastable to {result}"
                )
            result[k] = shape[k]
    return _types.Size(result)


__all__ = ["broadcast_shapes", "broadcast_tensors", "broadcast_to"]
