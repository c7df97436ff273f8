"""``autograd.functional``: Jacobians, Hessians and products, beside PyTorch's."""

import pytest
from beside import assert_alike
from support import evaluate

NAMES = """
F = torch.autograd.functional
x, y, scalar = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 0.5, 1.0]), torch.tensor(2.0)
wanting = x.clone().requires_grad_()
def square(x): return x**2
def total(x): return (x**2).sum()
def cubes(x): return (x**3).sum()
def linear(x): return (3 * x).sum()
def two(x, y): return x * y, (x + 2 * y).sum()
def mixed(x, y): return (x * y * y).sum()
def constant(x): return torch.ones(3)
def unrelated(x): return torch.ones(3, requires_grad=True) * 2
def one(x): return torch.ones(())
def pair(x): return total(x), total(x)
"""

JACOBIANS = [
    "two, (x, y)", "total, x", "square, x", "square, x, create_graph=True",
    "constant, x", "constant, x, strict=True", "unrelated, x", "unrelated, x, strict=True",
    "square, x, vectorize=True", "square, x, vectorize=True, create_graph=True",
    "square, x, strict=True, vectorize=True", "square, x, strategy='forward-mode'",
    "square, x, strategy='forward-mode', vectorize=True, strict=True",
    "square, x, strategy='forward-mode', vectorize=True, create_graph=True",
    "square, x, strategy='x'", "square, [x]", "square, (x, 1)", "lambda x: 1, x",
    "lambda x: [x], x", "lambda x: (x, 1), x", "lambda x: x[:, None] * x, x", "square, (x,)",
    "lambda x: (x * 2,), x", "lambda x: (x * 2,), (x,)", "square, torch.tensor([1, 2])",
    "square, wanting", "square, wanting, create_graph=True",
    "lambda x: 3 * x, wanting, create_graph=True",
    "lambda x: 3 * x, wanting, create_graph=True, strict=True",
]
HESSIANS = [
    "total, x", "mixed, (x, y)", "cubes, x, create_graph=True", "total, x, vectorize=True",
    "total, x, outer_jacobian_strategy='forward-mode'", "total, x, outer_jacobian_strategy='x'",
    "square, x", "pair, x", "lambda x: total(x).view(1), x", "lambda x: total(x).view(1, 1), x",
    "one, x", "one, x, strict=True", "linear, x", "linear, x, strict=True",
    "total, x, vectorize=True, strict=True",
]
PRODUCTS = [
    "vjp(square, x, y)", "vjp(total, x)", "vjp(square, x)", "vjp(square, x, y, create_graph=True)",
    "vjp(constant, x, y)", "vjp(constant, x, y, strict=True)", "vjp(unrelated, x, y)",
    "vjp(unrelated, x, y, strict=True)", "vjp(two, (x, y), (y, scalar))", "vjp(two, (x, y), y)",
    "vjp(square, x, y[:2])", "vjp(square, x, [y])", "vjp(two, (x, y))", "vjp(square, wanting, y)",
    "vjp(lambda x: 3 * x, wanting, y, create_graph=True, strict=True)",
    "jvp(square, x, y)", "jvp(square, x)", "jvp(square, torch.tensor([2.0]))",
    "jvp(square, scalar)", "jvp(square, x, y, create_graph=True)", "jvp(two, (x, y), (y, x))",
    "jvp(constant, x, y)", "jvp(constant, x, y, strict=True)", "jvp(unrelated, x, y)",
    "jvp(unrelated, x, y, strict=True)", "jvp(lambda x: x.view(3, 1), x, y)",
    "jvp(lambda x: 3 * x, x, y, create_graph=True, strict=True)",
    "vhp(total, x, y)", "vhp(cubes, x, y, create_graph=True, strict=True)", "vhp(square, x, y)",
    "vhp(total, x)", "vhp(total, torch.tensor([2.0]))", "vhp(mixed, (x, y), (y, x))",
    "vhp(one, x, y, strict=True)", "vhp(lambda x: unrelated(x).sum(), x, y, strict=True)",
    "vhp(linear, x, y)", "vhp(linear, x, y, strict=True)", "vhp(pair, x, y)",
    "vhp(total, x, y[:2])", "vhp(mixed, (x, y), (y, x[:1]))",
    "hvp(total, x, y)", "hvp(cubes, x, y, create_graph=True)", "hvp(mixed, (x, y), (y, x))",
    "hvp(linear, x, y)", "hvp(linear, x, y, strict=True)", "hvp(one, x, y, strict=True)",
    "hvp(total, x)", "hvp(square, x, y)",
]
CALLS = [*(f"jacobian({one})" for one in JACOBIANS), *(f"hessian({one})" for one in HESSIANS),
         *PRODUCTS]


@pytest.mark.parametrize("call", CALLS)
def test_result_is_pytorchs(torch, reference, call):
    """Numbers, nesting and refusals are the same."""
    assert_alike(f"{NAMES}\nF.{call}", torch, reference)


@pytest.mark.parametrize(("call", "expected"), [
    ("jacobian(square, x)", [[2, 0, 0], [0, 4, 0], [0, 0, 6]]),
    ("hessian(cubes, x)", [[6, 0, 0], [0, 12, 0], [0, 0, 18]]),
    ("vjp(square, x, y)[1]", [4, 2, 6]),
    ("jvp(square, x, y)[1]", [4, 2, 6]),
    ("vhp(cubes, x, y)[1]", [12, 6, 18]),
    ("hvp(cubes, x, y)[1]", [12, 6, 18]),
])
def test_known_numbers(torch, call, expected):
    """Derivatives of powers, which everybody knows; off the tape."""
    result = evaluate(f"{NAMES}\nF.{call}", torch)

    assert result.tolist() == expected and not result.requires_grad


@pytest.mark.parametrize("call", [
    "jacobian(lambda x: x**3, wanting, create_graph=True)",
    "hessian(cubes, wanting, create_graph=True)",
    "vjp(lambda x: x**3, wanting, y, create_graph=True)[1]",
    "jvp(lambda x: x**3, wanting, y, create_graph=True)[1]",
    "vhp(cubes, wanting, y, create_graph=True)[1]",
    "hvp(cubes, wanting, y, create_graph=True)[1]",
])
def test_results_can_be_differentiated(torch, reference, call):
    """With create_graph the results lead back to inputs that want gradients."""
    assert_alike(f"{NAMES}\nF.{call}.sum().backward()\nwanting.grad", torch, reference)


def test_recording_mode_outside_does_not_matter(torch, reference):
    """Under no_grad the same is computed."""
    code = f"{NAMES}\nwith torch.no_grad():\n    found = F.vjp(square, x, y), F.hvp(cubes, x, y)\n"
    assert_alike(f"{code}found", torch, reference)
