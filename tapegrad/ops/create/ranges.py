"""Numbers in order."""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad import _types
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._arguments import check_device, check_number, dtype_or, finished
from tapegrad.ops._declare import takes_out
from tapegrad.ops._dims import number_of
from tapegrad.ops.create import counted

arange = takes_out("factory", resizes="by count, with a warning")(counted.arange)



@takes_out("factory", "range", resizes="by count")
def range(start, end, step=1, *, dtype=None, layout=None, device=None,
           requires_grad=False) -> Tensor:  # fmt: skip
    """Numbers from ``start`` up to and with ``end``, ``step`` apart, in the default dtype.

    Deprecated in PyTorch, and warns so: ``arange`` leaves out ``end``, as Python's ``range`` does.
    """
    check_device(device)
    start, end, step = number_of(start), number_of(end), number_of(step)
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior "
        "is inconsistent with Python's range builtin. Instead, use torch.arange, which produces "
        "values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    dtype = _types.as_dtype(dtype, "range") or get_default_dtype()
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) / step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = math.floor((end - start) / step) + 1
    numbers = start + np.arange(count) * step
    return finished(numbers.astype(dtype.numpy), requires_grad)


def _end_value(function: str, name: str, value):
    """A start or end of a range: a number, or a tensor without dimensions."""
    if type(value) is int or type(value) is float:
        return value
    if isinstance(value, Tensor):
        if value.ndim > 0:
            raise RuntimeError(_only_numbers(function, f"{name} with {value.ndim} dimension(s)"))
        value = value.item()
    if not isinstance(value, (int, float, np.number)):
        kind = type(value).__name__
        raise TypeError(f"{function}(): argument '{name}' must be Number, not {kind}")
    return value


def _end_values(function: str, start, end) -> tuple:
    """Start and end of a range, as :func:`_end_value` gives them."""
    both_are_tensors = isinstance(start, Tensor) and isinstance(end, Tensor)
    if both_are_tensors and start.ndim + end.ndim:
        raise RuntimeError(_only_numbers(function, (
            f"start with {start.ndim} dimension(s) and end with {end.ndim} dimension(s)")))
    return _end_value(function, "start", start), _end_value(function, "end", end)


def _only_numbers(function: str, given: str) -> str:
    return f"{function} only supports 0-dimensional start and end tensors, but got {given}."


def _checked_row(function: str, start, end, steps, dtype: _types.dtype) -> tuple:
    """Start and end of a row, rounded as ``dtype`` has them, and how many numbers it has."""
    start, end = _end_values(function, start, end)
    try:
        steps = operator.index(steps)
    except TypeError:
        kind = type(steps).__name__
        raise TypeError(f"{function}(): argument 'steps' must be int, not {kind}") from None
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if steps <= 1:
        check_number(start)
        check_number(end)
        if steps and not dtype.is_floating_point:
            kernels.refuse_overflow(start, dtype.numpy.num)
        return start, start, steps
    if dtype is _types.bool:
        raise NotImplementedError(f"\"{function}_cpu\" not implemented for 'Bool'")
    if not dtype.is_floating_point:
        start, end = _whole(start, dtype), _whole(end, dtype)
    for bound in (start, end):
        kernels.refuse_overflow(bound, dtype.numpy.num)
    floating = _floating(dtype)
    return floating.type(start), floating.type(end), steps


def _spaced(start, end, steps: int, floating: Any) -> np.ndarray:
    """Numbers from start to end, computed in a floating-point type."""
    if steps <= 1:
        return kernels.fill(kernels.empty((steps,), floating), start)
    # PyTorch counts from both ends, so that the last number is exactly the end.
    step = floating.type((end - start) / floating.type(steps - 1))
    if floating.itemsize >= 4:
        params = float(start), float(end), float(step)
        return kernels.row_of(OURS["linspace"], steps, floating.num, params)
    numbers = kernels.empty((steps,), floating)
    # Each operation of float16 is rounded.
    half = steps // 2
    k = np.arange(steps - half).astype(floating, copy=False)
    ahead, behind = numbers[:half], numbers[half:]
    np.add(np.multiply(k[:half], step, out=ahead), start, out=ahead)
    np.subtract(end, np.multiply(k[::-1], step, out=behind), out=behind)
    return numbers


def _floating(dtype: _types.dtype) -> Any:
    """What numbers of a dtype are computed in: itself, or double precision for whole ones."""
    return dtype.numpy if dtype.is_floating_point else _DOUBLE


def _whole(value, dtype: _types.dtype) -> int:
    """A number as an element of an integer dtype: its fraction goes, a negative one may wrap."""
    kernels.refuse_overflow(value, dtype.numpy.num)
    whole = int(value)
    return whole & 255 if dtype is _types.uint8 else whole


@takes_out("factory", resizes="by count")
def linspace(start, end, steps: int, *, dtype=None, layout=None, device=None,
             requires_grad=False) -> Tensor:  # fmt: skip
    """``steps`` numbers from ``start`` to ``end``, both included, evenly spaced."""
    check_device(device)
    dtype = dtype_or(dtype, "linspace")
    row = counted.simple_row(start, end, steps, dtype)
    if row is not None:
        return finished(row, requires_grad)
    start, end, steps = _checked_row("linspace", start, end, steps, dtype)
    values = _spaced(start, end, steps, _floating(dtype))
    if not dtype.is_floating_point:
        values = values.astype(dtype.numpy)
    return finished(values, requires_grad)


@takes_out("factory", resizes="by count")
def logspace(start, end, steps: int, base: float = 10.0, *, dtype=None, layout=None, device=None,
             requires_grad=False) -> Tensor:  # fmt: skip
    """``steps`` powers of ``base``, the exponents evenly spaced from ``start`` to ``end``.

    ``out[k] = base ** (start + k * (end - start) / (steps - 1))``.
    """
    check_device(device)
    dtype = dtype_or(dtype, "logspace")
    start, end, steps = _checked_row("logspace", start, end, steps, dtype)
    values = kernels.empty((steps,), _DOUBLE)
    step = float(end - start) / max(steps - 1, 1)
    OURS["logspace"](values, params=(float(base), float(start), float(end), step))
    if dtype.is_floating_point:
        return finished(kernels.cast_array(values, dtype.numpy), requires_grad)
    with np.errstate(all="ignore"):
        # Powers too large for an integer dtype wrap; what is no number at all is the C cast's.
        values = values if dtype is _types.bool else values.astype(np.int64)
        return finished(values.astype(dtype.numpy, copy=False), requires_grad)


_DOUBLE = np.dtype(np.float64)


__all__ = ["arange", "linspace", "logspace", "range"]
