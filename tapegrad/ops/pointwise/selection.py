"""One of two values by a mask."""

from __future__ import annotations

import warnings
from typing import Any, overload

from tapegrad import _types
from tapegrad._core import result_type_number
from tapegrad._kernels import OURS, TYPE_NAMES, refuse_overflow
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._declare import method, op, takes_out, takes_tensors

where_op = op(
    "where", kernel=OURS["where"], takes_mask=True, params=("condition", "input", "other"),
    input=lambda g, condition: where_op(condition, g, 0.0),
    other=lambda g, condition: where_op(condition, 0.0, g),
    doc="The first value where a mask holds, else the second.",
)  # fmt: skip


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor, input: Any, other: Any, *, out: Tensor | None = None) -> Tensor: ...
@takes_tensors
def where(
    condition: Tensor, input: Any = ..., other: Any = ..., *, out: Tensor | None = None
) -> Any:
    """``input`` where the condition holds, else ``other``; alone, the condition's indices.

    Either may be a number, but not together with ``out``.
    """
    if out is not None:
        for position, (name, value) in enumerate((("input", input), ("other", other)), 2):
            check_tensor("where", name, value, position)
        return _where_into(condition, input, other, out=out)
    if input is ... and other is ...:
        return condition.nonzero(as_tuple=True)
    check_tensor("where", "condition", condition)
    if condition.dtype is _types.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be "
            "removed in a future version of PyTorch. Use a boolean condition instead.",
            UserWarning, stacklevel=3)  # fmt: skip
        condition = condition.bool()
    if condition.dtype is not _types.bool:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{TYPE_NAMES[condition.dtype.numpy.num]}"
        )
    for value in (input, other):
        if isinstance(value, (int, float)):
            _check_held(value, result_type_number(input, other))
    return where_op(condition, input, other)


def _check_held(number, type_number: int) -> None:
    """Refuse a number that the dtype of the result cannot hold; in float16 it may be infinity."""
    if type_number != _types.float16.numpy.num:
        refuse_overflow(number, type_number)


_where_into = takes_out("Expected out type to be {result} but got {out}")(where)


@method("where")
def _where_method(self: Tensor, condition: Tensor, other) -> Tensor:
    """This tensor's elements where ``condition`` holds, elsewhere those of ``other``."""
    return where(condition, self, other)


__all__ = ["where"]
