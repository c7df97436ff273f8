"""What is compared for one entry: forward, gradients, spellings, ``out=`` and refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

import tapegrad

from . import convert, freedom, table
from .compare import OF_GRADIENTS, Differs, array, same, same_refusal, same_values, tensors

STAGES = ("forward", "gradient", "second", "spellings", "out", "errors")
SECOND_DERIVATIVES = 16     # samples of an entry, evenly picked; all have forward and gradient
SPELLED = 12
WRITTEN = 4


class Report:
    """What came out for one entry."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.compared: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.not_ours = 0
        self.failures: list[str] = []
        self.texts: list[str] = []

    @property
    def passes(self) -> bool:
        """Whether nothing differs."""
        return not self.failed

    def add(self, stage: str, reason: str | None, what: Callable[[], str]) -> None:
        """Count a comparison; ``reason`` says how it failed."""
        self.compared[stage] += 1
        if reason is not None:
            self.failed[stage] += 1
            self.failures.append(f"{self.name} {stage} {what()}: {reason}")


def check(name: str, entry: Any, dtypes: tuple[str, ...] = table.DTYPES) -> Report:
    """Compare an entry as a whole."""
    report = Report(name)
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
            _check_spellings(report, entry, dtype, number, made[number], tolerance)
    if dtype in ("float32", "int64") and entry.supports_out \
            and report.name not in table.OUT_CRASHES_PYTORCH:
        for number in _picked(len(made), WRITTEN):
            _check_out(report, entry, dtype, number, made[number], tolerance)


def _picked(n: int, most: int) -> set[int]:
    return set(np.linspace(0, n - 1, min(n, most)).round().astype(int).tolist())


# ------------------------------------------------------------------------------- one sample


class _Call:
    """A sample's arguments in both libraries, each in memory of its own."""

    def __init__(self, sample: Any) -> None:
        self.theirs = _fresh((sample.input, sample.args, sample.kwargs))
        self.ours = convert.to_ours(self.theirs)
        process = sample.output_process_fn_grad
        self.process = (convert.function(process), process)

    def run(self, ours: Callable, theirs: Callable) -> tuple[Any, Any]:
        """Call both; each gives its result or the exception."""
        return _outcome(tapegrad, ours, self.ours), _outcome(torch, theirs, self.theirs)

    def leaves(self) -> tuple[list, list]:
        """Give the inputs that want a gradient."""
        return tuple([t for t in tensors(args) if t.requires_grad]
                     for args in (self.ours, self.theirs))


def _outcome(library: Any, run: Callable, arguments: tuple) -> Any:
    library.manual_seed(convert.SEED)
    try:
        return run(arguments[0], *arguments[1], **arguments[2])
    except convert.Missing:
        raise
    except Exception as error:
        return error


def _fresh(value: Any) -> Any:
    """Copy arguments; a copied tensor is laid out as the one it came from."""
    if isinstance(value, torch.Tensor):
        if value.layout is not torch.strided:
            raise convert.NotOurs("a sparse tensor")
        made = torch.empty(0, dtype=value.dtype).set_(
            value.untyped_storage().clone(), value.storage_offset(), value.shape, value.stride())
        return made.requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(_fresh(item) for item in value)
    if isinstance(value, dict):
        return {key: _fresh(item) for key, item in value.items()}
    return value


def _guarded(check: Callable) -> Callable:
    """Make a comparison that breaks down a failure of its sample."""
    def run(report: Report, entry: Any, dtype: str, number: int, sample: Any, *rest: Any) -> None:
        try:
            check(report, entry, dtype, number, sample, *rest)
        except Exception as error:
            report.add("forward", f"the comparison broke down: {_told(error)}",
                       _description(dtype, number, sample))

    return run


@_guarded
def _check_sample(report: Report, entry: Any, dtype: str, number: int, sample: Any,
                  tolerance: tuple, needs_second: bool) -> None:
    what = _description(dtype, number, sample)
    try:
        call = _Call(sample)
    except convert.NotOurs:
        report.not_ours += 1
        return
    try:
        ours, theirs = call.run(convert.operation(entry), entry.op)
    except convert.Missing as error:
        report.add("forward", str(error), what)
        return
    if _holds_other_types(theirs):
        report.not_ours += 1
        return
    rule = freedom.RULES.get(report.name)
    reason = _difference(ours, theirs, tolerance, rule, call)
    report.add("forward", reason, what)
    if reason is not None or isinstance(theirs, Exception):
        return
    if any(t.requires_grad for t in tensors(theirs)) and dtype in table.FLOATS:
        _check_gradients(report, call, ours, theirs, tolerance, needs_second, what)


