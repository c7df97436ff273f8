"""Writes through views that repeat elements, beside PyTorch: the gradient is copied, not summed."""

import pytest
from beside import assert_alike

VIEWS = [
    "y.unfold(0, 3, 1)", "y.unfold(0, 3, 2)", "y.unfold(0, 3, 1).t()", "y.unfold(0, 3, 1)[1]",
    "y.unfold(0, 4, 1).unfold(1, 2, 1)", "y.as_strided((2, 3), (2, 1))", "y.expand(2, 6)",
    "y.as_strided((2, 2), (0, 1), 1)", "y[2:].as_strided((2,), (2,), 0)", "y[:1].expand(4)",
]
WRITES = [
    "mul_(2)", "add_(1)", "mul_(v.detach().clone())", "fill_(3.0)", "zero_()", "mul_(w)",
    "copy_(torch.ones(v.shape).cumsum(0))", "relu_()", "fill_(w)", "__setitem__(0, 5.0)",
    "masked_fill_(v.detach() > 3, 1.0)",
]


@pytest.mark.parametrize("read", ["y * torch.arange(1.0, 7.0)", "v * v"])
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("view", VIEWS)
def test_write_through_a_view_that_repeats(torch, reference, view, write, read):
    """Values, the gradients of base and written value, and the graph are PyTorch's."""
    assert_alike(
        "x = torch.arange(1.0, 7.0).requires_grad_(); w = torch.tensor(2.0, requires_grad=True)\n"
        f"y = x * 1; v = {view}\n"
        f"v.{write}\n"
        f"({read}).sum().backward()\n"
        "y, x.grad, w.grad, [n and n.name() for n, _ in y.grad_fn.next_functions]",
        torch, reference)


def test_twice_differentiated(torch, reference):
    """The copy of the gradient has a derivative: what each of the copied values had."""
    assert_alike(
        "x = torch.arange(1.0, 7.0).requires_grad_(); y = x * x; v = y.unfold(0, 3, 1)\n"
        "v.mul_(v.detach().clone())\n"
        "slope, = torch.autograd.grad((y ** 2).sum(), x, create_graph=True)\n"
        "slope, torch.autograd.grad(slope.sum(), x)", torch, reference)
