"""Backward inside backward, however deep, and what programs ask to be called at its end."""

import threading

import pytest


def counted_down(torch):
    """Give a Function whose backward runs another backward while its number is not negative."""
    class Deeper(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                ctx.x = x.detach().requires_grad_() - 1
            return ctx.x.detach()

        @staticmethod
        def backward(ctx, g):
            if ctx.x >= 0:
                with torch.enable_grad():
                    Deeper.apply(ctx.x).sum().backward()
            elif ctx.x < -1:
                raise ValueError("too deep")
            return g

    return Deeper


@pytest.mark.parametrize("depth", [1, 59, 60, 61, 2000])
def test_depth(torch, depth):
    """No number of nested sweeps meets the interpreter's limit."""
    x = torch.tensor(float(depth), requires_grad=True)
    counted_down(torch).apply(x).backward()
    assert x.grad.item() == 1
    assert not [one for one in threading.enumerate() if one.name == "nested backward"]


def test_an_error_far_below(torch):
    """It arrives where the outermost sweep was asked for."""
    x = torch.tensor(150.5, requires_grad=True)
    kind = counted_down(torch)
    with pytest.raises(ValueError, match="too deep"):
        kind.apply(x - 152.0).backward()
    kind.apply(x).backward()


def queue(torch, callback):
    """Ask for a call at the end of the sweep that runs."""
    torch.autograd.Variable._execution_engine.queue_callback(callback)


def test_callbacks(torch):
    """They run in order once the sweep has ended, as it ran, and may add further ones."""
    told, x = [], torch.ones(2, requires_grad=True)

    def first():
        told.append(("first", x.grad.tolist(), torch.is_grad_enabled()))
        queue(torch, lambda: told.append("last"))

    def hook(g):
        queue(torch, first)
        queue(torch, lambda: told.append("second"))
        told.append("hook")

    y = x * 2
    y.register_hook(hook)
    y.sum().backward()
    assert told == ["hook", ("first", [2, 2], False), "second", "last"]


def test_no_sweep_runs(torch):
    """Outside a sweep there is nothing to wait for."""
    with pytest.raises(RuntimeError) as refused:
        queue(torch, print)
    assert str(refused.value).startswith(
        "Final callbacks can only be installed during backward pass.")


def test_a_failed_sweep_calls_nothing(torch):
    """What was asked for is forgotten with it."""
    told, x = [], torch.ones(2, requires_grad=True)

    def hook(g):
        queue(torch, lambda: told.append("called"))
        raise ValueError("no")

    y = x * 2
    y.register_hook(hook)
    with pytest.raises(ValueError, match="no"):
        y.sum().backward()
    (x * 3).sum().backward()
    assert told == []
