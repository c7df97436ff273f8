"""Gradients of activations and bent losses beside PyTorch's, on every instruction set."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tapegrad._kernels import OURS

pytestmark = pytest.mark.usefixtures("level")   # runs all on every instruction set
KINKS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, 0.3, 20.0, 40.0, 88.8, -88.8, 1e-30]
# Not NaN: PyTorch has one gradient there in vectors, and another in what is left over of them.
SPECIAL = [*KINKS, 1e4, -1e4, math.inf, -math.inf]
ACTIVATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "silu": lambda F, x: F.silu(x),
    "logsigmoid": lambda F, x: F.logsigmoid(x),
    "softplus": lambda F, x: F.softplus(x, 0.7, 15.0),
    "elu": lambda F, x: F.elu(x, 1.7),
    "celu": lambda F, x: F.celu(x, 0.3),
    "selu": lambda F, x: F.selu(x),
    "leaky_relu": lambda F, x: F.leaky_relu(x, 0.3),
    "hardswish": lambda F, x: F.hardswish(x),
    "hardsigmoid": lambda F, x: F.hardsigmoid(x),
    "hardtanh": lambda F, x: F.hardtanh(x, -0.5, 1.0),
    "relu6": lambda F, x: F.relu6(x),
    "threshold": lambda F, x: F.threshold(x, 0.3, 2.0),
    "hardshrink": lambda F, x: F.hardshrink(x),
    "softshrink": lambda F, x: F.softshrink(x, 0.5),
}
LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "smooth_l1": lambda F, x, y: F.smooth_l1_loss(x, y, beta=0.5),
    "smooth_l1 of a beta of 0": lambda F, x, y: F.smooth_l1_loss(x, y, beta=0.0),
    "huber": lambda F, x, y: F.huber_loss(x, y, delta=0.5),
    "huber of each": lambda F, x, y: F.huber_loss(x, y, reduction="none", delta=3.0),
}
# How far results of a dtype may lie apart: a unit in the last place of each of three factors.
TOLERANCES = {"float64": 1e-14, "float32": 1e-6, "float16": 4e-3}


def numbers(seed: int) -> np.ndarray:
    """Many on both sides of all kinks, and each kink itself; blocks, and what is left over."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0, 4, 1500), SPECIAL, rng.uniform(-1, 1, 300)])


def values_and_gradients(library: ModuleType, call: Callable, dtype: str, n: int) -> list:
    """The result, the gradients of ``n`` inputs, and theirs by what arrives and by the inputs."""
    inputs = [
        library.tensor(numbers(seed)).to(getattr(library, dtype)).requires_grad_()
        for seed in range(n)
    ]
    out = call(library.nn.functional, *inputs)
    g = library.tensor(np.random.default_rng(9).normal(size=tuple(out.shape))).to(out.dtype)
    g.requires_grad_()
    gradients = library.autograd.grad(out, inputs, g, create_graph=True)
    if call is ACTIVATIONS["hardsigmoid"]:  # PyTorch has no second derivative of it
        return [one.detach().numpy() for one in (out, *gradients)]
    total = sum((one.nan_to_num() * 0.5).sum() for one in gradients)
    second = library.autograd.grad(total, [g, *inputs], allow_unused=True, materialize_grads=True)
    return [one.numpy(force=True) for one in (out, *gradients, *second)]


@np.errstate(all="ignore")
@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("name", [*ACTIVATIONS, *LOSSES])
def test_is_pytorchs(torch, reference, name: str, dtype: str) -> None:
    """Values, gradients and second gradients, also at kinks and where infinite."""
    call = {**ACTIVATIONS, **LOSSES}[name]
    n = 1 if name in ACTIVATIONS else 2
    ours, theirs = (
        values_and_gradients(library, call, dtype, n) for library in (torch, reference)
    )
    for mine, other in zip(ours, theirs, strict=True):
        tolerance = TOLERANCES[dtype]
        np.testing.assert_allclose(mine, other, rtol=tolerance, atol=tolerance)


@np.errstate(all="ignore")
@pytest.mark.parametrize("name, params", [
    ("silu_backward", None), ("softplus_backward", (0.7, 15.0)), ("elu_backward", (1.7, 1.0, 1.0)),
    ("zero_inside", (-0.5, 0.5)), ("huber", (0.5, 2.0, 1.0)), ("huber_backward", (0.5, 2.0, 1.0)),
])  # fmt: skip
@pytest.mark.parametrize("change", [
    lambda x: x[::3], lambda x: x[::-1], lambda x: np.broadcast_to(x[5], x.shape),
], ids=["every third", "backwards", "one number"])  # fmt: skip
def test_layout_does_not_matter(name: str, params: tuple | None, change: Callable) -> None:
    """Numbers that all share, and elements that lie apart, give what copies of them give."""
    n = 3 if name == "huber_backward" else 2
    changed = [change(numbers(seed).astype(np.float32)) for seed in range(n)]
    copied = [one.copy() for one in changed]
    apart, out = np.empty((changed[0].size, 2), np.float32)[:, 1], np.empty_like(copied[0])
    OURS[name](*copied, out, params=params)
    OURS[name](*changed, apart, params=params)

    np.testing.assert_array_equal(apart, out)


def test_difference_that_is_nan_shows(torch, reference) -> None:
    """A loss of NaN has gradients of NaN."""
    for library in (torch, reference):
        x = library.tensor([1.0, math.nan], requires_grad=True)
        library.nn.functional.smooth_l1_loss(x, library.zeros(2)).backward()

        assert x.grad.isnan().tolist() == [False, True]
