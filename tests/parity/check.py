"""What is compared for one entry: forward, gradients, spellings, ``out=`` and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

from . import convert, freedom, table, truth
from .calls import (
    Call,
    Report,
    description,
    difference,
    first_line,
    guarded,
    holds_other_types,
    refusal,
)
from .compare import tensors
from .gradients import check_gradients
from .targets import check_out

SECOND_DERIVATIVES = 16     # samples of an entry, evenly picked; all have forward and gradient
SPELLED = 12
WRITTEN = 4


def check(name: str, entry: Any, dtypes: tuple[str, ...] = table.DTYPES) -> Report:
    """Compare an entry as a whole."""
    report = Report(name, table.doubts_second(entry))
    try:
        convert.operation(entry)
    except convert.Missing as error:
        report.add("forward", str(error), lambda: "")
        return report
    with catch_warnings():
        simplefilter("ignore")
        with np.errstate(all="ignore"):
            for dtype in table.dtypes_of(entry):
                if dtype in dtypes:
                    _check_dtype(report, entry, dtype)
            _check_errors(report, entry)
    return report


def _check_dtype(report: Report, entry: Any, dtype: str) -> None:
    made = table.samples(entry, dtype)
    tolerance = table.tolerance(entry, dtype)
    second = _picked(len(made), SECOND_DERIVATIVES) \
        if dtype == "float64" and entry.supports_gradgrad else ()
    for number, sample in enumerate(made):
        _check_sample(report, entry, dtype, number, sample, tolerance, number in second)
    if dtype in ("float64", "int64"):
        for number in _picked(len(made), SPELLED):
            check_spellings(report, entry, dtype, number, made[number], tolerance)
    if dtype in ("float32", "int64") and entry.supports_out \
            and report.name not in table.OUT_CRASHES_PYTORCH:
        for number in _picked(len(made), WRITTEN):
            check_out(report, entry, dtype, number, made[number], tolerance)


def _picked(n: int, most: int) -> set[int]:
    return set(np.linspace(0, n - 1, min(n, most)).round().astype(int).tolist())


@guarded
def _check_sample(report: Report, entry: Any, dtype: str, number: int, sample: Any,
                  tolerance: tuple, needs_second: bool) -> None:
    what = description(dtype, number, sample)
    try:
        call = Call(sample)
    except convert.NotOurs:
        report.not_ours += 1
        return
    try:
        ours, theirs = call.run(convert.operation(entry), entry.op)
    except convert.Missing as error:
        report.add("forward", str(error), what)
        return
    theirs = freedom.readable(report.name, theirs)
    if holds_other_types(theirs):
        report.not_ours += 1
        return
    rule = freedom.RULES.get(report.name)
    reason = difference(ours, theirs, tolerance, rule, call)
    if reason is not None and dtype == "float16" and report.name in truth.DEPEND_ON_PROCESSOR \
            and truth.is_as_near(call, entry.op, ours, theirs):
        reason = None
    report.add("forward", reason, what)
    if reason is not None or isinstance(theirs, Exception):
        return
    if any(t.requires_grad for t in tensors(theirs)) and dtype in table.FLOATS:
        check_gradients(report, call, ours, theirs, tolerance, needs_second, what)


def spellings(entry: Any) -> list[tuple[str, Callable, Callable[[], Callable]]]:
    """Name every other way to write an entry: PyTorch's function, and a search for ours."""
    found = []
    for kind in ("method_variant", "operator_variant"):
        variant = getattr(entry, kind)
        if variant is not None:
            found.append((kind, variant, lambda v=variant: convert.function(v)))
    for kind in ("inplace_variant", "inplace_operator_variant"):
        variant = getattr(entry, kind)
        if variant is not None:
            found.append((kind, _on_copy(variant),
                          lambda v=variant: _on_copy(convert.function(v))))
    for alias in entry.aliases:
        name = alias.name.removeprefix("torch.")     # some have it
        found.append((alias.name, alias.op, lambda n=name: convert.path(n)))
        short = alias.name.split(".")[-1]
        if alias.method_variant is not None:
            found.append((f"Tensor.{short}", alias.method_variant,
                          lambda n=short: convert.method(n)))
        if alias.inplace_variant is not None:
            found.append((f"Tensor.{short}_", _on_copy(alias.inplace_variant),
                          lambda n=short: _on_copy(convert.method(f"{n}_"))))
    return found


def _on_copy(inplace: Callable) -> Callable:
    def run(x: Any, *args: Any, **kwargs: Any) -> Any:
        return inplace(x.clone() if hasattr(x, "clone") else x, *args, **kwargs)

    return run


@guarded
def check_spellings(report: Report, entry: Any, dtype: str, number: int, sample: Any,
                     tolerance: tuple) -> None:
    functions = [alias.name for alias in entry.aliases]
    for kind, theirs_called, find in spellings(entry):
        what = description(f"{kind} {dtype}", number, sample)
        try:
            call = Call(sample)
            if not isinstance(call.theirs[0], torch.Tensor) and kind not in functions:
                continue    # a method's first argument is a tensor
            ours, theirs = call.run(find(), theirs_called)
        except convert.NotOurs:
            report.not_ours += 1
            continue
        except convert.Missing as error:
            report.add("spellings", str(error), what)
            continue
        theirs = freedom.readable(report.name, theirs)
        if holds_other_types(theirs) or (sample.broadcasts_input and "inplace" in kind
                                          and not isinstance(theirs, Exception)):
            continue    # a few of PyTorch's in-place forms resize what they write
        rule = freedom.RULES.get(report.name)
        reason = difference(ours, theirs, tolerance, rule, call)
        report.add("spellings", reason, what)
        if reason is None and not isinstance(theirs, Exception) and dtype in table.FLOATS \
                and any(t.requires_grad for t in tensors(theirs)):
            partial = Report(report.name)
            check_gradients(partial, call, ours, theirs, tolerance, False, what)
            report.add("spellings", partial.failures[0] if partial.failures else None, what)


def _check_errors(report: Report, entry: Any) -> None:
    for number, mistake in enumerate(table.error_samples(entry)):
        sample = mistake.sample_input
        if entry.name.startswith("__") and not isinstance(sample.input, torch.Tensor):
            continue    # a tensor's operator is never called with a number first
        what = description("mistake", number, sample)
        try:
            call = Call(sample)
            ours, theirs = call.run(convert.operation(entry), entry.op)
        except convert.NotOurs:
            report.not_ours += 1
            continue
        except convert.Missing as error:
            report.add("errors", str(error), what)
            continue
        if not isinstance(theirs, Exception):
            continue
        report.add("errors", refusal(ours, theirs), what)
        if isinstance(ours, Exception) and not str(ours).startswith(first_line(theirs)):
            report.texts.append(f"{report.name} mistake #{number}: {first_line(ours)!r} instead of "
                                f"{first_line(theirs)!r}")
