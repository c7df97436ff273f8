"""Building and running one entry's modules in both libraries."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from warnings import catch_warnings, simplefilter

import torch

import tapegrad

from .. import convert
from ..calls import Report, difference, fresh, refusal, told
from ..compare import Differs, array, same_dtype, same_values, tensors
from ..gradients import check_gradients
from . import table

STAGES = ("made", "forward", "state", "gradient", "second", "errors")
EXACT = (0.0, 0.0)


class ModuleReport(Report):
    """What came out for one entry, in the stages of modules."""

    def counts(self) -> list[int]:
        """Give the number of comparisons at each stage."""
        return [self.compared[stage] for stage in STAGES]


def check(name: str, entry: Any) -> ModuleReport:
    """Compare all samples of an entry."""
    report = ModuleReport(name)
    with catch_warnings():
        simplefilter("ignore")
        for dtype in table.dtypes_of(entry):
            for training in (True, False):
                for number, sample in enumerate(table.samples(entry, dtype, training)):
                    what = _description(dtype, training, number, sample)
                    _guarded(report, _check_sample, entry, dtype, training, sample, what)
                for number, sample in enumerate(table.error_samples(entry, dtype, training)):
                    what = _description(dtype, training, number, sample.module_error_input)
                    _guarded(report, _check_refusal, entry, sample, what)
    return report


def _guarded(report: ModuleReport, compare: Callable, *rest: Any) -> None:
    """Make a comparison that breaks down a failure."""
    try:
        compare(report, *rest)
    except Exception as error:
        report.add("made", f"the comparison broke down: {told(error)}", rest[-1])


def _check_sample(report: ModuleReport, entry: Any, dtype: str, training: bool, sample: Any,
                  what: Callable) -> None:
    modules = _made(entry, sample.constructor_input)
    if isinstance(modules[1], Exception):
        report.add("made", refusal(*modules), what)
        return
    report.add("made", told(modules[0]) if isinstance(modules[0], Exception)
               else _difference_of(*modules), what)
    if isinstance(modules[0], Exception):
        return
    for library, module in zip((tapegrad, torch), modules, strict=True):
        module.to(getattr(library, dtype)).train(training)
    call = _ModuleCall(modules, sample.forward_input)
    results = call.run()
    reason = difference(*results, EXACT, None, None)
    report.add("forward", reason, what)
    if reason is None and not isinstance(results[1], Exception):
        report.add("state", _difference_of(*modules), what)
        needs_second = dtype == "float64" and table.has_second(entry, sample)
        if any(t.requires_grad for t in tensors(results[1])):
            check_gradients(report, call, *results, EXACT, needs_second, what)


def _check_refusal(report: ModuleReport, entry: Any, sample: Any, what: Callable) -> None:
    inputs = sample.module_error_input
    outcomes = _made(entry, inputs.constructor_input)
    if not table.raises_when_made(sample):
        outcomes = _ModuleCall(outcomes, inputs.forward_input).run()
    if not isinstance(outcomes[1], Exception):
        raise AssertionError("PyTorch refuses nothing here")
    report.add("errors", refusal(*outcomes), what)
    ours, theirs = str(outcomes[0]), str(outcomes[1])
    if not ours.startswith(theirs.splitlines()[0] if theirs else ""):
        report.texts.append(f"{report.name}: {ours!r} instead of {theirs!r}")


def _made(entry: Any, given: Any) -> tuple[Any, Any]:
    """Make the module in both libraries from the same seed; an exception stands for itself."""
    ours = convert._find(("nn", entry.name.removeprefix("nn.")))
    arguments = ((given.args, given.kwargs) if library is torch else
                 (tuple(map(_to_ours, given.args)),
                  {key: _to_ours(value) for key, value in given.kwargs.items()})
                 for library in (tapegrad, torch))
    made = []
    for library, kind, (args, kwargs) in zip((tapegrad, torch), (ours, entry.module_cls),
                                             arguments, strict=True):
        convert.reseed(library)
        try:
            made.append(kind(*args, **kwargs))
        except Exception as error:
            made.append(error)
    return made[0], made[1]


def _to_ours(value: Any) -> Any:
    if isinstance(value, torch.nn.Module):
        return _module_to_ours(value)
    return value if isinstance(value, complex) else convert.to_ours(value)


def _module_to_ours(module: Any) -> Any:
    """Translate a module: its attributes, parameters and sub-modules, one by one."""
    kind = next(getattr(tapegrad.nn, base.__name__, None) or
                getattr(tapegrad.nn.attention, base.__name__, None)
                for base in type(module).__mro__ if hasattr(tapegrad.nn, base.__name__)
                or hasattr(tapegrad.nn.attention, base.__name__))
    made = kind.__new__(kind)
    tapegrad.nn.Module.__init__(made)
    for name, value in vars(module).items():
        if name not in vars(made):
            setattr(made, name, value if isinstance(value, (str, type(None)))
                    else convert.to_ours(value))
    for name, parameter in module._parameters.items():
        made.register_parameter(name, None if parameter is None else tapegrad.nn.Parameter(
            convert.tensor(parameter.detach()), parameter.requires_grad))
    for name, child in module._modules.items():
        made.add_module(name, _module_to_ours(child))
    return made


class _ModuleCall:
    """A module in both libraries and the input that both get."""

    process = (lambda result: result,) * 2

    def __init__(self, modules: tuple, given: Any) -> None:
        self.modules = modules
        theirs = fresh((given.args, given.kwargs))
        self.inputs = convert.to_ours(theirs), theirs

    def run(self) -> tuple[Any, Any]:
        """Call both; each gives its result or the exception."""
        outcomes = []
        for library, module, (args, kwargs) in zip((tapegrad, torch), self.modules, self.inputs,
                                                   strict=True):
            convert.reseed(library)
            try:
                outcomes.append(module(*args, **kwargs))
            except Exception as error:
                outcomes.append(error)
        return outcomes[0], outcomes[1]

    def leaves(self) -> tuple[list, list]:
        """Give the inputs and parameters that want a gradient."""
        return tuple([t for t in (*tensors(given), *module.parameters()) if t.requires_grad]
                     for module, given in zip(self.modules, self.inputs, strict=True))


def _difference_of(ours: Any, theirs: Any) -> str | None:
    """Tell how two modules differ in repr, class or state."""
    if type(ours).__name__ != type(theirs).__name__:
        return f"a {type(ours).__name__} instead of a {type(theirs).__name__}"
    if repr(ours) != repr(theirs):
        return f"repr {ours!r} instead of {theirs!r}"
    mine, other = ours.state_dict(), theirs.state_dict()
    if list(mine) != list(other):
        return f"state {list(mine)} instead of {list(other)}"
    try:
        for key, value in other.items():
            if torch.nn.parameter.is_lazy(value):
                if not tapegrad.nn.parameter.is_lazy(mine[key]):
                    return f"{key} has a shape already"
                continue
            same_dtype(mine[key], value, key)
            same_values(array(mine[key]), array(value), EXACT, key)
    except Differs as found:
        return str(found)
    return None


def _description(dtype: str, training: bool, number: int, sample: Any) -> Callable[[], str]:
    mode = "train" if training else "eval"
    made = copy.copy(sample.constructor_input)
    return lambda: f"{dtype} {mode} #{number} {made.args} {made.kwargs}"[:200]
