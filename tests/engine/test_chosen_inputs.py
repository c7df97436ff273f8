"""Backward towards chosen inputs: which hooks run, what is materialized, how gradients lie."""

import pytest


def hooked_chain(torch):
    """``c = a * 2 * 2`` with hooks that count on its middle and on the node of its leaf."""
    counts = dict.fromkeys(("tensor", "before", "after"), 0)

    def count(name):
        def hook(*gradients):
            counts[name] += 1

        return hook

    a = torch.tensor(1.0, requires_grad=True)
    b = a * 2
    for tensor in (a, b):
        tensor.register_hook(count("tensor"))
    leaf_node = b.grad_fn.next_functions[0][0]
    for node in (leaf_node, b.grad_fn):
        node.register_hook(count("after"))
        node.register_prehook(count("before"))
    return a, b, b * 2, counts


@pytest.mark.parametrize(
    ("inputs", "expected"), [("b", (1, 0, 0)), ("ab", (2, 1, 1)), ("a", (2, 1, 1))]
)
def test_grad_runs_the_nodes_above_its_inputs(torch, inputs, expected):
    """``grad`` runs hooks of tensors that it reaches, and of nodes that it goes through."""
    a, b, c, counts = hooked_chain(torch)
    torch.autograd.grad(c, [{"a": a, "b": b}[name] for name in inputs])

    assert tuple(counts.values()) == expected


@pytest.mark.parametrize(
    ("inputs", "expected"), [("b", (1, 1, 1)), ("ab", (2, 2, 2)), ("a", (2, 2, 2))]
)
def test_backward_runs_the_nodes_of_its_inputs(torch, inputs, expected):
    """``backward(inputs=)`` runs the hooks of the nodes that made its inputs, too."""
    a, b, c, counts = hooked_chain(torch)
    b.retain_grad()
    c.backward(inputs=[{"a": a, "b": b}[name] for name in inputs])

    assert tuple(counts.values()) == expected
    assert b.grad.item() == 2


@pytest.mark.parametrize("create_graph", [False, True])
def test_materialized_zeros_belong_to_the_graph(torch, create_graph):
    """With ``create_graph`` what is made up for an unused input can be differentiated again."""
    x, unused = (torch.ones(2, requires_grad=True) for _ in range(2))
    (zeros,) = torch.autograd.grad(
        x.sum(), unused, create_graph=create_graph, materialize_grads=True
    )

    assert zeros.tolist() == [0, 0]
    assert zeros.requires_grad is create_graph


def test_third_derivative_through_materialized_zeros(torch):
    """Derivatives of a linear function of every order can be asked for."""
    x, weight = (torch.tensor(0.5, requires_grad=True) for _ in range(2))
    first = x * weight
    for _ in range(3):
        (first,) = torch.autograd.grad(first, x, create_graph=True, materialize_grads=True)

    assert first.item() == 0


@pytest.mark.parametrize(
    ("returned", "error", "text"),
    [
        (1, TypeError, "expected Variable, but hook returned 'int'"),
        ("grad", RuntimeError, "Tensor post accumulate grad hooks should return None."),
    ],
)
def test_post_accumulate_hook_returns_nothing(torch, returned, error, text):
    """What a hook after accumulation returns cannot replace anything, so it is refused."""
    x = torch.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda p: p.grad if returned == "grad" else returned)

    with pytest.raises(error, match=text):
        x.sum().backward()


def test_gradient_lies_as_its_leaf_does(torch):
    """A gradient that comes in another order of memory is laid out as the leaf, copied or added."""
    a = torch.rand(2, 3, 4, 5, requires_grad=True)
    b = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()
    (a * b).sum().backward()

    assert a.grad.stride() == a.stride()
    assert b.grad.stride() == b.stride()


def test_increment_version_passes_over_inference_tensors(torch):
    """Tensors made in inference mode count no writes; asking for one is no error."""
    with torch.inference_mode():
        made = torch.ones(2)
    normal = torch.ones(2)
    torch.autograd.graph.increment_version([made, normal])

    assert normal._version == 1
    with pytest.raises(RuntimeError, match="each element of the iterable to be a tensor"):
        torch.autograd.graph.increment_version([3])


def test_numpy_without_recording(torch):
    """While nothing is recorded, a tensor that wants a gradient shares its memory with NumPy."""
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        array = x.numpy()

    assert array.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="Can't call numpy"):
        x.numpy()


def test_input_named_twice_counts_once(torch):
    """Backward accumulates into each of its inputs once, however often it is named."""
    x = torch.ones(2, requires_grad=True)
    (x * 3).sum().backward(inputs=[x, x])

    assert x.grad.tolist() == [3, 3]


def test_retained_gradients_are_memory_of_their_own(torch):
    """Writing one retained gradient changes no other."""
    a, b = (torch.ones(2, requires_grad=True) * 1 for _ in range(2))
    a.retain_grad()
    b.retain_grad()
    (a + b).sum().backward()
    a.grad.zero_()

    assert b.grad.tolist() == [1, 1]


def test_retained_gradient_is_off_the_tape(torch):
    """Without ``create_graph`` a retained gradient wants none, even where the given one does."""
    y = torch.ones(2, requires_grad=True) * 2
    y.retain_grad()
    y.backward(torch.ones(2, requires_grad=True))

    assert not y.grad.requires_grad


REFUSED = [
    "torch.autograd.grad(torch.ones(3), x, torch.ones(2))",
    "torch.autograd.grad(torch.ones(3), x)",
    "torch.autograd.grad([x.sum(), 3], x, [torch.tensor(1.0)])",
    "torch.autograd.grad([x.sum(), 3], x)",
    "torch.autograd.grad([x.sum(), 3], [])",
    "torch.autograd.grad([x.sum(), x.sum()], x, [3])",
    "torch.autograd.grad(x.sum(), [x, 3], 'ab')",
    "torch.autograd.backward([x.sum(), x.sum()], [torch.tensor(1.0)], inputs=[])",
    "torch.autograd.backward(x.sum(), inputs=[torch.ones(3)])",
]


@pytest.mark.parametrize("code", REFUSED)
def test_first_refusal_is_pytorchs(torch, reference, code):
    """Where a call is wrong in two ways, both libraries name the same one."""
    errors = []
    for library in (torch, reference):
        with pytest.raises((RuntimeError, TypeError, AssertionError)) as caught:
            eval(code, {"torch": library, "x": library.ones(2, requires_grad=True)})
        errors.append((caught.type, str(caught.value)))

    assert errors[0] == errors[1]
