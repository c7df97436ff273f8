"""What programs call most, at its edges: the quick ways give what PyTorch gives."""

import pytest
from beside import assert_alike

ARANGES = (
    "2**64", "2**62, 2**63 - 1, 2**60", "-2**63, -2**63 + 3", "0.5, 5, dtype=torch.int32",
    "2**63 - 1, 2**63", "0, 3, 2**64", "0, 10, 0.3, dtype=torch.int64", "10, 0, -3", "5.0",
    "0, 5, dtype=torch.float16", "3, 3", "0, -1", "1e30", "-1e19, 1e19, 1e19, dtype=torch.int64",
    "True", "torch.tensor(3)", "torch.tensor(3.0)", "0, 300, 100, dtype=torch.uint8",
    "0, 1, dtype=torch.bool", "float('nan')", "0, 3, 0", "1, 2.5, 0.5",
    "-5, 5, 2, dtype=torch.int8",
    "5, dtype=torch.float64", "0, 5, step=2", "end=3, start=1", "'a'", "2.5, dtype=torch.int16",
    "3, requires_grad=True", "3.0, requires_grad=True", "3, device='cuda'",
)  # fmt: skip


@pytest.mark.parametrize("arguments", ARANGES)
def test_arange(torch, reference, arguments):
    """Numbers in order of every dtype, and the refusals."""
    assert_alike(f"x = torch.arange({arguments})\nx, str(x.dtype), x.stride()", torch, reference)


INPUTS = (
    "torch.tensor([1.5, -2.0, float('nan'), float('inf'), -0.0])", "torch.tensor([3, -2, 7])",
    "torch.tensor([0.5, 2.0]).half()", "torch.tensor([True, False])", "torch.zeros(0)",
    "torch.arange(6.0).view(2, 3).T", "torch.tensor([1.5], dtype=torch.float64)",
    "torch.tensor([0, 255], dtype=torch.uint8)",
)  # fmt: skip
BOUNDS = (
    "0, 1", "0.5, None", "None, 0.5", "None, None", "min=1", "max=-1", "2, 1", "1e39, 1e40",
    "-float('inf'), float('inf')", "float('nan'), 1", "2**53 + 1, 2**60", "2**64, 1", "True, 1",
    "torch.tensor(0.0), torch.tensor(1.0)", "'a', 1",
)  # fmt: skip


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize("x", INPUTS)
def test_clamp(torch, reference, x, bounds):
    """Bounds that are numbers, their dtypes and refusals."""
    assert_alike(f"y = torch.clamp({x}, {bounds})\ny, str(y.dtype), y.stride()", torch, reference)


@pytest.mark.parametrize("bounds", ["0.5, 2", "min=1", "max=1.5"])
def test_clamp_graph(torch, reference, bounds):
    """A bound of numbers is one node of the graph, and differentiable twice."""
    assert_alike(
        "x = torch.tensor([0.2, 1.0, 3.0], requires_grad=True)\n"
        f"y = (x * x).clamp({bounds})\n"
        "(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)\n"
        "(y, type(y.grad_fn).__name__, g, torch.autograd.grad(g.sum(), x, allow_unused=True))",
        torch, reference,
    )  # fmt: skip


@pytest.mark.parametrize("other", [*INPUTS, "torch.zeros(1, 0)", "torch.tensor(3)"])
@pytest.mark.parametrize("x", INPUTS)
def test_equal(torch, reference, x, other):
    """Tensors of one shape are compared, whatever their layout and dtype."""
    assert_alike(f"torch.equal({x}, {other})", torch, reference)


SHAPES = ("", "3", "1", "2, 3", "1, 3", "0", "1, 2, 3", "3, 1")


@pytest.mark.parametrize("source", SHAPES)
@pytest.mark.parametrize("target", SHAPES)
def test_copy(torch, reference, target, source):
    """A source is broadcast to the target, or refused."""
    assert_alike(
        f"torch.zeros(({target},) if '{target}' else ()).copy_("
        f"torch.ones(({source},) if '{source}' else (), dtype=torch.int64))", torch, reference,
    )  # fmt: skip


@pytest.mark.parametrize("dims", ["0", "1", "-1", "(0, 2)", "(0, 1, 2)", "()", "2"])
@pytest.mark.parametrize("x", [
    "torch.randn(2, 3, 4)", "torch.randn(4, 3, 2).permute(2, 1, 0)", "torch.full((2, 3, 4), -inf)",
    "torch.full((2, 3, 4), inf)", "torch.full((2, 3, 4), float('nan'))", "torch.zeros(2, 0, 4)",
    "torch.randn(2, 3, 4).half() * 10", "torch.arange(24).view(2, 3, 4)", "torch.tensor(2.0)",
    "torch.full((2, 3, 4), 1e4)",
])  # fmt: skip
def test_logsumexp(torch, reference, x, dims):
    """Sums of exponentials of every layout and dtype, without overflow."""
    assert_alike(
        f"inf = float('inf')\nx = {x}\n"
        f"[(y, y.stride()) for y in (x.logsumexp({dims}, True), x.logsumexp({dims}))]",
        torch, reference,
    )  # fmt: skip


