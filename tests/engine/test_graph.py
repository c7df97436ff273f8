"""The graph as programs see it: names, next_functions, leaves."""

import pytest
from support import graph_names

LEAF = ("torch::autograd::AccumulateGrad",)

NAMES = {
    "x + 1": "AddBackward0",
    "x + y": "AddBackward0",
    "x - y": "SubBackward0",
    "1 - x": "RsubBackward1",
    "x * 2": "MulBackward0",
    "x * y": "MulBackward0",
    "x / y": "DivBackward0",
    "1 / x": "MulBackward0",
    "x ** 2": "PowBackward0",
    "x ** y": "PowBackward1",
    "2 ** x": "PowBackward2",
    "-x": "NegBackward0",
    "abs(x)": "AbsBackward0",
    "x.exp()": "ExpBackward0",
    "x.log()": "LogBackward0",
    "x.sqrt()": "SqrtBackward0",
    "x.tanh()": "TanhBackward0",
    "x.sigmoid()": "SigmoidBackward0",
    "x.relu()": "ReluBackward0",
    "x.sin()": "SinBackward0",
    "x.cos()": "CosBackward0",
    "x.erf()": "ErfBackward0",
    "x.sum()": "SumBackward0",
    "x.sum(0)": "SumBackward1",
    "x.mean()": "MeanBackward0",
    "x.mean(0)": "MeanBackward1",
    "x.max()": "MaxBackward1",
    "x.max(0).values": "MaxBackward0",
    "x.min()": "MinBackward1",
    "x.min(1)[0]": "MinBackward0",
    "x.amax(0)": "AmaxBackward0",
    "x.amin()": "AminBackward0",
    "x.prod()": "ProdBackward0",
    "x.prod(0)": "ProdBackward1",
    "x.var()": "VarBackward0",
    "x.norm()": "LinalgVectorNormBackward0",
    "x.norm(dim=0)": "LinalgVectorNormBackward0",
    "x.norm(p=1)": "LinalgVectorNormBackward0",
    "torch.maximum(x, y)": "MaximumBackward0",
    "torch.minimum(x, y)": "MinimumBackward0",
    "torch.where(x > 0, x, y)": "WhereBackward0",
    "x.clamp(0, 1)": "ClampBackward1",
    "x.clamp(min=0)": "ClampBackward1",
    "x @ y": "MmBackward0",
    "torch.mm(x, y)": "MmBackward0",
    "x[0] @ y[0]": "DotBackward0",
    "x @ y[0]": "MvBackward0",
    "x[0] @ y": "SqueezeBackward4",
    "x[None] @ y[None]": "UnsafeViewBackward0",
    "x[None] @ y": "UnsafeViewBackward0",
    "torch.addmm(x, x, y)": "AddmmBackward0",
    "torch.mv(x, y[0])": "MvBackward0",
    "torch.dot(x[0], y[0])": "DotBackward0",
    "x.T": "PermuteBackward0",
    "x.t()": "TBackward0",
    "x.transpose(0, 1)": "TransposeBackward0",
    "x.permute(1, 0)": "PermuteBackward0",
    "x.view(4)": "ViewBackward0",
    "x.view(2, 2)": "ViewBackward0",
    "x.reshape(4)": "ViewBackward0",
    "x.T.reshape(4)": "UnsafeViewBackward0",
    "x.flatten()": "ViewBackward0",
    "x.squeeze()": "SqueezeBackward0",
    "x.squeeze(0)": "SqueezeBackward1",
    "x.unsqueeze(0)": "UnsqueezeBackward0",
    "x.expand(3, 2, 2)": "ExpandBackward0",
    "x.expand_as(x)": "ExpandBackward0",
    "x.unbind()[0]": "UnbindBackward0",
    "x.split(1)[0]": "SplitBackward0",
    "x.split([1, 1])[0]": "SplitWithSizesBackward0",
    "x.chunk(2)[0]": "SplitBackward0",
    "torch.cat([x, y])": "CatBackward0",
    "torch.stack([x, y])": "StackBackward0",
    "x[0]": "SelectBackward0",
    "x[0:1]": "SliceBackward0",
    "x[..., 0]": "SelectBackward0",
    "x[None]": "UnsqueezeBackward0",
    "x[:]": "SliceBackward0",
    "x[i]": "IndexBackward0",
    "x[[0, 1], [1, 1]]": "IndexBackward0",
    "x[x > 0]": "IndexBackward0",
    "x[0, 1]": "SelectBackward0",
    "x.clone()": "CloneBackward0",
    "x.contiguous().clone()": "CloneBackward0",
    "x.double()": "ToCopyBackward0",
    "x.to(torch.float64)": "ToCopyBackward0",
    "x.softmax(0)": "SoftmaxBackward0",
    "x.log_softmax(0)": "LogSoftmaxBackward0",
    "F.softmax(x, dim=1)": "SoftmaxBackward0",
    "F.nll_loss(x, i[0])": "NllLossBackward0",
    "F.cross_entropy(x, i[0])": "NllLossBackward0",
    "F.mse_loss(x, y)": "MseLossBackward0",
    "F.l1_loss(x, y)": "MeanBackward0",
    "F.binary_cross_entropy(x, torch.ones(2, 2))": "BinaryCrossEntropyBackward0",
    "F.binary_cross_entropy_with_logits(x, torch.ones(2, 2))":
        "BinaryCrossEntropyWithLogitsBackward0",
    "F.linear(x, y)": "MmBackward0",
    "F.linear(x, y, x[0])": "AddmmBackward0",
    "F.relu(x)": "ReluBackward0",
    "F.gelu(x)": "GeluBackward0",
    "F.silu(x)": "SiluBackward0",
    "F.elu(x)": "EluBackward0",
    "F.leaky_relu(x)": "LeakyReluBackward0",
    "F.softplus(x)": "SoftplusBackward0",
    "F.logsigmoid(x)": "LogSigmoidBackward0",
    "F.layer_norm(x, (2,))": "NativeLayerNormBackward0",
    "F.batch_norm(x, torch.zeros(2), torch.ones(2), training=True)": "NativeBatchNormBackward0",
    "F.dropout(x)": "MulBackward0",
    "F.embedding(i, x)": "EmbeddingBackward0",
    "x.add(y, alpha=2)": "AddBackward0",
    "torch.bmm(x[None], y[None])": "BmmBackward0",
    "x.select(0, 1)": "SelectBackward0",
    "x.index_put((i[0],), y)": "IndexPutBackward0",
    "x.view_as(x)": "ViewBackward0",
    "(x * 1).add_(1)": "AddBackward0",
    "(x * 1).mul_(y)": "MulBackward0",
    "(x * 1).zero_()": "ZeroBackward0",
    "(x * 1).fill_(2.0)": "FillBackward2",
    "(x * 1).copy_(y)": "torch::autograd::CopyBackwards",
    "(x * 1).relu_()": "ReluBackward0",
    "(x * 1).exp_()": "ExpBackward0",
}


