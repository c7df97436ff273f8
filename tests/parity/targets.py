"""``out=``: targets that fit, are strided, grow, have another dtype or want a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from warnings import catch_warnings, simplefilter

import torch

import tapegrad

from . import convert, freedom, table
from .calls import Call, Report, description, difference, fresh, guarded, holds_other_types, refusal


@guarded
def check_out(report: Report, entry: Any, dtype: str, number: int, sample: Any,
               tolerance: tuple) -> None:
    for manner in ("fits", "strided", "grows", "wrong", "requires"):
        what = description(f"out= that {manner}, {dtype}", number, sample)
        try:
            call = Call(sample)
            with torch.no_grad():
                expected = entry.op(call.theirs[0], *call.theirs[1], **call.theirs[2])
        except Exception:
            return
        if not all(isinstance(t, torch.Tensor) for t in _as_tuple(expected)) \
                or holds_other_types(expected):
            return
        target = _map(lambda t: _target(t, manner), expected)  # noqa: B023
        if target is None or any(t is None for t in _as_tuple(target)):
            continue
        outs = (convert.to_ours(_plain(target)), _plain(target))
        try:
            ours_called = convert.operation(entry)
        except convert.Missing as error:
            report.add("out", str(error), what)
            return
        results = [_written(library, run, args, out, manner == "requires")
                   for library, run, args, out in zip(
                       (tapegrad, torch), (ours_called, entry.op), (call.ours, call.theirs), outs,
                       strict=True)]
        if manner == "strided" and (isinstance(results[1], Exception) or (
                report.name in table.STRIDED_OUT_IS_LOST
                and _is_lost(expected, outs[1], _target(expected, manner), tolerance))):
            continue    # some of PyTorch's functions do not take every target
        if manner == "requires" and not isinstance(results[1], Exception):
            continue    # some drop the gradient in silence
        report.add("out", _out_difference(report.name, results, outs, tolerance, call,
                                          manner == "grows"), what)


def _written(library: Any, run: Callable, arguments: tuple, out: Any, records: bool) -> Any:
    convert.reseed(library)
    with catch_warnings(record=True) as caught:
        simplefilter("always")
        try:
            with library.set_grad_enabled(records):
                result = run(arguments[0], *arguments[1], **arguments[2], out=out)
        except Exception as error:
            return error
    resized = any("was resized since it had shape" in str(w.message) for w in caught)
    return result, resized


def _is_lost(expected: Any, written: Any, unwritten: Any, tolerance: tuple) -> bool:
    """Whether PyTorch moved a target that fits, or gave it other numbers than without ``out=``."""
    return written.stride() != unwritten.stride() \
        or difference(written, expected, tolerance, None, None) is not None


def _out_difference(name: str, results: list, outs: tuple, tolerance: tuple, call: Call,
                    grows: bool) -> str | None:
    refused = refusal(*results)
    if refused is not None or isinstance(results[1], Exception):
        return refused
    (ours, resized), (theirs, expected) = results
    if expected and not resized and grows:
        return "no warning of resizing"
    if any(mine is not given for mine, given in zip(_as_tuple(ours), _as_tuple(outs[0]),
                                                    strict=True)):
        return "the result is not out"
    for mine, other in zip(_as_tuple(ours), _as_tuple(theirs), strict=True):
        if mine.numel() and not grows and tuple(mine.stride()) != tuple(other.stride()):
            return f"strides {tuple(mine.stride())} instead of {tuple(other.stride())}"
    return difference(ours, theirs, tolerance, freedom.RULES.get(name), call)


def _target(like: Any, manner: str) -> Any:
    if manner in ("fits", "requires"):
        return torch.zeros_like(like, memory_format=torch.contiguous_format)
    if manner == "strided":
        if like.dim() < 2:
            return torch.zeros(*like.shape, 2, dtype=like.dtype)[..., 0]
        return torch.zeros(like.shape[::-1], dtype=like.dtype).permute(
            *range(like.dim())[::-1])
    if manner == "grows":
        return torch.ones([n + 1 for n in like.shape] or [2], dtype=like.dtype)
    wrong = torch.int64 if like.dtype.is_floating_point else torch.bool
    return None if like.dtype is torch.bool else torch.zeros(like.shape, dtype=wrong)


def _as_tuple(value: Any) -> tuple:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _map(make: Callable, value: Any) -> Any:
    return tuple(make(t) for t in value) if isinstance(value, (tuple, list)) else make(value)


def _plain(value: Any) -> Any:
    """Copy targets, so that each library writes into its own."""
    return _map(fresh, value)
