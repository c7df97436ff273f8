"""What stands in the graph behind gradients, under PyTorch's names."""

import subprocess
import sys

import pytest


def graph_of(node):
    """Write a node and what is below it."""
    if node is None:
        return "None"
    below = ", ".join(graph_of(one) for one, _ in node.next_functions)
    return f"{node.name().removeprefix('torch::autograd::')}({below})"


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize(("code", "name"), [
    ("torch.ones(2)", "CopyBackwards"), ("torch.ones(2, 3).t()", "CopyBackwards"),
    ("torch.ones(4, 2)[::2]", "CloneBackward0"),
])
def test_a_gradient_with_a_graph(torch, code, name):
    """It is a copy, which a leaf with gaps takes otherwise."""
    x = eval(code, {"torch": torch}).detach().requires_grad_()
    (x * x).sum().backward(create_graph=True)
    assert x.grad.grad_fn.name().removeprefix("torch::autograd::") == name
    assert f"grad_fn=<{name}>" in repr(x.grad)
    assert torch.autograd.grad(x.grad.sum(), x)[0].unique().tolist() == [2]


@pytest.mark.filterwarnings("ignore:Using backward")
def test_what_is_differentiated_once(torch):
    """An error waits in the graph."""
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * b, g * a

    x, y = torch.rand(2, requires_grad=True), torch.rand(2, requires_grad=True)
    Product.apply(x, y).sum().backward(torch.ones((), requires_grad=True), create_graph=True)
    assert graph_of(x.grad.grad_fn) == (
        "CopyBackwards(None, Error(AccumulateGrad(), AccumulateGrad()))")
    with pytest.raises(RuntimeError, match="trying to differentiate twice a function that was"):
        x.grad.sum().backward()


def test_a_cycle_is_told(torch, reference):
    """A gradient whose graph holds its leaf is warned of once."""
    program = ("import warnings, {0} as torch; x = torch.ones(2, requires_grad=True)\n"
               "with warnings.catch_warnings(record=True) as told:\n"
               "    warnings.simplefilter('always')\n"
               "    for k in range(2): (x * x).sum().backward(create_graph=True)\n"
               "print([(one.category.__name__, str(one.message).split(' (Trig')[0])"
               " for one in told])")
    ours, theirs = (subprocess.run([sys.executable, "-c", program.format(one.__name__)],
                                   capture_output=True, text=True, check=True).stdout
                    for one in (torch, reference))
    assert ours == theirs
    assert ours.count("UserWarning") == 1


@pytest.mark.parametrize("name", ["acosh", "asinh", "atanh"])
def test_in_place_forms_without_a_derivative(torch, name):
    """PyTorch has none of them, and says so when it is asked for."""
    x = torch.full((2,), 0.5, requires_grad=True)
    y = getattr(x * 1, f"{name}_")()
    assert y.grad_fn.name() == f"{name.capitalize()}Backward1"
    with pytest.raises(NotImplementedError) as refused:  # PyTorch's class for it
        y.sum().backward()
    assert str(refused.value) == (
        f"the derivative for 'inplace version of {name}' is not implemented.")


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize(("name", "called"),
                         [("scatter_reduce", "src"), ("index_reduce", "source")])
def test_products_of_several_zeros(torch, name, called):
    """Their first derivative is 0, their second is refused."""
    x = torch.tensor([1.0], requires_grad=True)
    zeros = torch.zeros(2, requires_grad=True)
    out = getattr(torch, name)(x, 0, torch.tensor([0, 0]), zeros, "prod")
    g = torch.autograd.grad(out.sum(), (x, zeros), create_graph=True)
    assert [one.tolist() for one in g] == [[0], [0, 0]]
    with pytest.raises(RuntimeError) as refused:
        torch.autograd.grad(g[1].sum(), x)
    assert str(refused.value) == (
        f"{name}(): Double backward is unsupported for {called} when >1 zeros in {called} are "
        "scattered to the same position in self")


def test_hooks_of_a_leaf_and_of_its_node(torch):
    """The last hook sees what those before it made of the gradient, in place too."""
    x, order = torch.rand(3, requires_grad=True), []
    node = x.view_as(x).grad_fn.next_functions[0][0]
    assert isinstance(node, torch._C._functions.AccumulateGrad)

    def after(tensor):
        order.append("accumulated")
        tensor.grad.add_(0.5)

    def last(inputs, outputs):
        order.append("node")
        x.grad = outputs[0].mul(10)

    x.register_hook(lambda g: (order.append("tensor"), g - 2)[1])
    node.register_prehook(lambda g: (order.append("before"), (g[0] / 5,))[1])
    x.register_post_accumulate_grad_hook(after)
    node.register_hook(last)
    x.sum().backward()
    assert order == ["tensor", "before", "accumulated", "node"]
    torch.testing.assert_close(x.grad, torch.full((3,), 3.0))


def test_old_names_of_functions(torch):
    """A Function may derive from the older class; contexts are of one type."""
    function = torch.autograd.function

    class Double(function.InplaceFunction):
        @staticmethod
        def forward(ctx, x):
            assert isinstance(ctx, function.BackwardCFunction)
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = torch.ones(2, requires_grad=True)
    y = Double.apply(x * 1)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]
