"""What the ``reduction`` argument of a loss means."""

from __future__ import annotations

import warnings
from typing import Any

from tapegrad._tensor import Tensor

NUMBERS = {"none": 0, "mean": 1, "sum": 2}


def get_enum(reduction: str) -> int:
    """The number by which the loss ops know a reduction.

    This and the two functions named legacy are PyTorch's ``nn._reduction``.
    """
    if isinstance(reduction, str) and reduction in NUMBERS:
        return NUMBERS[reduction]
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            stacklevel=3,
        )
        return NUMBERS["mean"]
    raise ValueError(f"{reduction} is not a valid value for reduction")


def legacy_get_string(
    size_average: Any, reduce: Any, emit_warning: bool = True, stacklevel: int = 2
) -> str:
    """The reduction that the two arguments of old stood for."""
    if reduce is not None and not reduce:
        reduction = "none"
    else:
        reduction = "mean" if size_average is None or size_average else "sum"
    if emit_warning:
        warnings.warn(
            "size_average and reduce args will be deprecated, please use "
            f"reduction='{reduction}' instead.",
            stacklevel=stacklevel,
        )
    return reduction


def legacy_get_enum(size_average: Any, reduce: Any, emit_warning: bool = True) -> int:
    """The number of the reduction that the two arguments of old stood for."""
    return get_enum(legacy_get_string(size_average, reduce, emit_warning, stacklevel=3))


def choose(size_average: Any, reduce: Any, reduction: str) -> str:
    """The reduction asked for, in the present way or in the old one."""
    if size_average is None and reduce is None:
        return reduction
    return legacy_get_string(size_average, reduce, stacklevel=4)


def reduction_number(size_average: Any, reduce: Any, reduction: str) -> int:
    """The number of the reduction asked for, in the present way or in the old one."""
    if size_average is None and reduce is None and reduction in NUMBERS:
        return NUMBERS[reduction]
    return get_enum(choose(size_average, reduce, reduction))


def apply(loss: Tensor, reduction: int) -> Tensor:
    """Reduce the element-wise ``loss``."""
    if reduction == NUMBERS["mean"]:
        return loss.mean()
    return loss.sum() if reduction == NUMBERS["sum"] else loss
