"""One entry that stands for two nodes of PyTorch's graph, and what happens when somebody looks."""

from support import assert_same, graph_names


def layer(torch):
    """Give an input, a weight and a bias that want gradients."""
    return [torch.arange(1.0, 1 + n).reshape(shape).sin().requires_grad_()
            for n, shape in ((6, (2, 3)), (12, (4, 3)), (4, (4,)))]


def gradients(torch, look):
    """Sweep through a linear map; ``look`` gets its result before the sweep."""
    leaves = layer(torch)
    out = torch.nn.functional.linear(*leaves)
    look(out)
    (out * out).sum().backward()
    return [leaf.grad for leaf in leaves]


def test_graph_has_both_nodes(torch):
    """The node of the transpose stands between the product and the weight."""
    leaves = layer(torch)
    out = torch.nn.functional.linear(*leaves)
    leaf = ("torch::autograd::AccumulateGrad",)

    assert graph_names(out.grad_fn) == (
        "AddmmBackward0", (leaf, 0), (leaf, 0), (("TBackward0", (leaf, 0)), 0))


def test_training_makes_one_entry(tapegrad):
    """As long as nobody looks there is one entry; looking makes the second."""
    before = tapegrad.autograd.tape_info().entries
    out = tapegrad.nn.functional.linear(*layer(tapegrad))

    assert tapegrad.autograd.tape_info().entries == before + 1
    assert out.grad_fn.next_functions[2][0].name() == "TBackward0"
    assert tapegrad.autograd.tape_info().entries == before + 2


def test_gradients_do_not_depend_on_who_looked(torch):
    """Gradients are the same after the graph was shown, and with hooks on its nodes."""
    plain = gradients(torch, lambda out: None)

    assert_same(gradients(torch, lambda out: out.grad_fn.next_functions), plain)
    assert_same(gradients(torch, lambda out: out.register_hook(lambda g: None)), plain)
    assert_same(gradients(torch, lambda out: out.retain_grad()), plain)


def test_node_hooks_see_the_gradient_of_the_transpose(torch):
    """What a hook on the product's node is handed has the transposed weight's shape."""
    shapes = []

    def look(out):
        out.grad_fn.register_hook(
            lambda grads, _: shapes.append([tuple(g.shape) for g in grads]))
        out.grad_fn.next_functions[2][0].register_hook(
            lambda grads, _: shapes.append([tuple(g.shape) for g in grads]))

    gradients(torch, look)

    assert shapes == [[(4,), (2, 3), (3, 4)], [(4, 3)]]


def test_looking_while_a_sweep_runs(torch):
    """A hook may walk the graph below it; what was asked for still arrives."""
    x, weight, bias = layer(torch)
    hidden = torch.nn.functional.linear(x, weight, bias)
    out = hidden.tanh()
    out.register_hook(lambda g: graph_names(out.grad_fn) and None)
    (sought,) = torch.autograd.grad(out.sum(), weight, retain_graph=True)
    out.sum().backward()

    assert_same(sought, weight.grad)


def test_changed_weight_is_named_as_in_the_graph(torch):
    """The text about a weight that was changed in place speaks of the transpose."""
    x, weight, bias = layer(torch)
    own = weight * 1
    out = torch.nn.functional.linear(x, own, bias)
    with torch.no_grad():
        own.add_(1)
    try:
        out.sum().backward()
    except RuntimeError as error:
        assert "[torch.FloatTensor [3, 4]]" in str(error)
    else:
        raise AssertionError("a changed weight was not noticed")


def test_saved_tensor_hooks_pack_the_transpose(torch):
    """Hooks get what PyTorch's graph saves: the input and the transposed weight."""
    packed = []
    with torch.autograd.graph.saved_tensors_hooks(
            lambda x: packed.append(tuple(x.shape)) or x, lambda x: x):
        torch.nn.functional.linear(*layer(torch))

    assert sorted(packed) == [(2, 3), (3, 4)]


def test_frozen_weight(torch):
    """Without a gradient for the weight the transpose is no node."""
    x, weight, bias = layer(torch)
    out = torch.nn.functional.linear(x, weight.detach(), bias)

    assert out.grad_fn.next_functions[2] == (None, 0)
    out.sum().backward()
    assert_same(x.grad, weight.detach().sum(0).expand(2, 3), rtol=1e-6, atol=1e-6)


def test_second_derivative(torch):
    """The gradient of the gradient goes through the entry that stands for two."""
    leaves = [leaf.detach().double().requires_grad_() for leaf in layer(torch)]

    assert torch.autograd.gradgradcheck(torch.nn.functional.linear, leaves)