@pytest.mark.parametrize("call", ["all()", "any()", "all(0)", "any(-1, True)", "all((0, 1))",
                                  "any(dim=())", "all(dim=None)", "any(5)"])  # fmt: skip
@pytest.mark.parametrize("x", [*INPUTS, "torch.zeros(2, 0)", "torch.tensor(0.0)"])
def test_truth(torch, reference, x, call):
    """Truths of every dtype; uint8 stays what it is."""
    assert_alike(f"y = {x}.{call}\ny, str(y.dtype)", torch, reference)


RESHAPES = (
    "reshape(2, -1)", "reshape(-1)", "reshape((3, 8))", "reshape([4, 6])", "reshape(shape=(24,))",
    "reshape(5, -1)", "reshape(-1, -1)", "reshape(-2, 12)", "reshape(2**20, 2**20)",
    "reshape(0, -1)",
    "reshape()", "reshape(24.0)", "reshape(True, 24)", "reshape(torch.tensor(24))", "view(-1, 3)",
    "view(2, 12)", "view(dtype=torch.int32)", "view(torch.int32)", "view(7)", "flatten()",
    "flatten(1)", "flatten(0, 1)", "flatten(2, 1)", "flatten(-3, -2)", "flatten(5)", "squeeze()",
    "squeeze(0)", "squeeze((0, 1))", "squeeze(-1)", "squeeze(9)", "unsqueeze(0)", "unsqueeze(-1)",
    "unsqueeze(7)", "unsqueeze(1.0)", "unsqueeze(dim=2)", "squeeze(dim=1)", "flatten(end_dim=1)",
)  # fmt: skip


@pytest.mark.parametrize("call", RESHAPES)
@pytest.mark.parametrize("x", [
    "torch.arange(24.0).view(2, 3, 4)", "torch.arange(24.0).view(4, 3, 2).permute(2, 1, 0)",
    "torch.arange(24.0).view(1, 24, 1)", "torch.arange(48.0)[::2].view(24, 1)", "torch.zeros(2, 0)",
    "torch.tensor(1.0)",
])  # fmt: skip
def test_reshapes(torch, reference, x, call):
    """Views, copies and refusals; which they are shows in the graph and in the strides."""
    assert_alike(
        f"x = {x}.requires_grad_()\ny = x.{call}\n"
        "s = [k for k, n in zip(y.stride(), y.shape) if n != 1] if y.numel() else None\n"
        "y, s, y.grad_fn and y.grad_fn.name(), y._base is x, y is x", torch, reference,
    )  # fmt: skip


@pytest.mark.parametrize("call", ["rand(3)", "randn(2, 3)", "rand((2, 2), dtype=torch.float64)",
                                  "randn(17)", "rand(0)", "randn(0, dtype=torch.int64)",
                                  "rand(2, dtype=torch.int64)", "rand(-1)", "randn(2.0)",
                                  "rand(2, generator=torch.Generator().manual_seed(3))",
                                  "randn(2, requires_grad=True)", "rand(size=(2,))",
                                  "zeros(2, dtype=torch.float16)", "ones((2, 1), dtype=bool)",
                                  "zeros(-1)", "ones(2, 'a')", "empty(2, device='meta:x')",
                                  "zeros(2, requires_grad=1)", "ones(2, dtype=torch.int8)",
                                  "zeros(())", "rand(2, generator=3)"])  # fmt: skip
def test_constructors(torch, reference, call):
    """Constant and random tensors of a shape, and the refusals."""
    assert_alike(f"x = torch.{call}\nx, str(x.dtype), x.requires_grad", torch, reference)


