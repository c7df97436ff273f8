"""Sweeps inside sweeps: from a hook, from a Function, from a formula's Function."""

import pytest


def sweep_of(torch, function):
    """A hook that records and sweeps a scalar function, though hooks run without recording."""
    def hook(g):
        with torch.enable_grad():
            function().backward()

    return hook


def test_backward_inside_a_hook(torch):
    """A hook may sweep another graph; both arrive."""
    x, w = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    y = x * 5
    y.register_hook(sweep_of(torch, lambda: w * w))
    (y * y).backward()

    assert x.grad.item() == 100.0 and w.grad.item() == 6.0


def test_backward_inside_a_hook_into_the_same_leaf(torch):
    """Both sweeps accumulate into one leaf."""
    x = torch.tensor(2.0, requires_grad=True)
    y = x * 5
    y.register_hook(sweep_of(torch, lambda: x * 3))
    y.backward()

    assert x.grad.item() == 8.0


def checkpoint(torch, function):
    """A Function that forgets what it computed and computes it again in backward."""
    class Checkpoint(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return function(x)

        @staticmethod
        def backward(ctx, g):
            x = ctx.saved_tensors[0].detach().requires_grad_()
            with torch.enable_grad():
                out = function(x)
            out.backward(g)
            return x.grad

    return Checkpoint.apply


def test_recomputation_in_backward(torch):
    """A Function whose backward runs a sweep gives the same gradient."""
    x = torch.tensor([0.5, 1.5], requires_grad=True)
    hidden = checkpoint(torch, lambda t: (t.exp() * t).sin())(x * 2)
    hidden.sum().backward()
    again = x.detach().requires_grad_()
    ((again * 2).exp() * (again * 2)).sin().sum().backward()

    assert torch.equal(x.grad, again.grad)


@pytest.mark.parametrize("depth", [1, 5, 80])
def test_nested_recomputation(torch, depth):
    """Sweeps nest to some depth."""
    function = torch.tanh
    for _ in range(depth):
        function = checkpoint(torch, function)
    x = torch.tensor(0.3, requires_grad=True)
    function(x).backward()

    assert x.grad.item() == pytest.approx(1 - torch.tanh(x).item() ** 2, rel=1e-6)


def test_hook_sweeps_an_earlier_part_of_the_same_graph(torch):
    """With the graph retained an inner sweep may pass nodes the outer has yet to visit."""
    x = torch.tensor(2.0, requires_grad=True)
    first = x * x
    second = first * 3
    second.register_hook(lambda g: first.backward(retain_graph=True))
    second.backward()

    assert x.grad.item() == 16.0


def test_grad_inside_a_hook(torch):
    """autograd.grad inside a hook leaves the outer sweep alone."""
    x, seen = torch.tensor(2.0, requires_grad=True), []
    y, cube = x * 5, x**3
    y.register_hook(lambda g: seen.append(torch.autograd.grad(cube, x)[0].item()))
    (y * 2).backward()

    assert seen == [12.0] and x.grad.item() == 10.0


def test_error_in_an_inner_sweep_reaches_the_outer_caller(torch):
    """What fails inside comes out, and later sweeps work."""
    x = torch.tensor(2.0, requires_grad=True)
    y = x * 5
    y.register_hook(lambda g: torch.ones(2, requires_grad=True).backward())

    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        y.backward()
    (x * 3).backward()
    assert x.grad.item() == 3.0


def test_inner_sweep_records_only_what_it_is_told(torch):
    """Grad mode inside a hook is that of its sweep and returns afterwards."""
    modes = []
    x = torch.tensor(2.0, requires_grad=True)
    y = x * 5

    def hook(g):
        modes.append(torch.is_grad_enabled())
        with torch.enable_grad():
            (x * 2).sum().backward()
        modes.append(torch.is_grad_enabled())

    y.register_hook(hook)
    y.backward(retain_graph=True)
    torch.autograd.grad(y, x, create_graph=True)

    assert modes == [False, False, True, True] and torch.is_grad_enabled()
