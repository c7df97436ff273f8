"""The comparisons of one optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

import tapegrad

from ..convert import to_ours
from .problem import Problem, differentiable_gradient
from .table import mistakes, options

N_STEPS = {"float64": 50, "float32": 20}
ASPECTS = ("float64", "float32", "kinds", "through", "carried", "shown", "errors")
TOLERANCES = {"float64": (1e-10, 1e-10), "float32": (1.3e-6, 1e-5)}
LBFGS_STEPS, LBFGS_LAST, LBFGS_TOLERANCE = 5, 7, 1e-8
FINAL_TOLERANCES = {"float64": 1e-6, "float32": 1e-3}


@dataclass
class Report:
    """How many comparisons of each aspect passed, and what failed."""

    name: str
    aspects: tuple[str, ...] = ASPECTS
    passed: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.passed = dict.fromkeys(self.aspects, 0)

    def compare(self, aspect: str, what: str, comparison: Callable[[], None]) -> None:
        """Count a comparison; one that raises has failed."""
        try:
            with catch_warnings():
                simplefilter("ignore")
                comparison()
        except Exception as error:
            self.failures.append(f"{self.name} {aspect} {what}: {type(error).__name__}: {error}")
        else:
            self.passed[aspect] += 1


def check(name: str, entry: Any) -> Report:
    """Run all comparisons of an entry."""
    report = Report(name)
    for chosen in options(entry):
        for dtype in TOLERANCES:
            report.compare(dtype, str(chosen), lambda c=chosen, d=dtype: _same_steps(name, c, d))
        for kind in _kinds(entry, chosen):
            report.compare("kinds", str(kind), lambda c=kind: _same_steps(name, c, "float32", 5))
        if "differentiable" in entry.supported_impls:
            report.compare("through", str(chosen), lambda c=chosen: _same_gradient(name, c))
        report.compare("carried", str(chosen), lambda c=chosen: _carried(name, c))
        report.compare("shown", str(chosen), lambda c=chosen: _shown_alike(name, c))
    for mistake in mistakes(entry, torch.float32):
        report.compare("errors", mistake[2], lambda m=mistake: _same_mistake(name, *m))
    return report


def _kinds(entry: Any, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the options with the other implementations that PyTorch has on a processor."""
    kinds = [{**chosen, "foreach": True}] if "foreach" in entry.supported_impls else []
    if "cpu" in entry.supports_fused_on:
        kinds.append({**chosen, "fused": True})
    return kinds


def _pair(name: str, chosen: dict[str, Any], dtype: str) -> tuple[Problem, Problem]:
    return (Problem(tapegrad, name, dtype, to_ours(chosen)), Problem(torch, name, dtype, chosen))


def _assert_close(ours: list[Any], theirs: list[Any], rtol: float, atol: float) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)


def _same_steps(name: str, chosen: dict[str, Any], dtype: str, n_steps: int = 0) -> None:
    """Follow both libraries step by step."""
    ours, theirs = _pair(name, chosen, dtype)
    rtol, atol = TOLERANCES[dtype]
    if name == "LBFGS" and dtype == "float64":
        rtol = atol = LBFGS_TOLERANCE
    for k in range(LBFGS_LAST if name == "LBFGS" else n_steps or N_STEPS[dtype]):
        losses = ours.step(), theirs.step()
        if name != "LBFGS" or (k < LBFGS_STEPS and dtype == "float64"):
            _assert_close(ours.values(), theirs.values(), rtol, atol)
    np.testing.assert_allclose(*losses, rtol=FINAL_TOLERANCES[dtype])


def _same_gradient(name: str, chosen: dict[str, Any]) -> None:
    _assert_close(differentiable_gradient(tapegrad, name, to_ours(chosen)),
                  differentiable_gradient(torch, name, chosen), 1e-8, 1e-10)


def _carried(name: str, chosen: dict[str, Any]) -> None:
    """State dicts change libraries, both ways, and training goes on alike."""
    ours, theirs = _pair(name, chosen, "float64")
    others = _pair(name, chosen, "float64")
    for _ in range(3):
        ours.step(), theirs.step()
    states = ours.optimizer.state_dict(), theirs.optimizer.state_dict()
    _assert_same_layout(states[0], states[1])
    for other, source, state in ((others[0], theirs, to_ours(states[1])),
                                 (others[1], ours, to_theirs(states[0]))):
        other.optimizer.load_state_dict(state)
        for parameter, value in zip(other.parameters, source.parameters, strict=True):
            parameter.data.copy_(other.torch.tensor(value.detach().numpy()))
    for _ in range(3):
        for problem in (ours, theirs, *others):
            problem.step()
    expected = theirs.values()
    for problem in (ours, *others):
        _assert_close(problem.values(), expected, 1e-8, 1e-10)


def _assert_same_layout(ours: Any, theirs: Any, path: str = "state") -> None:
    """The same keys in the same order, tensors of the same dtype, shape and strides."""
    if isinstance(theirs, dict):
        assert sorted(ours) == sorted(theirs) if path == "state/state/0" else \
            list(ours) == list(theirs), f"{path}: {list(ours)} {list(theirs)}"
        for key, value in theirs.items():
            _assert_same_layout(ours[key], value, f"{path}/{key}")
    elif isinstance(theirs, torch.Tensor) and not path.endswith("/t"):
        described = [(str(t.dtype).split(".")[1], tuple(t.shape), tuple(t.stride()))
                     for t in (ours, theirs)]
        assert described[0] == described[1], f"{path}: {described}"


def _shown_alike(name: str, chosen: dict[str, Any]) -> None:
    ours, theirs = _pair(name, chosen, "float32")
    assert repr(ours.optimizer) == repr(theirs.optimizer)
    assert list(ours.optimizer.defaults) == list(theirs.optimizer.defaults)


def _same_mistake(name: str, params: Any, chosen: dict[str, Any], _: str, in_step: bool) -> None:
    """Both raise, or warn, with the same class and text."""
    said = []
    for library, convert in ((tapegrad, _our_parameters), (torch, lambda value: value)):
        given = [library.nn.Parameter(library.ones(2))] if params is None else convert(params)
        said.append(_refusal(library, name, given, chosen if library is torch else to_ours(chosen),
                             in_step))
    assert said[0] == said[1] is not None, said


def _our_parameters(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _PARAMETERS.setdefault(value, tapegrad.nn.Parameter(to_ours(value.detach())))
    if isinstance(value, dict):
        return {key: _our_parameters(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_our_parameters(item) for item in value)
    return value


_PARAMETERS: dict[Any, Any] = {}


def _refusal(library: Any, name: str, given: Any, chosen: dict[str, Any], in_step: bool) -> Any:
    try:
        with catch_warnings():
            simplefilter("error")
            optimizer = getattr(library.optim, name)(given, **chosen)
            if in_step:
                optimizer.step()
    except Exception as error:
        return type(error).__name__, str(error).replace("tapegrad", "torch")
    return None


def to_theirs(value: Any) -> Any:
    """Translate a state dict of ours to PyTorch's tensors."""
    if isinstance(value, tapegrad.Tensor):
        return torch.tensor(value.detach().numpy().copy())
    if isinstance(value, dict):
        return {key: to_theirs(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(to_theirs(item) for item in value)
    return value