def _difference(ours: Any, theirs: Any, tolerance: tuple, rule: Callable | None,
                call: _Call | None) -> str | None:
    refused = _refusal(ours, theirs)
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
    except Differs as difference:
        return str(difference)
    return None


def _refusal(ours: Any, theirs: Any) -> str | None:
    if isinstance(theirs, Exception):
        if not isinstance(ours, Exception):
            return f"no {type(theirs).__name__}: {_line(theirs)}"
        if not same_refusal(ours, theirs):
            return f"{_told(ours)}, instead of {_told(theirs)}"
    elif isinstance(ours, Exception):
        return _told(ours)
    return None


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {_line(error)}"


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _holds_other_types(theirs: Any) -> bool:
    names = [str(t.dtype).removeprefix("torch.") for t in tensors(theirs)]
    if isinstance(theirs, complex):
        return True
    return any(not isinstance(getattr(tapegrad, name, None), tapegrad.dtype) for name in names)


def _description(dtype: str, number: int, sample: Any) -> Callable[[], str]:
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


# ------------------------------------------------------------------------------ derivatives


def _check_gradients(report: Report, call: _Call, ours: Any, theirs: Any, tolerance: tuple,
                     needs_second: bool, what: Callable) -> None:
    leaves = call.leaves()
    outputs = [[t for t in tensors(process(result)) if t.requires_grad]
               for process, result in zip(call.process, (ours, theirs), strict=True)]
    if len(outputs[0]) != len(outputs[1]):
        report.add("gradient", "other outputs require a gradient", what)
        return
    random = np.random.RandomState(3)
    directions = [_direction(random, array(t)) for t in outputs[1]]
    found = [_gradients(library, out, leaf, directions, needs_second)
             for library, out, leaf in zip((tapegrad, torch), outputs, leaves, strict=True)]
    if isinstance(found[1], Exception) and needs_second:  # not every gradient can be recorded
        needs_second = False
        found = [_gradients(library, out, leaf, directions, False)
                 for library, out, leaf in zip((tapegrad, torch), outputs, leaves, strict=True)]
    if isinstance(found[1], Exception):     # PyTorch has no derivative here
        return
    reason = _gradient_difference(found, tolerance)
    report.add("gradient", reason, what)
    if reason is None and needs_second:
        _check_second(report, found, leaves, random, tolerance, what)


def _check_second(report: Report, found: list, leaves: tuple, random: Any, tolerance: tuple,
                  what: Callable) -> None:
    directions = [None if g is None or not g.requires_grad else _direction(random, array(g))
                  for g in found[1][0]]
    if all(d is None for d in directions):
        return
    again = []
    for library, (gradients, cotangents), leaf in zip(
            (tapegrad, torch), found, leaves, strict=True):
        kept = [(g, d) for g, d in zip(gradients, directions, strict=True)
                if d is not None and g is not None and g.requires_grad]
        if not kept:
            again.append(([None] * (len(leaf) + len(cotangents)), []))
            continue
        again.append(_gradients(library, [g for g, _ in kept], leaf + cotangents,
                                [d for _, d in kept], False))
    if not isinstance(again[1], Exception):
        report.add("second", _gradient_difference(again, tolerance), what)


def _gradient_difference(found: list, tolerance: tuple) -> str | None:
    if isinstance(found[0], Exception):
        return _told(found[0])
    try:
        for k, (mine, other) in enumerate(zip(found[0][0], found[1][0], strict=True)):
            if mine is None and other is None:
                continue
            present = array(other if other is not None else mine)
            mine, other = [np.zeros_like(present) if g is None else array(g)
                           for g in (mine, other)]
            if mine.dtype != other.dtype:
                raise Differs(f"gradient {k}: dtype {mine.dtype} instead of {other.dtype}")
            wider = tuple(map(max, tolerance, OF_GRADIENTS[other.dtype.name]))
            same_values(mine, other, wider, f"gradient {k}")
    except Differs as difference:
        return str(difference)
    return None


def _gradients(library: Any, outputs: list, leaves: list, directions: list,
               create_graph: bool) -> Any:
    cotangents = [library.from_numpy(d.copy()) for d in directions]
    if create_graph:
        cotangents = [c.requires_grad_() for c in cotangents]
    try:
        found = library.autograd.grad(outputs, leaves, cotangents, allow_unused=True,
                                      create_graph=create_graph)
    except Exception as error:
        return error
    return list(found), cotangents


