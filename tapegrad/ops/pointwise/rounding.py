"""Whole numbers near each element, and what is left over."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS, Kernel
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import alias, attach, composite, method, op, takes_out
from tapegrad.ops.create import zeros_like


def _rounding(name: str, ufunc: np.ufunc, doc: str):
    return op(name, kernel=Kernel.from_ufunc(ufunc, name=f"{name}_vml"),
              input=lambda g: zeros_like(g), doc=doc)  # fmt: skip


floor_op = _rounding("floor", np.floor, "Each element rounded down.")
ceil_op = _rounding("ceil", np.ceil, "Each element rounded up.")
trunc_op = _rounding("trunc", np.trunc, "Each element rounded towards zero.")
round_op = _rounding("round", np.rint, "Each element rounded to the nearest whole number, "
                     "halves to even.")  # fmt: skip


def _round_to(input: np.ndarray, decimals: int) -> np.ndarray:
    refuse_integers("round_cpu", input)
    return _round_floats(input, decimals)


def _rounded(input: Tensor, decimals: int) -> Tensor:
    scale = 10.0 ** abs(decimals)
    return round_op(input * scale) / scale if decimals > 0 else round_op(input / scale) * scale


_round_floats = composite(_rounded)
round_decimals_op = op(
    "round_decimals", forward=_round_to, grad_name="RoundBackward1", input=lambda g: zeros_like(g),
    doc="Each element rounded to some decimal places, halves to even.",
)  # fmt: skip


def _refuse_bool(operation, input: Tensor) -> None:
    if input.dtype is _types.bool:
        raise NotImplementedError(f"\"{operation.kernel.name}_cpu\" not implemented for 'Bool'")


def _whole(operation):
    """Rounding leaves integers as they are."""
    written = InplaceOp(operation)

    def rounded(input: Tensor) -> Tensor:
        if input.is_floating_point():
            return operation(input)
        _refuse_bool(operation, input)
        return input.clone()

    def rounded_(self: Tensor) -> Tensor:
        if self.is_floating_point():
            return written(self)
        _refuse_bool(operation, self)
        return self

    rounded.__name__, rounded_.__name__ = operation.__name__, f"{operation.__name__}_"
    rounded.__doc__, rounded_.__doc__ = operation.__doc__, written.__doc__
    return rounded, rounded_


floor, floor_ = _whole(floor_op)
ceil, ceil_ = _whole(ceil_op)
trunc, trunc_ = _whole(trunc_op)
_round, _round_ = _whole(round_op)
_round_floats_, _round_decimals_ = InplaceOp(round_op), InplaceOp(round_decimals_op)


_NOT_GIVEN: Any = ...


@takes_out("same")
@method()
def round(input: Tensor, *, decimals: int = _NOT_GIVEN) -> Tensor:
    """Each element rounded to ``decimals`` places, halves to even; by default to whole numbers.

    Integers are taken as they are unless ``decimals`` is given, which raises NotImplementedError.
    """
    if decimals is _NOT_GIVEN:
        return _round(input)
    return round_floats(input, decimals=decimals)


@takes_out("same", "round")
def round_floats(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Each element rounded, as by :func:`round`. Raises NotImplementedError for integers."""
    return round_op(input) if decimals == 0 else round_decimals_op(input, decimals)


@method()
def round_(self: Tensor, *, decimals: int = _NOT_GIVEN) -> Tensor:
    """In-place form of :func:`round`."""
    if decimals is _NOT_GIVEN:
        return _round_(self)
    return _round_floats_(self) if decimals == 0 else _round_decimals_(self, decimals)


frac = op(
    "frac", kernel=OURS["frac"], method=True, inplace=True, out="same", input="g",
    doc="What each element has behind the point, with its sign.",
)  # fmt: skip

for _function in (floor, floor_, ceil, ceil_, trunc, trunc_):
    attach(_function.__name__, _function)
floor, ceil, trunc = map(takes_out("same"), (floor, ceil, trunc))
fix = alias("fix", trunc)

__all__ = ["ceil", "fix", "floor", "frac", "round", "trunc"]
