"""Products of Householder reflections and the factorisation that gives them."""

from types import ModuleType

import pytest
from beside import assert_alike

WITH_GRADIENTS = """
def product(*shapes):
    A, tau = (torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in shapes)
    Q = torch.linalg.householder_product(A, tau)
    (Q * torch.arange(Q.numel()).view(Q.shape)).sum().backward()
    return Q, Q.stride() if A.numel() and tau.numel() else None, A.grad, tau.grad
"""
CALLS = [
    *(f"product({shapes})" for shapes in (
        "(4, 3), (3,)", "(3, 3), (2,)", "(2, 4, 3), (2, 3)")),
    "torch.geqrf(torch.randn(4, 3))", "torch.geqrf(torch.randn(2, 3, 4))",
    "a, tau = torch.geqrf(torch.randn(4, 3)); torch.orgqr(a, tau)",
    "torch.randn(3, 3).geqrf().tau",
    "torch.geqrf(torch.ones(2))", "torch.geqrf(torch.ones(2, 2).int())",
    "torch.geqrf(torch.ones(2, 2, requires_grad=True)).a.sum().backward()",
    *(f"torch.linalg.householder_product({arguments})" for arguments in (
        "torch.ones(2), torch.ones(2)", "torch.ones(2, 3), torch.ones(2)",
        "torch.ones(3, 2), torch.ones(3)", "torch.ones(3, 2), torch.ones(2).double()",
        "torch.ones(2, 3, 2), torch.ones(2)", "torch.ones(2, 3, 2), torch.ones(3, 2)",
        "torch.ones(3, 2).int(), torch.ones(2).int()")),
    "torch.norm_except_dim(torch.randn(2, 3, 4), 2, 1)",
    "torch.norm_except_dim(torch.ones(2), 2, 5)",
]


@pytest.mark.parametrize("code", CALLS)
def test_beside_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Values, layouts, gradients and mistakes are PyTorch's."""
    assert_alike(WITH_GRADIENTS + code, torch, reference)
