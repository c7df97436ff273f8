"""The comparisons of one learning-rate scheduler."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import torch

import tapegrad

from .check import Report

N_STEPS = 60
ASPECTS = ("rates", "tensors", "jumps", "resumed", "carried", "warnings")


class Scale:
    """A function with attributes, which state dicts keep."""

    def __init__(self, base: float) -> None:
        self.base = base

    def __call__(self, epoch: float) -> float:
        """Give a falling factor."""
        return self.base**epoch


Make = Callable[[Any, Any], Any]
CASES: dict[str, list[Make]] = {
    "LambdaLR": [
        lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
        lambda s, o: s.LambdaLR(o, [Scale(0.9), lambda epoch: 1 / (epoch + 1)]),
    ],
    "MultiplicativeLR": [
        lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95),
        lambda s, o: s.MultiplicativeLR(o, [Scale(0.99), Scale(0.98)]),
    ],
    "StepLR": [
        lambda s, o: s.StepLR(o, 7),
        lambda s, o: s.StepLR(o, step_size=1, gamma=0.9),
    ],
    "MultiStepLR": [
        lambda s, o: s.MultiStepLR(o, [5, 20, 20, 41]),
        lambda s, o: s.MultiStepLR(o, milestones=[2], gamma=0.5),
    ],
    "ConstantLR": [
        lambda s, o: s.ConstantLR(o),
        lambda s, o: s.ConstantLR(o, factor=0.7, total_iters=30),
    ],
    "LinearLR": [
        lambda s, o: s.LinearLR(o),
        lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=40),
    ],
    "ExponentialLR": [
        lambda s, o: s.ExponentialLR(o, 0.9),
        lambda s, o: s.ExponentialLR(o, gamma=1.01),
    ],
    "PolynomialLR": [
        lambda s, o: s.PolynomialLR(o),
        lambda s, o: s.PolynomialLR(o, total_iters=50, power=2.5),
    ],
    "CosineAnnealingLR": [
        lambda s, o: s.CosineAnnealingLR(o, 10),
        lambda s, o: s.CosineAnnealingLR(o, T_max=25, eta_min=0.01),
    ],
    "CosineAnnealingWarmRestarts": [
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.01),
    ],
    "CyclicLR": [
        lambda s, o: s.CyclicLR(o, 0.01, 0.1, step_size_up=5),
        lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.1, 0.2], 6, 9, mode="triangular2"),
        lambda s, o: s.CyclicLR(o, 0.01, 0.1, 8, mode="exp_range", gamma=0.97),
        lambda s, o: s.CyclicLR(o, 0.01, 0.1, 8, scale_fn=Scale(0.5), base_momentum=0.7,
                                max_momentum=0.95),
        lambda s, o: s.CyclicLR(o, 0.01, 0.1, 4, scale_fn=Scale(0.99), scale_mode="iterations",
                                cycle_momentum=False),
    ],
    "OneCycleLR": [
        lambda s, o: s.OneCycleLR(o, 0.1, total_steps=N_STEPS + 2),
        lambda s, o: s.OneCycleLR(o, [0.1, 0.2], epochs=7, steps_per_epoch=10, three_phase=True),
        lambda s, o: s.OneCycleLR(o, 0.1, 70, pct_start=0.5, anneal_strategy="linear",
                                  cycle_momentum=False, div_factor=10, final_div_factor=100),
    ],
    "ReduceLROnPlateau": [
        lambda s, o: s.ReduceLROnPlateau(o, patience=2),
        lambda s, o: s.ReduceLROnPlateau(o, "max", 0.5, 3, 0.01, "abs", 2, [0.01, 0.001]),
        lambda s, o: s.ReduceLROnPlateau(o, "min", patience=0, threshold_mode="abs", min_lr=1e-3),
        lambda s, o: s.ReduceLROnPlateau(o, mode="max", factor=0.7, patience=1, cooldown=4),
    ],
    "SequentialLR": [
        lambda s, o: s.SequentialLR(
            o, [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)], milestones=[4]),
        lambda s, o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, 1.0, 10), s.CosineAnnealingLR(o, 20), s.StepLR(o, 5)],
            milestones=[10, 30]),
    ],
    "ChainedScheduler": [
        lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
        lambda s, o: s.ChainedScheduler(
            [s.CosineAnnealingLR(o, 15), s.StepLR(o, 7, 0.9), s.LinearLR(o)], optimizer=o),
    ],
    "SWALR": [
        lambda s, o: s.SWALR(o, 0.02),
        lambda s, o: s.SWALR(o, [0.02, 0.03], anneal_epochs=30, anneal_strategy="linear"),
        lambda s, o: s.SWALR(o, 0.02, anneal_epochs=0),
    ],
}
OPTIMIZERS = {
    "SGD": lambda torch: {"momentum": 0.9},
    "AdamW": lambda torch: {"betas": (0.8, 0.99)},
}


class Schedule:
    """Two groups, their optimizer, and a scheduler of its rates."""

    def __init__(self, library: ModuleType, make: Make, optimizer: str = "SGD",
                 with_tensor: bool = False) -> None:
        rate = library.tensor(0.1, dtype=library.float64) if with_tensor else 0.1
        parameters = [library.nn.Parameter(library.ones(2)) for _ in range(2)]
        self.optimizer = getattr(library.optim, optimizer)(
            [{"params": parameters[:1]}, {"params": parameters[1:], "lr": rate * 0.5}],
            lr=rate, **OPTIMIZERS[optimizer](library))
        self.scheduler = make(_Schedulers(library), self.optimizer)
        self.n = 0

    def step(self, *epoch: int) -> None:
        """Step both; a plateau is told a measure that gets better and worse."""
        self.optimizer.step()
        if type(self.scheduler).__name__ == "ReduceLROnPlateau":
            epoch = (np.cos(self.n / 3) + 2 / (self.n + 1), *epoch)
        self.scheduler.step(*epoch)
        self.n += 1

    def rates(self) -> list[float]:
        """Give what the scheduler says, and what lies in the groups."""
        groups = self.optimizer.param_groups
        momenta = [group["betas"][0] if "betas" in group else group["momentum"]
                   for group in groups]
        return [float(value) for value in
                (*self.scheduler.get_last_lr(), *(group["lr"] for group in groups), *momenta)]


class _Schedulers:
    """The schedulers of a library, those of ``swa_utils`` among them."""

    def __init__(self, library: ModuleType) -> None:
        self.modules = [importlib.import_module(f"{library.__name__}.optim.{name}")
                        for name in ("lr_scheduler", "swa_utils")]

    def __getattr__(self, name: str) -> Any:
        return next(getattr(module, name) for module in self.modules if hasattr(module, name))


def check(name: str) -> Report:
    """Run all comparisons of a scheduler."""
    report = Report(name, ASPECTS)
    for k, make in enumerate(CASES[name]):
        for optimizer in OPTIMIZERS:
            report.compare("rates", f"{k} {optimizer}", lambda m=make, o=optimizer: _follow(
                Schedule(tapegrad, m, o), Schedule(torch, m, o)))
        report.compare("tensors", str(k), lambda m=make: _follow(
            Schedule(tapegrad, m, with_tensor=True), Schedule(torch, m, with_tensor=True)))
        if name not in ("SequentialLR", "ChainedScheduler"):
            report.compare("jumps", str(k), lambda m=make: _jump(m))
        report.compare("resumed", str(k), lambda m=make: _resume(m))
        report.compare("carried", str(k), lambda m=make: _carry(m))
        report.compare("warnings", str(k), lambda m=make: _same_warnings(m))
    return report


def _follow(ours: Schedule, theirs: Schedule, n_steps: int = N_STEPS) -> None:
    np.testing.assert_allclose(ours.rates(), theirs.rates(), rtol=1e-14)
    for _ in range(n_steps):
        ours.step(), theirs.step()
        np.testing.assert_allclose(ours.rates(), theirs.rates(), rtol=1e-14)


def _jump(make: Make) -> None:
    """Steps to a given number, which go by the closed form where there is one."""
    ours, theirs = Schedule(tapegrad, make), Schedule(torch, make)
    for epoch in (3, 11, 7, 40):
        ours.step(epoch), theirs.step(epoch)
        np.testing.assert_allclose(ours.rates(), theirs.rates(), rtol=1e-14)


def _resume(make: Make) -> None:
    """A new scheduler goes on from the state dict of one that was stopped."""
    whole, stopped = Schedule(tapegrad, make), Schedule(tapegrad, make)
    for _ in range(17):
        whole.step(), stopped.step()
    resumed = Schedule(tapegrad, make)
    _load(resumed, stopped, stopped.scheduler.state_dict())
    _follow(resumed, whole, 30)


def _carry(make: Make) -> None:
    """State dicts have the same entries, and each library goes on from the other's."""
    ours, theirs = Schedule(tapegrad, make), Schedule(torch, make)
    for _ in range(17):
        ours.step(), theirs.step()
    states = ours.scheduler.state_dict(), theirs.scheduler.state_dict()
    assert _comparable(states[0]) == _comparable(states[1]), states
    for library, source, state in ((tapegrad, theirs, states[1]), (torch, ours, states[0])):
        other = Schedule(library, make)
        _load(other, source, state)
        _follow(other, source, 30)


def _load(schedule: Schedule, source: Schedule, state: dict[str, Any]) -> None:
    schedule.n = source.n
    for group, other in zip(schedule.optimizer.param_groups, source.optimizer.param_groups,
                            strict=True):
        group.update({name: value for name, value in other.items() if name != "params"})
    schedule.scheduler.load_state_dict(state)


def _comparable(value: Any) -> Any:
    """Numbers to 12 digits; functions by their presence."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_comparable(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return value


def _same_warnings(make: Make) -> None:
    """Steps in the wrong order, a step to a number, rates asked for outside of a step."""
    said = []
    for library in (tapegrad, torch):
        with catch_warnings(record=True) as caught:
            simplefilter("always")
            schedule = Schedule(library, make)
            schedule.scheduler.step(*([1.0] if schedule.scheduler.__class__.__name__
                                      == "ReduceLROnPlateau" else []))
            try:
                schedule.scheduler.get_lr()
            except Exception as error:
                said.append((type(error).__name__, str(error)))
            said.append([(warning.category, str(warning.message)) for warning in caught])
    half = len(said) // 2
    assert said[:half] == said[half:], said
