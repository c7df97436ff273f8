"""Gradients of tensors that were cut or joined, where some of the pieces get none."""

from types import ModuleType
from typing import Any

import pytest


def leaf(torch: ModuleType, *shape: int) -> Any:
    """Give a leaf of whole numbers in float64."""
    count = torch.Size(shape).numel()
    return torch.arange(count, dtype=torch.float64).reshape(shape).clone().requires_grad_()


CUTS = {
    "chunk": lambda x, dim: x.chunk(2, dim),
    "split": lambda x, dim: x.split([1, 0, 3], dim),
    "unbind": lambda x, dim: x.unbind(dim),
}


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_piece_that_is_not_used_counts_for_zero(
        torch: ModuleType, cut: str, layout: str, dim: int) -> None:
    """Only the pieces that lead to the result give their part of the gradient."""
    x = leaf(torch, 4, 4, 4)
    pieces = CUTS[cut](x.transpose(0, 2) if layout == "columns" else x, dim)
    (pieces[0] ** 2).sum().backward()

    used = torch.zeros(4, 4, 4, dtype=torch.float64)
    CUTS[cut](used.transpose(0, 2) if layout == "columns" else used, dim)[0].fill_(1)
    assert torch.equal(x.grad, 2 * x.detach() * used)


@pytest.mark.parametrize("cut", CUTS)
def test_recorded_backward_gives_the_same(torch: ModuleType, cut: str) -> None:
    """``create_graph`` changes what is recorded, not what is computed."""
    x = leaf(torch, 4, 4)
    result = (CUTS[cut](x, 1)[0] ** 3).sum()
    plain, = torch.autograd.grad(result, x, retain_graph=True)
    recorded, = torch.autograd.grad(result, x, create_graph=True)
    second, = torch.autograd.grad(recorded.sum(), x)

    assert torch.equal(plain, recorded)
    assert torch.equal(second.nonzero(), (6 * x * (plain != 0)).nonzero())


def test_a_join_gives_each_tensor_memory_of_its_own(torch: ModuleType) -> None:
    """Gradients are parts of one memory on the way, and apart once they are kept."""
    a, b = leaf(torch, 2, 3), leaf(torch, 2, 1)
    g = torch.arange(8, dtype=torch.float64).reshape(2, 4)
    torch.cat((a, b), -1).backward(g)
    a.grad.zero_()

    assert torch.equal(b.grad, g[:, 3:])
    assert g.sum() == 28


def test_only_what_wants_a_gradient_gets_a_part(torch: ModuleType) -> None:
    """Tensors that want none may stand anywhere in a join."""
    a, b = torch.ones(3), leaf(torch, 2)
    joined = torch.cat([a, b, a, b])
    joined.backward(torch.arange(10.0, dtype=torch.float64))

    assert joined.dtype == torch.float64
    assert a.grad is None
    assert b.grad.tolist() == [3 + 8, 4 + 9]


def test_a_product_checks_what_it_multiplies(torch: ModuleType) -> None:
    """The short way of ``@`` leaves to the long one what does not fit."""
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        torch.ones(2, 3) @ torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="size mismatch, got input"):
        torch.ones(2, 3) @ torch.ones(2)
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.ones(2, 3) @ torch.ones(3, 2, dtype=torch.float64)
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        torch.ones(2, 2, dtype=torch.bool) @ torch.ones(2, 2, dtype=torch.bool)