def _direction(random: Any, like: np.ndarray) -> np.ndarray:
    return np.asarray(random.uniform(-1, 1, like.shape), like.dtype)


# -------------------------------------------------------------------------------- spellings


def _spellings(entry: Any) -> list[tuple[str, Callable, Callable[[], Callable]]]:
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
        found.append((alias.name, alias.op, lambda n=alias.name: convert.path(n)))
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


@_guarded
def _check_spellings(report: Report, entry: Any, dtype: str, number: int, sample: Any,
                     tolerance: tuple) -> None:
    functions = [alias.name for alias in entry.aliases]
    for kind, theirs_called, find in _spellings(entry):
        what = _description(f"{kind} {dtype}", number, sample)
        try:
            call = _Call(sample)
            if not isinstance(call.theirs[0], torch.Tensor) and kind not in functions:
                continue    # a method's first argument is a tensor
            ours, theirs = call.run(find(), theirs_called)
        except convert.NotOurs:
            report.not_ours += 1
            continue
        except convert.Missing as error:
            report.add("spellings", str(error), what)
            continue
        if _holds_other_types(theirs) or (sample.broadcasts_input and "inplace" in kind
                                          and not isinstance(theirs, Exception)):
            continue    # a few of PyTorch's in-place forms resize what they write
        rule = freedom.RULES.get(report.name)
        reason = _difference(ours, theirs, tolerance, rule, call)
        report.add("spellings", reason, what)
        if reason is None and not isinstance(theirs, Exception) and dtype in table.FLOATS \
                and any(t.requires_grad for t in tensors(theirs)):
            partial = Report(report.name)
            _check_gradients(partial, call, ours, theirs, tolerance, False, what)
            report.add("spellings", partial.failures[0] if partial.failures else None, what)


# ------------------------------------------------------------------------------------- out=


@_guarded
def _check_out(report: Report, entry: Any, dtype: str, number: int, sample: Any,
               tolerance: tuple) -> None:
    for manner in ("fits", "strided", "grows", "wrong", "requires"):
        what = _description(f"out= that {manner}, {dtype}", number, sample)
        try:
            call = _Call(sample)
            with torch.no_grad():
                expected = entry.op(call.theirs[0], *call.theirs[1], **call.theirs[2])
        except Exception:
            return
        if not all(isinstance(t, torch.Tensor) for t in _as_tuple(expected)) \
                or _holds_other_types(expected):
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
        if manner == "strided" and (isinstance(results[1], Exception)
                                    or report.name in table.STRIDED_OUT_IS_LOST):
            continue    # some of PyTorch's functions do not take every target
        if manner == "requires" and not isinstance(results[1], Exception):
            continue    # some drop the gradient in silence
        report.add("out", _out_difference(report.name, results, outs, tolerance, call,
                                          manner == "grows"), what)


def _written(library: Any, run: Callable, arguments: tuple, out: Any, records: bool) -> Any:
    library.manual_seed(convert.SEED)
    with catch_warnings(record=True) as caught:
        simplefilter("always")
        try:
            with library.set_grad_enabled(records):
                result = run(arguments[0], *arguments[1], **arguments[2], out=out)
        except Exception as error:
            return error
    resized = any("was resized since it had shape" in str(w.message) for w in caught)
    return result, resized


def _out_difference(name: str, results: list, outs: tuple, tolerance: tuple, call: _Call,
                    grows: bool) -> str | None:
    refused = _refusal(*results)
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
    return _difference(ours, theirs, tolerance, freedom.RULES.get(name), call)


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
    return _map(_fresh, value)


# ----------------------------------------------------------------------------------- errors


def _check_errors(report: Report, entry: Any) -> None:
    for number, mistake in enumerate(table.error_samples(entry)):
        sample = mistake.sample_input
        what = _description("mistake", number, sample)
        try:
            call = _Call(sample)
            ours, theirs = call.run(convert.operation(entry), entry.op)
        except convert.NotOurs:
            report.not_ours += 1
            continue
        except convert.Missing as error:
            report.add("errors", str(error), what)
            continue
        if not isinstance(theirs, Exception):
            continue
        report.add("errors", _refusal(ours, theirs), what)
        if isinstance(ours, Exception) and not str(ours).startswith(_line(theirs)):
            report.texts.append(f"{report.name} mistake #{number}: {_line(ours)!r} instead of "
                                f"{_line(theirs)!r}")
