"""``torch._foreach_add_`` and its kin, beside PyTorch's."""

from types import ModuleType

import pytest
from beside import assert_alike

SETUP = (
    "a = [torch.tensor([0.5, 2.0]), torch.tensor([[-0.25, 0.75, 1.0]])]\n"
    "b = [torch.tensor([3.0, -1.0]), torch.tensor([[2.0, 0.5, 4.0]])]\n"
)
UNARY = (
    "abs", "acos", "atan", "ceil", "cosh", "erf", "erfc", "exp", "expm1", "floor", "frac", "neg",
    "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "tanh", "trunc",
)  # fmt: skip
CALLS = [
    "add(a, b)", "add(a, b, alpha=2)", "add(a, 1)", "add(a, [1, 2.5])", "add(a, torch.tensor(3.))",
    "add(a, other=b)", "sub(a, b, alpha=3)", "sub(a, 1)", "mul(a, scalar=2)", "mul(a, b)",
    "div(a, [2, 4])", "div(a, 0.0)", "pow(b, 2)", "pow(b, exponent=[1, 2])", "maximum(a, b)",
    "maximum(a, 0.6)", "minimum(a, [0.6, 0.1])", "clamp_min(a, scalar=0.6)", "clamp_max(a, b)",
    "addcdiv(a, a, b)", "addcdiv(a, a, b, value=2)", "addcdiv(a, a, b, [1, 2])",
    "addcmul(a, a, b, scalars=[1.0, 2.0])", "addcmul(a, a, b, torch.tensor([1.0, 2.0]))",
    "lerp(a, b, 0.5)", "lerp(a, b, weight=0.5)", "lerp(a, b, b)", "lerp(a, b, [0.1, 0.2])",
    "norm(b)", "norm(b, 1)", "norm(b, ord=float('inf'))", "norm(b, dtype=torch.float64)",
    "max(b)", "clone(a)", "mm([torch.ones(1, 2)], [torch.ones(2, 1)])",
]
REFUSED = [
    "add(a, b[:1])", "add([], 1)", "add(a, [1, 2, 3])", "addcmul(a, a, b[:1])", "sqrt(3)",
    "addcmul(a, a, a, torch.ones(3))", "sqrt((a[0], 3))", "zero_([])", "copy_(a, b[:1])",
    "mul_([torch.ones(2, dtype=torch.int64)], 1.5)",
    "mul_([torch.ones(2, requires_grad=True)], 2)",
]


@pytest.mark.parametrize("call", [*CALLS, *REFUSED, *(f"{name}(a)" for name in UNARY)])
def test_results(torch: ModuleType, reference: ModuleType, call: str) -> None:
    """A tuple of results; lists of different lengths, and what is no list, are refused."""
    assert_alike(f"{SETUP}torch._foreach_{call}", torch, reference)


@pytest.mark.parametrize("call", [
    "add_(a, b, alpha=2)", "mul_(a, [2, 3])", "lerp_(a, b, 0.25)", "addcdiv_(a, a, b, [1, 2])",
    "addcmul_(a, b, b, value=0.5)", "copy_(a, b)", "zero_(a)", "neg_(a)", "maximum_(a, b)",
])  # fmt: skip
def test_in_place(torch: ModuleType, reference: ModuleType, call: str) -> None:
    """The tensors of the first list are written to."""
    assert_alike(f"{SETUP}torch._foreach_{call}\na", torch, reference)


def test_gradient(torch: ModuleType) -> None:
    """What is done to each tensor is recorded."""
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    (squares,) = torch._foreach_mul([x], [x])
    squares.sum().backward()

    assert x.grad.tolist() == [4, 6]


def test_every_name_is_there(torch: ModuleType, reference: ModuleType) -> None:
    """All of PyTorch's, but for one that nobody uses."""
    names = {name for name in dir(reference) if name.startswith("_foreach_")}

    assert {name for name in names if not hasattr(torch, name)} == {"_foreach_powsum"}


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')"])
def test_a_tensor_as_factor(torch: ModuleType, reference: ModuleType, value: str) -> None:
    """A number in a tensor of no dimension scales as that number does."""
    code = f"{SETUP}a[0].addcmul_(a[0], b[0], value=torch.tensor({value}))"

    assert_alike(code, torch, reference)
    assert_alike(code.replace("mul_", "div"), torch, reference)
