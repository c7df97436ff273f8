"""NumPy's names of parameters, which PyTorch's compiled functions take as well."""

from types import ModuleType

import pytest
from support import assert_mistake, assert_same, evaluate

ALIKE = [
    ("x.std(axis=1)", "x.std(dim=1)"),
    ("x.var(axis=(0, 1), keepdims=True)", "x.var(dim=(0, 1), keepdim=True)"),
    ("x.mean(axis=0, keepdims=True)", "x.mean(dim=0, keepdim=True)"),
    ("torch.sum(a=x, axis=0)", "torch.sum(x, dim=0)"),
    ("tuple(x.max(axis=1))", "tuple(x.max(dim=1))"),
    ("tuple(torch.sort(x, axis=0, stable=True))", "tuple(torch.sort(x, dim=0, stable=True))"),
    ("x.argmax(axis=1, keepdims=True)", "x.argmax(dim=1, keepdim=True)"),
    ("torch.cat((x, x), axis=1)", "torch.cat((x, x), dim=1)"),
    ("torch.concatenate((x, x), axis=1)", "torch.cat((x, x), dim=1)"),
    ("torch.stack(axis=-1, tensors=[x, x])", "torch.stack([x, x], dim=-1)"),
    ("torch.cumsum(x, axis=1, out=torch.empty(3, 4))", "torch.cumsum(x, dim=1)"),
    ("torch.softmax(x, axis=1)", "torch.softmax(x, dim=1)"),
    ("x.log_softmax(axis=0)", "x.log_softmax(dim=0)"),
    ("x.unsqueeze(axis=1)", "x.unsqueeze(1)"),
    ("x.chunk(2, axis=1)", "x.chunk(2, dim=1)"),
    ("torch.linalg.norm(x, axis=1)", "torch.linalg.norm(x, dim=1)"),
    ("torch.scatter(x, axis=1, index=torch.tensor([[1]]), src=x)",
     "torch.scatter(x, 1, torch.tensor([[1]]), x)"),
    ("torch.exp(x=x)", "x.exp()"),
    ("torch.abs(a=x)", "x.abs()"),
    ("torch.sub(x1=x, other=3)", "x - 3"),
    ("torch.multiply(x1=x, x2=x)", "x * x"),
    ("torch.matmul(x, x2=x.T)", "x @ x.T"),
    ("torch.clamp(x=x, min=0)", "x.clamp(min=0)"),
]
OWN_NAMES = [
    ("x.swapaxes(axis0=0, axis1=1)", "x.swapaxes(0, 1)"),
    ("torch.tensor_split(x, sections=2, dim=1)", "torch.tensor_split(x, 2, 1)"),
    ("torch.tensor_split(x, indices=(1, 2), axis=1)", "torch.tensor_split(x, (1, 2), 1)"),
    ("x.split(split_size=3, dim=1)", "x.split(3, 1)"),
    ("torch.split(x, split_size_or_sections=[1, 2])", "x.split([1, 2])"),
    ("torch.vsplit(x, sections=3)", "torch.vsplit(x, 3)"),
    ("torch.isin(element=3, test_elements=x)", "torch.isin(3, x)"),
]
SETUP = "x = torch.arange(12.).reshape(3, 4).sub(5)\n"


@pytest.mark.parametrize(("code", "plain"), ALIKE + OWN_NAMES)
def test_a_name_means_its_parameter(torch: ModuleType, code: str, plain: str) -> None:
    """``axis`` is ``dim``, ``keepdims`` is ``keepdim``, ``x``, ``a`` and ``x1`` are ``input``."""
    assert_same(evaluate(SETUP + code, torch), evaluate(SETUP + plain, torch))


def test_gradient(torch: ModuleType) -> None:
    """What is called so is recorded like any other call."""
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    torch.cat((x, x), axis=1).max(axis=1).values.sum().backward()

    assert x.grad.tolist() == [[0, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize(("code", "text"), [
    ("torch.cat((x, x), 0, axis=1)", "cat() got an unexpected keyword argument 'axis'"),
    ("torch.cat((x, x), dim=0, axis=1)", "cat() got an unexpected keyword argument 'axis'"),
    ("torch.exp(x, x=x)", "exp() got an unexpected keyword argument 'x'"),
    ("torch.relu(x, axis=1)", "relu() got an unexpected keyword argument 'axis'"),
    ("torch.cat((x, x), axis='a')", "cat(): argument 'dim' must be int, not str"),
])  # fmt: skip
def test_refusals(torch: ModuleType, code: str, text: str) -> None:
    """An argument that is given twice, or is of the wrong kind, is refused."""
    assert_mistake(torch, SETUP + code, TypeError, text)
