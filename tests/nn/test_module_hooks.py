"""Hooks of a module's call: forward, forward of failing modules, backward."""

from types import ModuleType
from typing import Any

import pytest


def test_forward_hooks_in_order(torch: ModuleType) -> None:
    """Pre-hooks run before, hooks after; prepended ones first; handles remove them."""
    seen = []
    layer, x = torch.nn.ReLU(), torch.ones(1, 2)
    handles = [
        layer.register_forward_pre_hook(lambda module, args: seen.append(("pre", len(args)))),
        layer.register_forward_pre_hook(lambda module, args: seen.append("first"), prepend=True),
        layer.register_forward_hook(lambda module, args, out: seen.append(out.tolist())),
        layer.register_forward_hook(lambda module, args, out: seen.append("early"), prepend=True),
    ]
    layer(x)
    assert seen == ["first", ("pre", 1), "early", [[1.0, 1.0]]]

    for handle in handles:
        handle.remove()
    layer(x)

    assert len(seen) == 4


def test_forward_hooks_replace(torch: ModuleType) -> None:
    """What hooks return takes the place of arguments and output."""
    class Scale(torch.nn.Module):
        def forward(self, x: Any, by: float = 1.0) -> Any:
            return x * by

    module = Scale()
    module.register_forward_pre_hook(lambda module, args: args[0] + 1)
    module.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"by": kwargs["by"] * 10}), with_kwargs=True)
    module.register_forward_hook(
        lambda module, args, kwargs, out: out + kwargs["by"], with_kwargs=True)

    assert module(torch.ones(1), by=2.0).item() == 60


def test_hooks_see_direct_writes(torch: ModuleType) -> None:
    """A hook written to the dict of hooks counts."""
    layer = torch.nn.ReLU()
    layer._forward_hooks[0] = lambda module, args, out: out * 5

    assert layer(torch.ones(1)).item() == 5


def test_always_called_hooks(torch: ModuleType) -> None:
    """Hooks with ``always_call`` run when forward raises; their own errors become warnings."""
    class Failing(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("boom")

    def broken(module: Any, args: Any, out: Any) -> None:
        raise RuntimeError("hook")

    seen = []
    module = Failing()
    module.register_forward_hook(lambda module, args, out: seen.append(out), always_call=True)
    module.register_forward_hook(lambda module, args, out: seen.append("never"))
    module.register_forward_hook(broken, always_call=True)

    with pytest.warns(UserWarning, match="always_call=True.*hook"), pytest.raises(ValueError):
        module(1)
    assert seen == [None]


def test_bad_pre_hook(torch: ModuleType) -> None:
    """A pre-hook with keywords must return both parts."""
    layer = torch.nn.ReLU()
    layer.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)

    with pytest.raises(RuntimeError, match="must return None or a tuple of .new_args, new_kwargs"):
        layer(torch.ones(1))


