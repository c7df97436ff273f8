"""Writes in place beside PyTorch: values, node names, versions, gradients and refusals."""

import pytest
from beside import assert_alike

TARGETS = ["x * 1", "(x * 1).clone()[:]", "x.detach()", "x.detach().clone()[:, :1]", "(x * 1)[0]"]
WRITES = [
    "zero_()", "fill_(2)", "fill_(x[0, 0])", "mul_(2)", "mul_(v)", "add_(x[0], alpha=2)",
    "copy_(v)", "exp_()", "masked_fill_(w > 0, 1.0)", "masked_fill_(w > 0, x[0, 0])",
    "clamp_(0, 1)", "index_fill_(0, torch.tensor([0]), 1.0)", "gt_(v)", "gt_(1)", "eq_(0.5)",
    "index_fill_(0, torch.tensor([0]), x[0, 0])", "addcmul_(v, v)", "pow_(2)", "ne_(w)",
    "cumsum_(0)", "relu_()", "lerp_(v, 0.5)", "put_(torch.tensor([0]), x[0, :1])", "round_()",
    "renorm_(2, 0, 1.0)", "sigmoid_()", "atan2_(v)", "normal_()", "random_(5)", "random_()",
    "uniform_()", "logical_not_()", "logical_and_(w)", "fmod_(v)", "nan_to_num_()", "t_()",
    "unsqueeze_(0)", "squeeze_()", "__setitem__(0, x[0, 0])", "__setitem__(0, 1.0)",
    "__setitem__(slice(None), x[0, :1])", "__setitem__(w > 1, 1.0)", "__setitem__(w > 0, x[0, 0])",
    "__setitem__([0], v)", "index_add_(0, torch.tensor([0]), x[:1])", "triu_()",
    "scatter_(0, torch.zeros(1, 3, dtype=torch.int64), 1.0)", "xlogy_(v)", "addmm_(x, x)",
    "heaviside_(2.0)", "detach_()", "requires_grad_(False)",
]  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("target", TARGETS)
def test_what_a_write_leaves(torch, reference, target, write):
    """A tensor, a view, and what is detached, written with numbers that want gradients or not."""
    assert_alike(
        "x = (torch.arange(6.0).reshape(2, 3) / 7 + 0.1).requires_grad_()\n"
        f"v = x[0, 0] * 1; w = {target}\n"
        f"w.{write}\n"
        "base = w if w._base is None else w._base\n"
        "name = base.grad_fn and base.grad_fn.name()\n"
        "slope = torch.autograd.grad(base.sum(), x, allow_unused=True)[0] if name else None\n"
        "base, w, name, w.grad_fn and w.grad_fn.name(), w._version, slope", torch, reference)


@pytest.mark.parametrize("code", [
    "x[:] = x[0]", "x[0] = x[0, 0]", "x[0] = x[:, 0]", "x[:, 0] = x[:, 1]", "x[:2] = x[1:]",
    "x.fill_(x[0, 0])", "x.copy_(x[0, 0])", "x[x > 1] = x[0, 0]", "x.masked_fill_(x > 1, x[0, 0])",
    "x.index_fill_(0, torch.tensor([0]), x[0, 0])", "x.copy_(x.t())", "x += x[0]", "x *= x.t()",
    "x.index_put_((torch.tensor([0]),), x[0, 0])", "x.index_copy_(0, torch.tensor([0]), x[:1])",
    "x.put_(torch.tensor([0]), x[0, :1])", "x.lerp_(x[0], 0.5)",
    "torch.add(x[0], x[1], out=x[2])", "torch.add(x[0], x[1], out=x[1])", "torch.exp(x.t(), out=x)",
    "torch.add(x[:2], x[1:], out=x[:2])", "torch.cumsum(x, 0, out=x)", "torch.mul(x, x[0], out=x)",
    "y = x[0].clone(); torch.mul(x, y, out=y)",
    "y = torch.ones(()); torch.add(x, y, out=y)", "x.resize_(2, 2)", "x.T.t_()",
    "x = x.expand(2, 3, 3); x[0] = 1", "x[:, :1].expand(3, 3).mul_(2)",
])
def test_memory_that_is_read_and_written(torch, reference, code):
    """Operands that lie in the written memory: taken where PyTorch takes them, else refused."""
    assert_alike(f"x = torch.arange(9.0).reshape(3, 3)\n{code}\nx", torch, reference)


@pytest.mark.parametrize("write", [
    "scatter_(0, torch.zeros(2, 3, dtype=torch.int64), torch.ones(2))", "renorm_(2, 5, 0.5)",
    "index_copy_(0, torch.tensor([0]), torch.ones(4))", "addmm_(torch.ones(2), torch.ones(2))",
    "index_add_(0, torch.tensor([0]), torch.ones(4))", "add_(torch.ones(7))", "triu_()",
    "masked_scatter_(torch.ones(4) > 0, torch.ones(4))", "squeeze_(9)", "copy_(torch.ones(9))",
])
@pytest.mark.parametrize("target", [
    "torch.ones(2, 3, requires_grad=True)", "torch.ones(2, 3, requires_grad=True)[0]", "quiet",
    "inferred", "quiet[0]", "inferred[0]",
])
def test_autograd_refuses_first(torch, reference, target, write):
    """Whether memory may be written at all is asked before whether the operands fit."""
    assert_alike(
        "x = torch.ones(2, 3, requires_grad=True) * 2\n"
        "with torch.no_grad(): quiet = x[:]\n"
        "with torch.inference_mode(): inferred = x[:]\n"
        f"{target}.{write}", torch, reference)


