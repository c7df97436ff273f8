"""Perceptrons of three sizes: whole training steps, inference, and the products alone."""

from functools import partial
from itertools import pairwise
from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import classify, predict
from benchmarks.rivals import RIVALS

family = Family("Perceptrons")


def perceptron(torch: ModuleType, *sizes: int) -> Any:
    """Return linear layers of these sizes with ReLU between them."""
    nn = torch.nn
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def training(torch: ModuleType, sizes: tuple[int, ...], batch: int, optimizer: str) -> Step:
    """Return a training step of a perceptron."""
    x = torch.randn(batch, sizes[0])
    return classify(torch, perceptron(torch, *sizes), x, sizes[-1], optimizer)


def work(batch: int, sizes: tuple[int, ...]) -> float:
    """Return the operations of a step, in which the input needs no gradient."""
    first, *others = (2 * batch * n * m for n, m in pairwise(sizes))
    return 2 * first + 3 * sum(others)


for name, sizes, batch, optimizer, at_least in (
    ("small-step", (8, 16, 2), 4, "SGD", 25),
    ("step", (64, 128, 10), 32, "SGD", 9),
    ("small-step-adamw", (8, 16, 2), 4, "AdamW", 10),
    ("step-adamw", (64, 128, 10), 32, "AdamW", 10),
    ("wide-step", (784, 512, 512, 10), 128, "SGD", 0.95),
    ("wide-step-32", (1024, 1024, 1024, 10), 32, "SGD", None),
):
    arguments = {"sizes": sizes, "batch": batch, "optimizer": optimizer}
    family.case(
        f"{optimizer} step, {'-'.join(map(str, sizes))} MLP, batch {batch}", at_least, name=name,
        has_peak=True, rivals={rival: partial(make, **arguments) for rival, make in RIVALS.items()},
        flops=work(batch, sizes) if max(sizes) > 500 else 0,
    )(partial(training, **arguments))


@family.case("inference of a 64-64-4 MLP, batch 1", 10)
def mlp_inference(torch: ModuleType) -> Step:
    """One row through two layers."""
    return predict(torch, perceptron(torch, 64, 64, 4), torch.randn(1, 64))


def product(torch: ModuleType, n: int) -> dict[str, Any]:
    """Return two square matrices."""
    return {"a": torch.randn(n, n), "b": torch.randn(n, n)}


for n in (512, 1024):
    family.case(f"matrix product, {n}×{n}", 0.95, name=f"matmul-{n}", run="a @ b",
                flops=2 * n**3)(partial(product, n=n))
