"""Element-wise functions of a million elements."""

from functools import partial
from types import ModuleType
from typing import Any

from benchmarks.case import Family

family = Family("Element-wise, 10⁶ elements")

N = 10**6
OF_LAYERS = ("gelu", "softplus", "elu")
FUNCTIONS = ("exp", "tanh", "sigmoid", "gelu", "erf", "log", "sin")


def operands(torch: ModuleType, name: str = "clone") -> dict[str, Any]:
    """Return the function and what it may take: one is positive, for the logarithm."""
    where = torch.nn.functional if name in OF_LAYERS else torch
    x = torch.randn(N)
    return {"f": getattr(where, name), "x": x.abs() + 0.1 if name == "log" else x,
            "y": torch.randn(N), "mask": x > 0}


for name in FUNCTIONS:
    family.case(f"`{name}(x)`", 1.5, name=name, run="f(x)", traffic=8 * N)(
        partial(operands, name=name))
family.case("`x + y`", 1.0, name="add", run="x + y", traffic=12 * N)(operands)
family.case("`x * y`", 1.0, name="mul", run="x * y", traffic=12 * N)(operands)
family.case("`relu(x)`", 1.0, name="relu", run="f(x)", traffic=8 * N)(
    partial(operands, name="relu"))
family.case("`where(x > 0, x, y)`", 1.0, name="where", run="f(mask, x, y)", traffic=13 * N)(
    partial(operands, name="where"))
family.case("`x.clamp(-1, 1)`", name="clamp", run="x.clamp(-1, 1)", traffic=8 * N)(operands)
family.case("`x % 0.7`", name="remainder", run="x % 0.7", traffic=8 * N)(operands)
for name in ("softplus", "elu"):
    family.case(f"`{name}(x)`", name=name, run="f(x)", traffic=8 * N)(partial(operands, name=name))
family.case("`y.copy_(x)`", name="copy", run="y.copy_(x)", traffic=8 * N)(operands)
