"""Operations so small that only the way to the kernel costs."""

from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step

family = Family("Small operations")

LSTM_STEPS = 1024


def vectors(torch: ModuleType, is_recorded: bool = False) -> dict[str, Any]:
    """Return two vectors of 10 elements."""
    return {name: torch.ones(10, requires_grad=is_recorded) for name in "ab"}


@family.case("10-element multiply, unrecorded", 10, run="a * b")
def multiply(torch: ModuleType) -> dict[str, Any]:
    """Two vectors that need no gradient."""
    return vectors(torch)


@family.case("10-element multiply, recorded", 12, run="a * b")
def recorded(torch: ModuleType) -> dict[str, Any]:
    """Two vectors that need one."""
    return vectors(torch, is_recorded=True)


@family.case("100 chained multiplies, forward and backward", 12)
def chain(torch: ModuleType) -> Step:
    """Each multiplies what the one before gave."""
    x = torch.ones(10, requires_grad=True)
    factor, gradient = torch.ones(10), torch.ones(10)

    def step() -> None:
        x.grad = None
        y = x
        for _ in range(100):
            y = y * factor
        y.backward(gradient)

    return step


@family.case("mixed expression of scalars, forward and backward", 10)
def mixed(torch: ModuleType) -> Step:
    """Twelve operations of numbers and tensors without dimensions."""
    x, y = (torch.tensor(value, requires_grad=True) for value in (0.7, -1.3))

    def step() -> None:
        x.grad = y.grad = None
        z = (2 * x * y + x.tanh()) / (1 + (x - y).exp())
        (z * z + y ** 2 - x).backward()

    return step


family.case("`2 * x`, 10 elements", 15, name="scalar-multiply", run="2 * a")(vectors)
family.case("`x + 1.`, 10 elements", 15, name="scalar-add", run="a + 1.")(vectors)
family.case("`x ** 2`, 10 elements", 15, name="scalar-power", run="a ** 2")(vectors)


@family.case(f"unbatched LSTM of small operations, {LSTM_STEPS:,} steps, forward and backward", 8)
def lstm_of_operations(torch: ModuleType) -> Step:
    """Write an LSTM out: 8 features, 16 hidden."""
    n_features, n_hidden = 8, 16
    weight = torch.randn(4 * n_hidden, n_features + n_hidden).mul(0.2).requires_grad_()
    bias = torch.zeros(4 * n_hidden, requires_grad=True)
    rows = torch.randn(LSTM_STEPS, n_features)

    def step() -> None:
        weight.grad = bias.grad = None
        h, c = torch.zeros(n_hidden), torch.zeros(n_hidden)
        for x in rows:
            gates = weight @ torch.cat((x, h)) + bias
            i, f, g, o = gates.chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        h.sum().backward()

    return step
