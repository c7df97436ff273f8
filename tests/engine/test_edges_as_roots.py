"""A sweep that starts from a GradientEdge: the tensor itself may be gone."""

import pytest


def edge_of(torch, x, function):
    """Give the edge of a result that nobody keeps."""
    return torch.autograd.graph.get_gradient_edge(function(x))


def test_grad_from_an_edge(torch):
    """The gradient of a scalar's edge starts from one."""
    x = torch.arange(3.0, requires_grad=True)

    assert torch.autograd.grad(edge_of(torch, x, lambda x: (x * x).sum()), x)[0].tolist() == [
        0.0, 2.0, 4.0]  # fmt: skip


def test_backward_from_edges_and_tensors(torch):
    """Edges and tensors can start one sweep together; gradients add up in the leaf."""
    x = torch.ones(2, requires_grad=True)
    edge = edge_of(torch, x, lambda x: x * 3)
    torch.autograd.backward((edge, x.sum()), (torch.tensor([1.0, 2.0]), None))

    assert x.grad.tolist() == [4.0, 7.0]


def test_edge_of_one_of_several_outputs(torch):
    """The gradient arrives at the output that the edge names."""
    x = torch.ones(2, requires_grad=True)
    edge = edge_of(torch, x, lambda x: (x * 2).unbind()[1])

    assert torch.autograd.grad(edge, x)[0].tolist() == [0.0, 2.0]


def test_edge_of_a_leaf_as_root(torch):
    """What starts at a leaf is accumulated at once, in the leaf's dtype."""
    x = torch.ones(2, requires_grad=True)
    torch.autograd.backward(edge_of(torch, x, lambda x: x), torch.ones(2).double())

    assert x.grad.dtype == torch.float32 and x.grad.tolist() == [1.0, 1.0]


def test_batch_of_gradients_for_an_edge(torch):
    """is_grads_batched takes the gradients of an edge along dimension 0."""
    x = torch.ones(2, requires_grad=True)
    edge = edge_of(torch, x, lambda x: x * 3)
    (result,) = torch.autograd.grad(edge, x, torch.eye(2), is_grads_batched=True)

    assert result.tolist() == [[3.0, 0.0], [0.0, 3.0]]


def test_materialize_grads_of_an_edge_that_gets_one(torch):
    """Only an edge without a gradient cannot be given zeros."""
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    edge = torch.autograd.graph.get_gradient_edge(y)

    assert torch.autograd.grad(y.sum(), edge, materialize_grads=True)[0].tolist() == [1.0, 1.0]


MISTAKES = {
    "torch.autograd.grad(edge, x)": "grad can be implicitly created only for scalar outputs",
    "torch.autograd.grad(edge, x, torch.ones(2))":
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a "
        "shape of torch.Size([3]).",
    "torch.autograd.grad(edge, x, torch.ones(3), is_grads_batched=True)":
        "Batched grads are not supported with GradientEdge",
}


@pytest.mark.parametrize("code", MISTAKES)
def test_first_gradient_is_checked(torch, code):
    """The edge knows the shape that its gradient must have."""
    x = torch.arange(3.0, requires_grad=True)
    names = {"torch": torch, "x": x, "edge": edge_of(torch, x, lambda x: x * 2)}
    with pytest.raises(RuntimeError) as caught:
        eval(code, names)

    assert str(caught.value) == MISTAKES[code]


@pytest.mark.parametrize(("node", "output", "error"), [
    ("y.grad_fn", 5, IndexError), ("None", 0, AttributeError), ("3", 0, AttributeError),
])
def test_edges_that_lead_nowhere(torch, node, output, error):
    """A made-up edge is refused."""
    x = torch.ones(3, requires_grad=True)
    edge = torch.autograd.graph.GradientEdge(eval(node, {"y": x * 2}), output)
    with pytest.raises(error):
        torch.autograd.grad(edge, x, torch.ones(3))