def test_structure_of_a_small_graph(torch):
    """Each node points to the nodes of its inputs, leaves to their accumulation."""
    x = torch.ones(2, 2, requires_grad=True)
    out = ((x + 3) * x).mean()

    assert graph_names(out.grad_fn) == (
        "MeanBackward0",
        (("MulBackward0", (("AddBackward0", (LEAF, 0), (None, 0)), 0),
          (LEAF, 0)), 0))


def test_inputs_without_grad_have_no_node(torch):
    """A tensor that requires no grad stands as (None, 0)."""
    x, w = torch.ones(2, requires_grad=True), torch.ones(2)

    assert (w * x).grad_fn.next_functions[0] == (None, 0)


def test_output_numbers(torch):
    """An edge says which output of a node it came from."""
    first, second = torch.ones(2, requires_grad=True).unbind()
    total = second + first

    assert [number for _, number in total.grad_fn.next_functions] == [1, 0]
    assert (first.output_nr, second.output_nr) == (0, 1)


def test_accumulation_node_knows_its_leaf(torch):
    """AccumulateGrad.variable is the leaf itself."""
    x = torch.ones(2, requires_grad=True)
    node = (x * 2).grad_fn.next_functions[0][0]

    assert node.variable is x and node.name() == LEAF[0] and node.next_functions == ()


def test_one_accumulation_node_for_a_leaf(torch):
    """All uses of a leaf lead to the same node."""
    x = torch.ones(2, requires_grad=True)
    left, right = x * 2, x * 3

    assert left.grad_fn.next_functions[0][0] is right.grad_fn.next_functions[0][0]


def test_get_gradient_edge(torch):
    """The edge of a tensor is its node and number; of a leaf, the accumulation node."""
    x = torch.ones(2, requires_grad=True)
    edge = torch.autograd.graph.get_gradient_edge(x.unbind()[1])

    assert edge.output_nr == 1 and edge.node.name() == "UnbindBackward0"
    assert torch.autograd.graph.get_gradient_edge(x).node.name() == LEAF[0]


def test_gradient_with_respect_to_an_edge(torch):
    """autograd.grad and inputs= take edges as well."""
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    edge = torch.autograd.graph.get_gradient_edge(y)
    out = (y * y).sum()
    del y

    assert torch.autograd.grad(out, edge)[0].tolist() == [6.0, 6.0]


def test_grad_fn_is_the_same_object_each_time(torch):
    """Asking twice for a node gives one object, which takes attributes."""
    y = torch.ones(2, requires_grad=True) * 2
    y.grad_fn.metadata["note"] = 1

    assert y.grad_fn is y.grad_fn and y.grad_fn.metadata == {"note": 1}