CALLS = (
    "full((2,), 3)", "full((2,), 3.5)", "full((2,), True)", "full((2,), torch.tensor(3))",
    "full((2,), torch.tensor([3]))", "full(2, 3.0)", "full((2,))", "full()", "full(fill_value=2)",
    "full((), 2**63)", "full((2,), 1e39)", "full((2,), 1e39, dtype=torch.float64)",
    "full((2,), 300, dtype=torch.uint8)", "full((2,), 'a')", "full([1, 2], -0.0)",
    "full((2,), 1.5, dtype=torch.int64)", "full((-1,), 1.0)", "full((2,), 1.0, requires_grad=True)",
    "linspace(0, 1, 5)", "linspace(0.1, 0.7, 7, dtype=torch.float64)", "linspace(3, -3, 4)",
    "linspace(0, 1, 1)", "linspace(0, 1, 0)", "linspace(0, 1, -1)", "linspace(0, 1, 2.0)",
    "linspace(0, 1e39, 3)", "linspace(-3e38, 3e38, 5)", "linspace(0, 2**60, 3)",
    "linspace(0, 10, 4, dtype=torch.int64)", "linspace(0, 1, 5, dtype=torch.float16)",
    "linspace(torch.tensor(0.0), 1, 3)", "linspace(0.1, 0.3, 33)", "linspace(False, 1, 3)",
    "linspace(0, float('nan'), 3)", "linspace(0, 1, steps=4, requires_grad=True)",
    "randint(5, (3,))", "randint(2, 5, (3,))", "randint(-2**62, 2**62, (3,))",
    "randint(5, 5, (3,))",
    "randint(0, 2**63, (2,))", "randint(0, 2**63 - 1, (2,))", "randint(0, 2**40, (2,))",
    "randint(5, (3,), dtype=torch.int32)", "randint(0, 300, (3,), dtype=torch.uint8)",
    "randint(5, [2, 2])", "randint(5, (2.0,))", "randint(5.0, (2,))", "randint(True, (2,))",
    "randint(high=5, size=(3,))", "randint(5, size=(3,))", "randint(0, 5, (-1,))", "randint(5)",
    "bernoulli(torch.tensor([0.0, 1.0, 0.5]))", "bernoulli(torch.tensor([1.5]))",
    "bernoulli(torch.tensor([float('nan')]))", "bernoulli(torch.tensor([0.5] * 3).half())",
    "bernoulli(torch.tensor([1]))", "bernoulli(torch.rand(3, 2).T)", "bernoulli(torch.zeros(0))",
    "poisson(torch.rand(3, 2).T * 5)", "normal(torch.zeros(2), torch.tensor([1.0, -1.0]))",
    "normal(torch.zeros(2), torch.tensor([1.0, float('nan')]))", "normal(0.0, -1.0, (2,))",
    "normal(torch.zeros(2).half(), torch.ones(2).half())", "normal(1.0, torch.ones(3, 1).T)",
    "zeros(2, 3).expand(2, 3)", "zeros(2, 1).expand(-1, 4)", "zeros(2).expand(3, -1)",
    "zeros(2).expand(-1, 2)", "zeros(2).expand(3)", "zeros(1).expand(-2)",
    "zeros(2, 1).expand(size=(2, 5))", "zeros(2).expand(torch.Size([4, 2]))", "zeros(()).expand(2)",
    "zeros(2, 1).expand(2)", "finfo(torch.float16).eps", "finfo(torch.float32).min",
    "nn.functional.glu(torch.randn(4, 2).half())",
    "tensor([1]).long(memory_format=torch.contiguous_format)",
    "tensor([1.5]).long()",
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_call(torch, reference, call):
    """Fills, rows, draws and expansions: numbers, dtypes, steps and refusals."""
    described = "[str(x.dtype), x.stride(), x.requires_grad] if hasattr(x, 'stride') else None"
    assert_alike(f"x = torch.{call}\nx, {described}", torch, reference)


PLACES = (
    "select(0, 1)", "select(-1, -1)", "select(1, 3)", "select(2, 0)", "select(0, -3)",
    "select(0, 1.0)", "select(0, True)", "select(0, torch.tensor(1))", "select(dim=1, index=0)",
    "narrow(0, 0, 2)", "narrow(1, -2, 2)", "narrow(1, 1, 3)", "narrow(1, 3, 0)", "narrow(1, 4, 0)",
    "narrow(0, 0, -1)", "narrow(2, 0, 1)", "narrow(0, torch.tensor(1), 1)", "narrow(0, True, 1)",
    "narrow(0, 0, 2**70)", "diff()", "diff(n=2)", "diff(dim=0)", "diff(dim=5)", "diff(n=9)",
)  # fmt: skip


@pytest.mark.parametrize("call", PLACES)
@pytest.mark.parametrize("x", ["torch.arange(6.0).view(2, 3)", "torch.arange(6.0).view(3, 2).T",
                               "torch.zeros(2, 0)", "torch.tensor(1.0)"])  # fmt: skip
def test_places(torch, reference, x, call):
    """Views along a dimension, their nodes and refusals."""
    assert_alike(
        f"x = {x}.requires_grad_()\ny = x.{call}\ny, y.stride(), y.grad_fn and y.grad_fn.name()",
        torch, reference,
    )  # fmt: skip


@pytest.mark.parametrize("dim", ["-1", "0", "1", "3"])
@pytest.mark.parametrize("x", ["torch.randn(4, 6)", "torch.randn(6, 4).T", "torch.zeros(0, 4)",
                               "torch.arange(4)", "torch.tensor(1.0)",
                               "torch.randn(3, 4)"])  # fmt: skip
def test_glu(torch, reference, x, dim):
    """Both halves, there and back twice, of every layout and dtype."""
    assert_alike(
        f"x = {x}\nx = x.requires_grad_() if x.is_floating_point() else x\n"
        f"y = torch.nn.functional.glu(x, {dim})\n"
        "(g,) = torch.autograd.grad(y.float().sum(), x, create_graph=True)\n"
        "y, y.grad_fn.name(), g, torch.autograd.grad(g.float().sum(), x)", torch, reference,
    )  # fmt: skip
