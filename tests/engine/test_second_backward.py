"""What a second sweep over the same graph finds: ``retain_graph`` and ``create_graph``."""

import pytest
from leaves import leaf

TWICE = "Trying to backward through the graph a second time"


@pytest.mark.parametrize("code", [
    "x * 2", "x / 2", "x * x", "x / y", "x ** 2", "x.exp()", "x.log()", "x.sqrt()", "x.tanh()",
    "x.sigmoid()", "x.relu()", "x.abs()", "x.sin()", "x.cos()", "x.max(0)[0]", "x.max()",
    "x.min()", "torch.where(y > 0, x, y)", "x @ y", "torch.maximum(x, y)", "x.norm()",
    "x[torch.tensor([0, 1])]", "x.softmax(0)", "torch.log_softmax(x, 0)", "x.clamp(0, 1)",
    "torch.nn.functional.mse_loss(x, y)", "x.masked_fill(y > 0, 1.0)", "x.amax(0)", "x.prod()",
    "x.var()", "torch.add(x, y, alpha=2) * y",
])
def test_second_backward_raises_where_something_was_saved(torch, code):
    """Operations that read a saved tensor or factor cannot be swept twice."""
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    out = eval(code, {"torch": torch, "x": x, "y": y})
    out.backward(torch.ones_like(out))

    with pytest.raises(RuntimeError, match=TWICE):
        out.backward(torch.ones_like(out))


@pytest.mark.parametrize("code", [
    "x + 3", "3 - x", "x + y", "x - y", "-x", "x.sum()", "x.sum(0)", "x.mean()", "x.view(2, 1)",
    "x.reshape(1, 2)", "x.unsqueeze(0)", "x.t()", "torch.cat([x, y])", "torch.stack([x, y])",
    "x[0]", "x[1:]", "x.clone()", "x.expand(3, 2)", "x.double()", "x.unbind()[0]",
    "x.split(1)[1]", "x.flatten()", "x.squeeze()", "torch.add(x, y, alpha=2)",
])
def test_second_backward_passes_where_nothing_was_saved(torch, code):
    """Operations that need only shapes can be swept as often as one likes."""
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    out = eval(code, {"torch": torch, "x": x, "y": y})
    out.backward(torch.ones_like(out))
    once = x.grad.clone()
    out.backward(torch.ones_like(out))

    assert torch.equal(x.grad, 2 * once)


def test_retain_graph_keeps_what_was_saved(torch):
    """With retain_graph the same graph is swept again and again, until it is not retained."""
    x = leaf(torch, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()

    assert x.grad.tolist() == [12.0]
    with pytest.raises(RuntimeError, match=TWICE):
        y.backward()


def test_second_backward_leaves_a_shared_part_swept(torch):
    """Two losses over one hidden tensor need retain_graph in the first sweep."""
    x = leaf(torch, 2.0)
    hidden = x.exp()
    (hidden * 2).sum().backward()

    with pytest.raises(RuntimeError, match=TWICE):
        (hidden * 3).sum().backward()


def test_create_graph_keeps_the_graph(torch):
    """create_graph retains by default, and the gradient has a history of its own."""
    x = leaf(torch, 2.0)
    (first,) = torch.autograd.grad((x**4).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(second.sum(), x)

    assert [first.item(), second.item(), third.item()] == [32.0, 48.0, 48.0]
    assert first.requires_grad and not third.requires_grad
