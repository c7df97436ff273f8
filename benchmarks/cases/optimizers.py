"""Steps of an optimizer alone."""

from functools import partial
from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step

family = Family("Optimizer steps")


def optimizer_step(
    torch: ModuleType, name: str, n_tensors: int, size: int, options: dict[str, Any]
) -> Step:
    """Return a step past the first, which makes the state."""
    parameters = [torch.nn.Parameter(torch.randn(size)) for _ in range(n_tensors)]
    for parameter in parameters:
        parameter.grad = torch.randn(size)
    optimizer = getattr(torch.optim, name)(parameters, lr=1e-3, **options)
    optimizer.step()
    return optimizer.step


for kind, title, options, n_arrays in (
    ("AdamW", "AdamW step", {}, 7),
    ("SGD", "SGD step with momentum", {"momentum": 0.9}, 5),
):
    for amount, n_tensors, size, at_least in (("many", 200, 100, 10), ("large", 10, 100_000, 1.2)):
        family.case(
            f"{title}, {n_tensors} tensors of {size:,} elements", at_least,
            name=f"{kind.lower()}-{amount}",
            traffic=4 * n_arrays * n_tensors * size if amount == "large" else 0,
        )(partial(optimizer_step, name=kind, n_tensors=n_tensors, size=size, options=options))
