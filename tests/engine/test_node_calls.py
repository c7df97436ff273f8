"""A node of the graph as a function of gradients, and hooks where no gradient arrives."""

from types import ModuleType
from typing import Any

import pytest


def pass_nothing(torch: ModuleType) -> type:
    """A Function whose backward gives None."""

    class PassNothing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> None:
            return None

    return PassNothing


def test_a_node_gives_the_gradients_of_its_inputs(torch: ModuleType) -> None:
    """One bare, several as a tuple, None where there is no gradient; nothing is freed."""
    x, w = (torch.tensor([2.0], requires_grad=True) for _ in range(2))
    product, power, scaled = x * w, x.exp(), x * 3

    assert [g.item() for g in product.grad_fn(torch.ones(1))] == [2, 2]
    assert power.grad_fn(torch.ones(1)).item() == power.item()
    assert scaled.grad_fn(torch.ones(1))[1] is None
    assert scaled.grad_fn(None) == (None, None)
    power.backward()
    assert x.grad is not None


def test_what_a_node_gives_is_recorded(torch: ModuleType) -> None:
    """So second derivatives can be had by hand."""
    x = torch.tensor([2.0], requires_grad=True)
    node = (x**3).grad_fn
    slope = node(torch.ones(1))
    with torch.no_grad():
        plain = node(torch.ones(1))

    assert torch.autograd.grad(slope, x)[0].item() == 12
    assert not plain.requires_grad


def test_a_leaf_node_accumulates(torch: ModuleType) -> None:
    """It has no inputs, so it gives nothing."""
    x = torch.ones(2, requires_grad=True)
    node = x.exp().grad_fn.next_functions[0][0]

    assert node(torch.ones(2)) == ()
    assert x.grad.tolist() == [1, 1]


def test_positions_are_no_outputs_of_a_node(torch: ModuleType) -> None:
    """``max`` takes the gradient of the values alone."""
    values, _ = torch.tensor([[1.0, 3.0], [2.0, 0.0]], requires_grad=True).max(1)

    assert values.grad_fn(torch.ones(2)).tolist() == [[0, 1], [1, 0]]


def test_a_written_view_is_part_of_the_node_of_its_base(torch: ModuleType) -> None:
    """Its call gives what the base had, and what the write reads."""
    x, w = torch.zeros(3, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    base = x * 1
    base[1:].mul_(w)
    gradients = base.grad_fn(torch.ones(3))

    assert gradients[0].tolist() == [1, 2, 2]
    assert gradients[1].sum().item() == 0
    assert len(base.grad_fn.next_functions) == 2


@pytest.mark.parametrize(("gradients", "text"), [
    ((), "expected 1 arguments, got 0 instead"), ((3,), "argument 0 is not a Variable"),
])
def test_calls_with_wrong_gradients_are_refused(
    torch: ModuleType, gradients: tuple, text: str
) -> None:
    """By their number, and by their kind."""
    with pytest.raises(TypeError, match=text):
        torch.ones(1, requires_grad=True).exp().grad_fn(*gradients)


def test_hooks_are_called_without_a_gradient(torch: ModuleType) -> None:
    """On the way to a leaf, at it, and after it."""
    seen = []
    x = torch.ones(2, requires_grad=True)
    y = x * 1
    y.register_hook(lambda g: seen.append(("result", g)))
    x.register_hook(lambda g: seen.append(("leaf", g)))
    x.register_post_accumulate_grad_hook(lambda p: seen.append(("after", p.grad)))
    y.retain_grad()
    pass_nothing(torch).apply(y).sum().backward()

    assert seen == [("result", None), ("leaf", None), ("after", None)]
    assert y.grad is None


def test_hooks_of_one_node_run_in_the_order_of_registration(torch: ModuleType) -> None:
    """Also those of outputs that nothing depends on."""
    seen = []
    a, b = torch.ones(4, requires_grad=True).split(2)
    b.register_hook(lambda g: seen.append(("b", g)))
    a.register_hook(lambda g: seen.append(("a", g.tolist())))
    a.sum().backward()

    assert seen == [("b", None), ("a", [1, 1])]


def test_no_hook_can_make_a_gradient_of_none(torch: ModuleType) -> None:
    """Neither a tensor's nor a node's."""
    for register in ("register_hook", "register_prehook"):
        x = torch.ones(2, requires_grad=True)
        y = x * 1
        if register == "register_hook":
            y.register_hook(lambda g: torch.ones(2))
        else:
            y.grad_fn.register_prehook(lambda g: (torch.ones(2),))
        with pytest.raises(RuntimeError, match="can't replace a None gradient with a non-None"):
            pass_nothing(torch).apply(y).sum().backward()
