"""Means and maxima over windows."""

from functools import partial
from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Pools, batch 32, 16 channels, 28×28")


def pooled(torch: ModuleType, function: str, window: tuple[int, ...]) -> Step:
    """Return a forward and a backward pass."""
    pool = getattr(torch.nn.functional, function)
    x = torch.randn(32, 16, 28, 28, requires_grad=True)
    return backward([x], lambda: pool(x, *window))


for title, function, window in (
    ("means of 2×2", "avg_pool2d", (2,)), ("means of 3×3, stride 1", "avg_pool2d", (3, 1, 1)),
    ("maxima of 2×2", "max_pool2d", (2,)), ("maxima of 3×3, stride 2", "max_pool2d", (3, 2, 1)),
):
    name = f"{function}-{window[0]}".replace("_", "-")
    family.case(f"{title}, forward and backward", name=name)(
        partial(pooled, function=function, window=window))


@family.case("maxima of 2 along sequences of 784, unrecorded", run="pool(x, 2)")
def max_pool1d(torch: ModuleType) -> dict[str, Any]:
    """Halve sequences where nothing asks which element was larger."""
    return {"pool": torch.nn.functional.max_pool1d, "x": torch.randn(32, 16, 784)}
