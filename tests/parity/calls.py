"""One call in both libraries: its arguments, its outcomes, and how they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

import tapegrad

from . import convert
from .compare import Differs, array, same, same_refusal, same_values, tensors

STAGES = ("forward", "gradient", "second", "spellings", "out", "errors")


class Report:
    """What came out for one entry."""

    def __init__(self, name: str, doubts_second: bool = False) -> None:
        self.name = name
        self.doubts_second = doubts_second
        self.compared: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.not_ours = 0
        self.failures: list[str] = []
        self.texts: list[str] = []

    @property
    def passes(self) -> bool:
        """Whether nothing differs."""
        return not self.failed

    def counts(self) -> list[int]:
        """Give the number of comparisons at each stage."""
        return [self.compared[stage] for stage in STAGES]

    def add(self, stage: str, reason: str | None, what: Callable[[], str]) -> None:
        """Count a comparison; ``reason`` says how it failed."""
        self.compared[stage] += 1
        if reason is not None:
            self.failed[stage] += 1
            self.failures.append(f"{self.name} {stage} {what()}: {reason}")


class Call:
    """A sample's arguments in both libraries, each in memory of its own."""

    def __init__(self, sample: Any) -> None:
        self.theirs = fresh((sample.input, sample.args, sample.kwargs))
        self.ours = convert.to_ours(self.theirs)
        process = sample.output_process_fn_grad
        self.process = (convert.function(process), process)

    def run(self, ours: Callable, theirs: Callable) -> tuple[Any, Any]:
        """Call both; each gives its result or the exception."""
        return outcome(tapegrad, ours, self.ours), outcome(torch, theirs, self.theirs)

    def leaves(self) -> tuple[list, list]:
        """Give the inputs that want a gradient."""
        return tuple([t for t in tensors(args) if t.requires_grad]
                     for args in (self.ours, self.theirs))


def outcome(library: Any, run: Callable, arguments: tuple) -> Any:
    convert.reseed(library)
    try:
        return run(arguments[0], *arguments[1], **arguments[2])
    except convert.Missing:
        raise
    except Exception as error:
        return error


def fresh(value: Any) -> Any:
    """Copy arguments; a copied tensor is laid out as the one it came from."""
    if isinstance(value, torch.Tensor):
        if value.layout is not torch.strided:
            raise convert.NotOurs("a sparse tensor")
        if value.device.type != "cpu":
            raise convert.NotOurs("a tensor on another device")
        made = torch.empty(0, dtype=value.dtype).set_(
            value.untyped_storage().clone(), value.storage_offset(), value.shape, value.stride())
        return made.requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(fresh(item) for item in value)
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    return value


def guarded(check: Callable) -> Callable:
    """Make a comparison that breaks down a failure of its sample."""
    def run(report: Report, entry: Any, dtype: str, number: int, sample: Any, *rest: Any) -> None:
        try:
            check(report, entry, dtype, number, sample, *rest)
        except Exception as error:
            report.add("forward", f"the comparison broke down: {told(error)}",
                       description(dtype, number, sample))

    return run


def difference(ours: Any, theirs: Any, tolerance: tuple, rule: Callable | None,
                call: Call | None) -> str | None:
    refused = refusal(ours, theirs)
    if refused is not None or isinstance(theirs, Exception):
        return refused
    try:
        if rule is None:
            same(ours, theirs, tolerance)
        else:
            rule(ours, theirs, (call.ours[0], *call.ours[1], call.ours[2]), tolerance)
        if call is not None:
            pairs = zip(tensors(call.ours), tensors(call.theirs), strict=True)
            for k, (mine, other) in enumerate(pairs):
                same_values(array(mine), array(other), tolerance, f"argument {k} afterwards")
    except Differs as found:
        return str(found)
    return None


def refusal(ours: Any, theirs: Any) -> str | None:
    if isinstance(theirs, Exception):
        if not isinstance(ours, Exception):
            return f"no {type(theirs).__name__}: {first_line(theirs)}"
        if not same_refusal(ours, theirs):
            return f"{told(ours)}, instead of {told(theirs)}"
    elif isinstance(ours, Exception):
        return told(ours)
    return None


def told(error: Exception) -> str:
    return f"{type(error).__name__}: {first_line(error)}"


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def holds_other_types(theirs: Any) -> bool:
    return isinstance(theirs, complex) or not all(
        convert.holds(one.dtype) for one in tensors(theirs))


def description(dtype: str, number: int, sample: Any) -> Callable[[], str]:
    def text() -> str:
        args = [_short(sample.input), *map(_short, sample.args),
                *(f"{key}={_short(value)}" for key, value in sample.kwargs.items())]
        return f"{dtype} #{number} ({', '.join(args)})"

    return text


def _short(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        strides = "" if value.is_contiguous() else f"/{list(value.stride())}"
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}{strides}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_short, value))}]"
    return repr(value)[:60]
