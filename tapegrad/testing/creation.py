"""Tensors of random numbers for tests."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from tapegrad import _types
from tapegrad._limits import finfo, iinfo
from tapegrad._tensor import Tensor
from tapegrad.ops.create import empty
from tapegrad.ops.random import randint


def make_tensor(
    *shape: Any,
    dtype: _types.dtype,
    device: str | _types.device,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: _types.memory_format | None = None,
) -> Tensor:
    """A tensor of numbers drawn uniformly from ``[low, high)``, for tests.

    The range is -9 to 9 (10 for integers) by default, cut to what the dtype holds.
    ``noncontiguous`` leaves gaps between elements; ``exclude_zero`` puts the smallest number above
    zero in its place. Raises ValueError for an empty range.
    Source: https://docs.pytorch.org/docs/2.13/testing.html
    """
    sizes = tuple(shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"{noncontiguous=} and {memory_format=}"
        )
    if requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError(
            "`requires_grad=True` is not supported for boolean and integral dtypes, but got "
            f"{dtype=}"
        )
    has_gaps = noncontiguous and math.prod(sizes) > 1
    drawn = (*sizes[:-1], 2 * sizes[-1]) if has_gaps else sizes
    made = _drawn(drawn, dtype, device, *_range(dtype, low, high))
    if has_gaps:
        made = made[..., 1::2]
    elif memory_format is not None:
        made = made.clone(memory_format=memory_format)
    if exclude_zero:
        made[made == 0] = finfo(dtype).tiny if dtype.is_floating_point else 1
    return made.requires_grad_() if requires_grad else made


def _limits(dtype: _types.dtype) -> tuple[float, float]:
    """The least number of a dtype, and what bounds those that can be drawn from above."""
    if dtype is _types.bool:
        return 0, 2
    if dtype.is_floating_point:
        return finfo(dtype).min, finfo(dtype).max
    return iinfo(dtype).min, iinfo(dtype).max + (dtype is not _types.int64)


def _range(dtype: _types.dtype, low: float | None, high: float | None) -> tuple[float, float]:
    """From where to where is drawn. Raises ValueError, and warns of a range of one number."""
    least, bound = _limits(dtype)
    if low is None:
        low = 0 if dtype is _types.bool else -9
    if high is None:
        high = 2 if dtype is _types.bool else 9 if dtype.is_floating_point else 10
    if any(isinstance(one, float) and math.isnan(one) for one in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and dtype.is_floating_point:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is "
            "deprecated since 2.1 and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < least or low >= bound:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} "
            f"only supports [{least}, {bound})"
        )
    low, high = min(max(low, least), bound), min(max(high, least), bound)
    return (low, high) if dtype.is_floating_point else (math.ceil(low), math.ceil(high))


def _drawn(
    sizes: tuple, dtype: _types.dtype, device: Any, low: float, high: float
) -> Tensor:
    if not dtype.is_floating_point:
        return randint(low, high, sizes, device=device, dtype=dtype)
    made = empty(sizes, device=device, dtype=dtype)
    if high - low >= finfo(dtype).max:  # as wide a range is none of uniform_'s
        return made.uniform_(low / 2, high / 2).mul_(2)
    return made.uniform_(low, high)


__all__ = ["make_tensor"]