MADE_INSIDE = """
x = torch.arange(6.0).reshape(2, 3).requires_grad_()
with torch.inference_mode():
    i, t = torch.tensor([0, 1]), torch.ones(2, 3)
    {inside}
{outside}
"""


@pytest.mark.parametrize(("inside", "outside"), [
    ("y = x[[0]]", "y, y.is_inference()"), ("y = x[i]", "y"), ("y = x[i, i]", "y"),
    ("y = (x * 1).index_put_((i,), t[0])", "y"), ("t[i] = 5.0", "t"), ("y = x[:1]", "y._is_view()"),
    ("", "x[i]"), ("", "(x * 1).index_put_((i,), t[0])"), ("", "x.detach()[i]"),
    ("", "x.gather(0, i[None])"),
    ("", "t[0]._is_view(), t[0].is_inference()"), ("", "t.view(-1)._base is None"),
    ("", "t.mul_(2)"),
    ("", "x * t"), ("", "(x.detach() * t).is_inference()"), ("", "t.detach().requires_grad_() * 2"),
    ("", "with torch.no_grad(): x[i] = t"), ("", "x.add(t)"), ("", "t.clone().mul_(x)"),
])
def test_tensors_of_inference_mode(torch, reference, inside, outside):
    """Indices, operands and targets made in inference mode, inside it and out."""
    assert_alike(MADE_INSIDE.format(inside=inside or "pass", outside=outside), torch, reference)


FUNCTIONS = """
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return {result}
    @staticmethod
    def backward(ctx, *g):
        return sum(g) * 2

class Dirty(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)
    @staticmethod
    def backward(ctx, g):
        return g * 2

x = torch.arange(6.0).reshape(2, 3).requires_grad_()
"""


@pytest.mark.parametrize("result", ["x", "x.view_as(x)", "x[0]", "x * 1", "(x, x[0])", "(x[0], 1)"])
@pytest.mark.parametrize("program", [
    "b = x * 1; y = Same.apply(b)", "b = x.detach(); y = Same.apply(b)",
    "b = x * 1\nwith torch.no_grad(): y = Same.apply(b)",
    "b = x * 1\nwith torch.inference_mode(): y = Same.apply(b)",
])
@pytest.mark.parametrize("write", ["", "y.mul_(2)", "b.mul_(2)", "Dirty.apply(b)"])
def test_views_of_functions(torch, reference, result, program, write):
    """What a custom Function returns of its input is a view, which is not to be written."""
    assert_alike(
        f"{FUNCTIONS.format(result=result)}{program}\n"
        "y = y[0] if isinstance(y, tuple) else y\n"
        f"{write}\n"
        "y, y is b, y._is_view(), y.grad_fn and y.grad_fn.name(), b._version", torch, reference)


@pytest.mark.parametrize("result", ["x", "x.view_as(x)", "(x, x[0])", "(x[0], 1)"])
def test_views_of_functions_are_not_written_by_others(torch, reference, result):
    """A Function that marks such a view as written is refused as an operation would be."""
    assert_alike(
        f"{FUNCTIONS.format(result=result)}y = Same.apply(x * 1)\n"
        "Dirty.apply(y[0] if isinstance(y, tuple) else y)", torch, reference)


@pytest.mark.parametrize("cut", ["chunk(2)", "split(1)", "split([1, 1])", "unbind()", "hsplit(3)",
                                 "tensor_split(2)", "split_with_sizes([1, 1])"])
@pytest.mark.parametrize("inner", ["chunk(1)", "split(1)", "unbind()", "sum()"])
def test_stale_pieces_say_so(torch, reference, cut, inner):
    """A piece whose base was written cannot be used, whatever is asked of it."""
    assert_alike(
        "x = torch.ones(2, 3, requires_grad=True) * 2\n"
        f"piece = x.{cut}[0]\nwith torch.no_grad(): x.mul_(2)\npiece.{inner}", torch, reference)


@pytest.mark.parametrize("call", [
    "torch.tensor(1.0).scatter_(0, torch.tensor(0), torch.tensor([5.0, 6.0, 7.0]))",
    "torch.tensor(1.0).scatter(0, torch.tensor(0), torch.tensor([5.0, 6.0]))",
    "torch.tensor(1.0).scatter_add(0, torch.tensor([0]), torch.tensor([5.0, 6.0]))",
    "torch.tensor(1.0).scatter_reduce(0, torch.tensor(0), torch.tensor([5.0, 6.0]), 'prod')",
])
def test_single_place_takes_the_first_value(torch, reference, call):
    """A tensor without dimensions is one place, also for longer sources."""
    assert_alike(call, torch, reference)