def test_node_outlives_its_tensor(torch):
    """A node that is held can be walked after the tensors have gone."""
    x = torch.ones(2, requires_grad=True)
    node = (x * 2 + 1).grad_fn

    assert graph_names(node) == ("AddBackward0", (("MulBackward0", (LEAF, 0),
                                                   (None, 0)), 0), (None, 0))


def test_repr_and_type_of_a_node(torch):
    """A node prints as an object of a type with its name."""
    node = (torch.ones(2, requires_grad=True) * 2).grad_fn

    assert repr(node).startswith("<MulBackward0 object at 0x")
    assert type(node).__name__ == "MulBackward0"


@pytest.mark.parametrize(("code", "is_leaf", "requires_grad"), [
    ("torch.ones(2)", True, False),
    ("torch.ones(2, requires_grad=True)", True, True),
    ("torch.ones(2) * 2", True, False),
    ("torch.ones(2, requires_grad=True) * 2", False, True),
    ("(torch.ones(2, requires_grad=True) * 2).detach()", True, False),
    ("torch.ones(2, requires_grad=True).data", True, False),
    ("torch.ones(2, requires_grad=True) > 0", True, False),
    ("torch.ones(2, requires_grad=True).argmax()", True, False),
    ("torch.ones(2, requires_grad=True).long()", True, False),
    ("torch.ones(2, requires_grad=True).float()", True, True),
    ("torch.ones(2, requires_grad=True).double()", False, True),
    ("torch.ones(2).requires_grad_()", True, True),
])
def test_leaves(torch, code, is_leaf, requires_grad):
    """A leaf is a tensor without history, whether it requires grad or not."""
    tensor = eval(code, {"torch": torch})

    assert (tensor.is_leaf, tensor.requires_grad) == (is_leaf, requires_grad)


def test_requires_grad_can_be_turned_off_on_leaves_only(torch):
    """An inner tensor refuses."""
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    x.requires_grad = False

    with pytest.raises(RuntimeError) as caught:
        y.requires_grad = False
    assert not x.requires_grad
    assert str(caught.value).startswith(
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph that doesn't require differentiation use var_no_grad = "
        "var.detach().")


def test_break_in_the_chain(torch):
    """Below a tensor that requires no grad nothing is recorded."""
    frozen = torch.ones(2) * 2 + 1
    x = torch.ones(2, requires_grad=True)
    out = (frozen * x).sum()

    assert graph_names(out.grad_fn) == (
        "SumBackward0", (("MulBackward0", (None, 0), (LEAF, 0)), 0))


@pytest.mark.parametrize("code", NAMES)
def test_names(torch, code):
    """Each operation has PyTorch's name."""
    x = torch.full((2, 2), 0.5, requires_grad=True)
    y = torch.full((2, 2), 2.0, requires_grad=True)
    i = torch.tensor([[0, 1], [1, 0]])
    out = eval(code, {"torch": torch, "x": x, "y": y, "i": i, "F": torch.nn.functional})

    assert out.grad_fn.name() == NAMES[code]


@pytest.mark.parametrize(("code", "name"), [
    ("torch.add(x, y, alpha=2)", "AddBackward0"), ("torch.sub(x, y, alpha=2)", "SubBackward0"),
    ("torch.rsub(x, y, alpha=2)", "RsubBackward0"), ("torch.rsub(x, 2, alpha=2)", "RsubBackward1"),
    ("(x * 1).add_(y, alpha=2)", "AddBackward0"),
])
def test_factor_is_part_of_one_node(torch, code, name):
    """A sum with alpha is one node whose inputs are the operands themselves."""
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    out = eval(code, {"torch": torch, "x": x, "y": y})

    below = {node.name() for node, _ in out.grad_fn.next_functions if node is not None}
    assert out.grad_fn.name() == name and below <= {*LEAF, "MulBackward0"}
    assert (below == {"MulBackward0", *LEAF}) == code.startswith("(x")


def test_edge_of_a_leaf_accumulates(torch):
    """backward takes the edge of a leaf among its inputs."""
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    edge = torch.autograd.graph.get_gradient_edge(x)
    (x * y).sum().backward(inputs=[edge])

    assert x.grad.tolist() == [1.0, 1.0] and y.grad is None


@pytest.mark.parametrize(("inputs", "text"), [
    ((), "`inputs` argument to `grad()` cannot be empty."),
    ((3,), "all inputs have to be Tensors or GradientEdges, but got int"),
])
def test_inputs_are_checked(torch, inputs, text):
    """What can have no gradient is refused."""
    with pytest.raises(RuntimeError) as caught:
        torch.autograd.grad(torch.ones(2, requires_grad=True).sum(), inputs)

    assert str(caught.value) == text


def test_circular_padding_leads_to_its_input(torch):
    """An op that only borrows the name CopySlices has one input; the graph below it is sound."""
    x = torch.ones(1, 1, 4, requires_grad=True)
    node = torch.nn.functional.pad(x, (1, 1), mode="circular").grad_fn

    assert node.name().endswith("CopySlices")
    assert "AccumulateGrad" in str(graph_names(node))
