"""Values combined with those at their place, by sum, product, mean or extreme: both ways.

``scatter_reduce`` and ``index_reduce`` share this; they differ in where a value's place is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, NoReturn

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op

delayed_error = op(
    "delayed_error",
    forward=lambda values, text: values.copy(),
    grad_name="Error",
    values=lambda g, text: _refuse(text),
    doc="A copy that refuses, with a text, to be differentiated.",
)


def _refuse(text: str) -> NoReturn:
    raise RuntimeError(text)


_KERNELS = {"sum": "place_add", "mean": "place_add", "prod": "place_mul", "amax": "place_max",
            "amin": "place_min"}  # fmt: skip


def _neutral(reduce: str, dtype: np.dtype) -> float:
    """What changes nothing when it is combined with a value."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if dtype.kind == "b":
        return reduce == "amin"
    if dtype.kind == "f":
        return float("-inf" if reduce == "amax" else "inf")
    limits = np.iinfo(dtype)
    return int(limits.min if reduce == "amax" else limits.max)


def combine(
    place: Callable, target: np.ndarray, positions: np.ndarray, values: np.ndarray, dim: int,
    reduce: str, include_self: bool,
) -> None:  # fmt: skip
    """Combine values with the target's; ``place`` runs a kernel at the positions."""
    if not include_self:
        neutral = kernels.fill(kernels.empty((), target.dtype), _neutral(reduce, target.dtype))
        place("place", target, positions, neutral, dim)
    place(_KERNELS[reduce], target, positions, values, dim)
    if reduce == "mean":
        _divide(place, target, positions, dim, include_self)


def _divide(place, target, positions, dim: int, include_self: bool) -> None:
    """Divide each sum by how many values it has; where there are none by one."""
    count = kernels.fill(kernels.empty(target.shape, target.dtype), int(include_self))
    one = kernels.fill(kernels.empty((), target.dtype), 1)
    place("place_add", count, positions, one, dim)
    if not include_self:
        np.maximum(count, one, out=count)
    divide = np.true_divide if target.dtype.kind == "f" else np.floor_divide
    kernels.copy_array(target, np.asarray(divide(target, count)))


class Combination(NamedTuple):
    """How values were combined, as functions of tensors: what the derivatives are made of."""

    function: str
    source: str             # what the function calls the values
    reduce: str
    include_self: bool
    read: Callable[[Tensor], Tensor]
    add: Callable[[Tensor, Tensor], Tensor]
    clear: Callable[[Tensor, float], Tensor]
    combine: Callable[[Tensor, Tensor], Tensor]


def combined_input_slope(
    g: Tensor, input: Tensor, src: Tensor, out: Tensor, how: Combination
) -> Tensor:
    """The gradient of what was there before."""
    if how.reduce == "sum":
        slope = g
    elif how.reduce == "mean":
        slope = g / _counts(g, src, how)
    elif how.reduce == "prod":
        # The product of the values alone, also where the element itself is zero.
        plain = input.masked_fill(input == 0, 1)
        slope = g * how.combine(plain, src) / plain
    else:
        slope = (input == out).to(g.dtype) * _shared_out(g, input, src, out, how)
    return slope if how.include_self else how.clear(slope, 0)


def combined_source_slope(
    g: Tensor, input: Tensor, src: Tensor, out: Tensor, how: Combination
) -> Tensor:
    """The gradient of the values."""
    if how.reduce == "sum":
        return how.read(g)
    if how.reduce == "mean":
        return how.read(g / _counts(g, src, how))
    if how.reduce == "prod":
        return _product_slope(g, input, src, out, how)
    is_extreme = (src == how.read(out)).to(g.dtype)
    return is_extreme * how.read(_shared_out(g, input, src, out, how))


def _counts(g: Tensor, src: Tensor, how: Combination) -> Tensor:
    """How many values each mean has."""
    counts = how.add(g.new_full(g.shape, int(how.include_self)), src.new_ones(src.shape))
    return counts.masked_fill(counts == 0, 1)


def _shared_out(g: Tensor, input: Tensor, src: Tensor, out: Tensor, how: Combination) -> Tensor:
    """The gradient divided among all that are equal to the extreme."""
    is_extreme = (src == how.read(out)).to(g.dtype)
    return g / how.add((input == out).to(g.dtype), is_extreme)


def _product_slope(
    g: Tensor, input: Tensor, src: Tensor, out: Tensor, how: Combination
) -> Tensor:
    """``g`` times the product of all others; with one zero among them only its own is not zero."""
    is_zero = src == 0
    n_zeros = how.read(how.add(g.new_zeros(g.shape), is_zero.to(g.dtype)))
    is_only_zero = is_zero.logical_and(n_zeros == 1)
    without_it = how.combine(input, src.masked_fill(is_only_zero, 1))
    others = how.read(g * out) / src.masked_fill(is_zero, 1)
    slope = how.read(g * without_it).where(is_only_zero, others)
    has_several = n_zeros > 1
    if not bool(has_several.any()):
        return slope
    return delayed_error(
        slope.masked_fill(has_several, 0),
        f"{how.function}(): Double backward is unsupported for {how.source} when >1 zeros in "
        f"{how.source} are scattered to the same position in self",
    )
