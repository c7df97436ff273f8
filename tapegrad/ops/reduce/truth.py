"""Any, all, and how many."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import dims_of, normal_dims


def truth(input: np.ndarray) -> np.ndarray:
    """Which elements are not zero."""
    return input if input.dtype == np.bool_ else kernels.cast_array(input, np.bool_)


any_op = op(
    "any", forward=kernels.any_true, params=("input", "dims", "keepdim"), defaults=(None, False),
    doc="Whether any element is true.",
)  # fmt: skip
all_op = op(
    "all", forward=kernels.all_true, params=("input", "dims", "keepdim"), defaults=(None, False),
    doc="Whether all elements are true.",
)  # fmt: skip
count_nonzero_op = op(
    "count_nonzero",
    forward=lambda input, dims: kernels.reduce(OURS["count_nonzero"], truth(input), dims, False),
    doc="How many elements are not zero.",
)


def _named_dims(input: Tensor, dim) -> tuple | None:
    """The dims to look through; here ``()`` means none, not all."""
    return None if dim is None else normal_dims(dim, input.ndim)


@takes_out("any only supports bool tensor for result, got: {out}", refuses_grad=False)
@method()
def any(input: Tensor, dim=None, keepdim: bool = False) -> Tensor:
    """Whether any element is true, or any over the dimensions ``dim``."""
    return any_op(input, _named_dims(input, dim), keepdim)


@takes_out("all only supports bool tensor for result, got: {out}", refuses_grad=False)
@method()
def all(input: Tensor, dim=None, keepdim: bool = False) -> Tensor:
    """Whether all elements are true, or all over the dimensions ``dim``."""
    return all_op(input, _named_dims(input, dim), keepdim)


any.take_shortcut(any_op, input=None)
all.take_shortcut(all_op, input=None)


@method()
def count_nonzero(input: Tensor, dim=None) -> Tensor:
    """How many elements are not zero, in all or over the dimensions ``dim``."""
    return count_nonzero_op(input, dims_of(input, dim))


__all__ = ["all", "any", "count_nonzero"]
