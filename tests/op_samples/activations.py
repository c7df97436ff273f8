"""Activations beside the first ones, and random zeros."""

from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import Case, apart, pointwise, positive, real, spread


def seeded(name: str, *settings: Any, **options: Any) -> Any:
    """Call a random function of ``nn.functional`` from a fixed seed."""
    def call(torch: ModuleType, x: Any) -> Any:
        torch.manual_seed(5)
        return getattr(torch.nn.functional, name)(x * 1, *settings, **options)
    return call


def drawn(name: str, *settings: Any) -> Any:
    """Fill a tensor by a method from a fixed seed."""
    def call(torch: ModuleType, x: Any) -> Any:
        torch.manual_seed(5)
        return getattr(x * 1, name)(*settings)
    return call


def from_seed(function: Any) -> Any:
    """Call a function of the library and tensors from a fixed seed."""
    def call(torch: ModuleType, *tensors: Any) -> Any:
        torch.manual_seed(5)
        return function(torch, *tensors)
    return call


def in_place(name: str, *settings: Any) -> Any:
    """Call a function of ``nn.functional`` on a tensor that it overwrites."""
    return lambda torch, x: getattr(torch.nn.functional, name)(x * 1, *settings, inplace=True)


CASES = [
    *pointwise("hardshrink", apart, reference=lambda x: np.where(~(np.abs(x) <= 0.5), x, 0)),
    *pointwise("softshrink", apart,
               reference=lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)),
    Case("hardtanh", apart(3, 4), call=in_place("relu6"),
         reference=lambda x: np.clip(x, 0, 6)),
    Case("leaky_relu", apart(3, 4), call=in_place("leaky_relu", 0.2),
         reference=lambda x: np.where(x > 0, x, 0.2 * x)),
    Case("threshold", apart(3, 4), call=in_place("threshold", 0.3, 2.0),
         reference=lambda x: np.where(x > 0.3, x, 2.0)),
    Case("elu", apart(3, 4), call=in_place("elu", 0.7),
         reference=lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    Case("glu", real(3, 4)), Case("glu", real(4, 3), 0), Case("glu", real(2, 0, 4)),
    Case("rrelu", apart(3, 4), call=seeded("rrelu", 0.1, 0.3, training=True)),
    Case("rrelu", apart(3, 4), call=seeded("rrelu", training=True, inplace=True)),
    Case("rrelu", apart(3, 4)), Case("hardsigmoid", spread(3, 4), call=in_place("hardsigmoid")),
    *[Case(name, real(*shape), call=seeded(name, 0.4, True)) for name, shape in (
        ("alpha_dropout", (4, 5)), ("dropout1d", (3, 4, 2)), ("dropout2d", (2, 3, 2, 2)),
        ("dropout3d", (2, 3, 2, 2, 1)), ("feature_alpha_dropout", (2, 3, 2)))],
    *[Case(name, real(4, 5), call=drawn(name, *settings)) for name, settings in (
        ("exponential_", ()), ("cauchy_", (1.0, 2.0)), ("log_normal_", (0.0, 0.3)),
        ("geometric_", (0.3,)))],
    Case("_standard_gamma", positive(3, 4), differentiable=False,
         call=from_seed(lambda torch, x: torch._standard_gamma(x * 3))),
    Case("_standard_gamma_grad", positive(3, 4), positive(3, 4), differentiable=False),
    Case("poisson", positive(3, 4), call=from_seed(lambda torch, x: torch.poisson(x * 10))),
    Case("bernoulli", positive(3, 4), call=from_seed(lambda torch, x: torch.bernoulli(x / 2))),
    Case("normal", real(3, 1), positive(4),
         call=from_seed(lambda torch, mean, std: torch.normal(mean, std)),
         differentiable=False),
    Case("normal", real(3, 4), call=from_seed(lambda torch, mean: torch.normal(mean, 2.0)),
         differentiable=False),
    Case("normal", positive(3, 4), call=from_seed(lambda torch, std: torch.normal(1.0, std)),
         differentiable=False),
]