class Watched:
    """Records what a backward hook sees, as lists."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, module: Any, *grads: tuple) -> None:
        """Record."""
        self.seen.append([[None if g is None else g.tolist() for g in some] for some in grads])


def product(torch: ModuleType) -> Any:
    """Build a module of two inputs and two outputs."""
    class Product(torch.nn.Module):
        def forward(self, a: Any, b: Any) -> Any:
            return a * b, b + 1

    return Product()


def test_full_backward_hooks_see_both_ends(torch: ModuleType) -> None:
    """The gradients of outputs and inputs are handed over once both are there."""
    watch, watch_before = Watched(), Watched()
    module = product(torch)
    module.register_full_backward_hook(watch)
    module.register_full_backward_pre_hook(watch_before)
    a, b = torch.full((2,), 3.0, requires_grad=True), torch.full((2,), 4.0, requires_grad=True)
    y, _ = module(a, b)
    y.sum().backward()

    assert watch_before.seen == [[[[1.0, 1.0], None]]]
    assert watch.seen == [[[[4.0, 4.0], [3.0, 3.0]], [[1.0, 1.0], None]]]
    assert a.grad.tolist() == [4.0, 4.0]
    assert y.grad_fn.name() == "BackwardHookFunctionBackward"


def test_full_backward_hooks_replace(torch: ModuleType) -> None:
    """What hooks return replaces the gradients, for later hooks and for the sweep."""
    watch = Watched()
    layer = torch.nn.Linear(1, 1)
    layer.weight.data.fill_(2.0)
    layer.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 10,))
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 3,))
    layer.register_full_backward_hook(watch)
    x = torch.ones(1, 1, requires_grad=True)
    layer(x).sum().backward()

    assert watch.seen == [[[[[60.0]]], [[[10.0]]]]]
    assert x.grad.tolist() == [[60.0]]
    assert layer.weight.grad.tolist() == [[10.0]]


def test_full_backward_hooks_without_inputs(torch: ModuleType) -> None:
    """When no input wants a gradient the hooks run at the outputs, with a warning."""
    watch = Watched()
    layer = torch.nn.Linear(1, 1)
    layer.register_full_backward_hook(watch)
    y = layer(torch.ones(1, 1)).sum()

    with pytest.warns(UserWarning, match="Full backward hook is firing"):
        y.backward()
    assert watch.seen == [[[None], [[[1.0]]]]]


def test_outputs_that_are_no_tensors(torch: ModuleType) -> None:
    """Other values pass; an output that is no tensor or tuple cannot be watched."""
    class Wrapped(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return {"y": x * 2}

    module = Wrapped()
    module.register_full_backward_hook(Watched())

    with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple"):
        module(torch.ones(1, requires_grad=True))


def test_hooks_do_nothing_without_the_tape(torch: ModuleType) -> None:
    """Under ``no_grad`` nothing is watched."""
    layer = torch.nn.ReLU()
    layer.register_full_backward_hook(Watched())
    with torch.no_grad():
        y = layer(torch.ones(1, requires_grad=True))

    assert y.grad_fn is None


def test_backward_hooks_of_the_older_form(torch: ModuleType) -> None:
    """They see the last operation, and do not mix with full ones."""
    watch = Watched()
    layer = torch.nn.ReLU()
    layer.register_backward_hook(watch)
    with pytest.warns(FutureWarning, match="Using a non-full backward hook"):
        y = layer(torch.ones(2, requires_grad=True))
    y.sum().backward()

    assert watch.seen == [[[[1.0, 1.0]], [[1.0, 1.0]]]]
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
        layer.register_full_backward_hook(watch)


@pytest.mark.parametrize(("inputs", "forward", "text"), [
    ("([x], )", "lambda m: m[0].exp()", "does not take as input a single Tensor or a tuple"),
    ("([x, x], )", "lambda m: tuple(m[0].unbind()) + tuple(m[1].unbind())",
     "does not take as input a single Tensor or a tuple"),
    ("(x, )", "lambda a: [a.exp()]", "does not return a single Tensor or a tuple of Tensors"),
    ("(x, )", "lambda a: (a.exp(), a.exp())", "generated by different autograd Nodes"),
    ("(x, )", "lambda a: a.exp().exp()", "the forward contains multiple autograd Nodes"),
])
def test_what_the_older_form_misses(
    torch: ModuleType, inputs: str, forward: str, text: str
) -> None:
    """One warning says which gradients the hook will not see."""
    layer = torch.nn.Module()
    layer.forward = eval(forward)
    layer.register_backward_hook(Watched())
    with pytest.warns(FutureWarning, match=text) as seen:
        layer(*eval(inputs, {"x": torch.ones(2, requires_grad=True)}))

    assert len(seen) == 1


@pytest.mark.parametrize(("register", "text"), [
    ("register_full_backward_hook",
     "Backward hook returned an invalid number of grad_input, got 2, but expected 1"),
    ("register_full_backward_pre_hook",
     "Backward pre hook returned an invalid number of grad_output, got 2, but expected 1"),
])
def test_wrong_number_of_gradients(torch: ModuleType, register: str, text: str) -> None:
    """Hooks must return as many gradients as they got."""
    layer = torch.nn.ReLU()
    getattr(layer, register)(lambda module, grads, *rest: (grads[0], grads[0]))
    y = layer(torch.ones(1, requires_grad=True))

    with pytest.raises(RuntimeError, match=text):
        y.sum().backward()
