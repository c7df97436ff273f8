"""SGD: its numbers, its options, what it refuses."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support import assert_mistake


def parameters(torch: ModuleType, dtype: str = "float64") -> list[Any]:
    """Give two parameters of different shapes."""
    kind = getattr(torch, dtype)
    return [
        torch.nn.Parameter(torch.tensor([1.5, -0.25, -2.0], dtype=kind)),
        torch.nn.Parameter(torch.tensor([[0.5, -1.0], [-1.5, 0.25]], dtype=kind)),
    ]


def train(torch: ModuleType, n_steps: int = 4, dtype: str = "float64", **options: Any) -> Any:
    """Minimise a sum of squares for a few steps; give parameters and momentum."""
    first, second = parameters(torch, dtype)
    optimizer = torch.optim.SGD([first, second], **options)
    for _ in range(n_steps):
        optimizer.zero_grad()
        ((first**2).sum() + (second**2).sum() * 0.5).backward()
        optimizer.step()
    buffers = [entry["momentum_buffer"] for entry in optimizer.state.values()]
    return [value.detach().numpy() for value in (first, second, *buffers)]


def expected_values(
    n_steps: int = 4,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
    **ignored: Any,
) -> list[np.ndarray]:
    """Compute the same with the formula of the documentation, in NumPy."""
    values = [np.array([1.5, -0.25, -2.0]), np.array([[0.5, -1.0], [-1.5, 0.25]])]
    buffers: list[Any] = [None, None]
    for _ in range(n_steps):
        for k, factor in enumerate((2.0, 1.0)):
            g = (-factor if maximize else factor) * values[k] + weight_decay * values[k]
            if momentum:
                is_first = buffers[k] is None
                buffers[k] = g if is_first else momentum * buffers[k] + (1 - dampening) * g
                g = g + momentum * buffers[k] if nesterov else buffers[k]
            values[k] = values[k] - lr * g
    return [*values, *buffers] if momentum else values


OPTIONS = [
    {},
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.3},
    {"lr": 0.1, "momentum": 0.9},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1, "maximize": True},
    {"lr": 0.1, "momentum": 0.9, "foreach": True},
    {"lr": 0.1, "momentum": 0.9, "fused": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_steps_follow_the_formula(
    torch: ModuleType, options: dict[str, Any], dtype: str, tolerance: float
) -> None:
    """Four steps give what the formula gives, momentum included."""
    actual, expected = train(torch, dtype=dtype, **options), expected_values(**options)

    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_steps_are_those_of_pytorch(
    torch: ModuleType, reference: ModuleType, options: dict[str, Any]
) -> None:
    """Float32 steps agree with PyTorch's to the last digits."""
    for one, other in zip(
        train(torch, dtype="float32", **options), train(reference, dtype="float32", **options),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=3e-7)


def test_learning_rate_may_be_a_tensor(torch: ModuleType) -> None:
    """A tensor as ``lr`` gives the steps of its value, which is read anew at each step."""
    for one, other in zip(
        train(torch, lr=torch.tensor(0.1, dtype=torch.float64)), train(torch, lr=0.1), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    (value, _), rate = parameters(torch), torch.tensor(0.0)
    optimizer = torch.optim.SGD([value], lr=rate)
    value.grad = torch.ones_like(value)
    optimizer.step()
    rate.fill_(1.0)
    optimizer.step()
    assert value.tolist() == [0.5, -1.25, -3.0]


def test_parameters_without_gradient_are_skipped(torch: ModuleType) -> None:
    """They keep value and have no state; their momentum begins with their first gradient."""
    first, second = parameters(torch)
    optimizer = torch.optim.SGD([first, second], lr=1.0, momentum=0.5, dampening=0.25)
    first.grad = torch.ones_like(first)
    optimizer.step()
    assert second not in optimizer.state or not optimizer.state[second]
    second.grad = torch.ones_like(second)
    optimizer.step()

    assert optimizer.state[first]["momentum_buffer"].tolist() == [1.25] * 3
    assert optimizer.state[second]["momentum_buffer"].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert second.tolist() == [[-0.5, -2.0], [-2.5, -0.75]]


def test_groups_have_options_of_their_own(torch: ModuleType) -> None:
    """A group's options hold for it alone, and changes to them count at once."""
    first, second = parameters(torch)
    optimizer = torch.optim.SGD([{"params": [first], "lr": 1.0}, {"params": second}], lr=0.5)
    first.grad, second.grad = torch.ones_like(first), torch.ones_like(second)
    optimizer.step()
    optimizer.param_groups[1]["lr"] = 0.0
    optimizer.step()

    assert first.tolist() == [-0.5, -2.25, -4.0]
    assert second.tolist() == [[0.0, -1.5], [-2.0, -0.25]]


def test_steps_are_writes(torch: ModuleType) -> None:
    """A step records nothing and is noticed by a graph that saved the parameter."""
    value, _ = parameters(torch)
    loss = (value * value).sum()
    loss.backward(retain_graph=True)
    version = value._version
    torch.optim.SGD([value], lr=0.1).step()

    assert value.is_leaf
    assert value._version == version + 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_differentiable_steps(torch: ModuleType) -> None:
    """With ``differentiable`` a loss after the steps has a gradient through them."""
    start, _ = parameters(torch)
    value = start.clone()
    optimizer = torch.optim.SGD([value], lr=0.1, momentum=0.9, differentiable=True)
    for _ in range(2):
        value.grad = start * 2
        optimizer.step()
    value.sum().backward()

    np.testing.assert_allclose(start.grad.numpy(), [0.8] * 3, rtol=1e-12)


SETUP = """
P = lambda: torch.nn.Parameter(torch.ones(2))
SGD = torch.optim.SGD
"""
MISTAKES = [
    ("SGD([])", ValueError, "optimizer got an empty parameter list"),
    ("SGD(torch.ones(1))", TypeError,
     "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
     "torch.FloatTensor"),
    ("SGD([1])", TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
    ("SGD([P() * 2])", ValueError, "can't optimize a non-leaf Tensor"),
    ("SGD([P()], lr=-1)", ValueError, "Invalid learning rate: -1"),
    ("SGD([P()], momentum=-1)", ValueError, "Invalid momentum value: -1"),
    ("SGD([P()], weight_decay=-1)", ValueError, "Invalid weight_decay value: -1"),
    ("SGD([P()], nesterov=True)", ValueError,
     "Nesterov momentum requires a momentum and zero dampening"),
    ("SGD([P()], lr=torch.ones(2))", ValueError, "Tensor lr must be 1-element"),
    ("SGD([P()], fused=True, foreach=True)", RuntimeError,
     "`fused` and `foreach` cannot be `True` together."),
    ("SGD([P()], fused=True, differentiable=True)", RuntimeError,
     "`fused` does not support `differentiable`"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, SETUP + code, error, text)
