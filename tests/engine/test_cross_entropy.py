"""Cross entropy of a matrix: one entry and one launch back for what are two nodes in PyTorch."""

import pytest
from support import assert_same, graph_names

SHAPES = [(32, 10), (1, 1), (3, 700), (100, 33), (2, 512), (5, 513), (0, 4)]
OPTIONS = [{}, {"reduction": "sum"}, {"reduction": "none"}, {"ignore_index": 0},
           {"weighted": True}, {"weighted": True, "reduction": "none"}]


def sample(torch, n, n_classes, dtype="float32"):
    """Give scores that want a gradient, and classes."""
    scores = torch.arange(n * n_classes, dtype=torch.float64).reshape(n, n_classes).sin() * 3
    classes = torch.arange(n) * 7 % n_classes
    return scores.to(getattr(torch, dtype)).requires_grad_(), classes


def options_for(torch, scores, weighted=False, **options):
    """Give the options of a call, with a weight for each class where one is wanted."""
    if weighted:
        options["weight"] = (torch.arange(scores.shape[1]) % 3 + 0.5).to(scores.dtype)
    return options


def bits(*tensors):
    """Give what tensors hold, byte by byte."""
    return [tensor.detach().numpy().tobytes() for tensor in tensors]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bits_are_those_of_two_steps(tapegrad, shape, options, dtype):
    """A log-softmax and its likelihood give the same loss and gradient, to the bit."""
    functional = tapegrad.nn.functional
    scores, classes = sample(tapegrad, *shape, dtype)
    options = options_for(tapegrad, scores, **options)
    together = functional.cross_entropy(scores, classes, **options)
    apart = functional.nll_loss(functional.log_softmax(scores, 1), classes, **options)

    assert bits(together, *tapegrad.autograd.grad(together.sum(), scores)) == bits(
        apart, *tapegrad.autograd.grad(apart.sum(), scores))


@pytest.mark.parametrize("level", [0, 1, 2])
def test_bits_do_not_depend_on_the_vectors(tapegrad, level):
    """Plain C, AVX2 and AVX-512 make the same gradient."""
    from tapegrad._kernels.kernel import limit_vectors

    def gradient():
        scores, classes = sample(tapegrad, 37, 41)
        tapegrad.nn.functional.cross_entropy(scores, classes).backward()
        return bits(scores.grad)

    expected, before = gradient(), limit_vectors(level)
    try:
        assert gradient() == expected
    finally:
        limit_vectors(before)


def test_training_makes_one_entry(tapegrad):
    """As long as nobody looks there is one entry; looking makes the second."""
    before = tapegrad.autograd.tape_info().entries
    loss = tapegrad.nn.functional.cross_entropy(*sample(tapegrad, 4, 3))

    assert tapegrad.autograd.tape_info().entries == before + 1
    assert loss.grad_fn.next_functions[0][0].name() == "LogSoftmaxBackward0"
    assert tapegrad.autograd.tape_info().entries == before + 2


def test_graph_has_both_nodes(torch):
    """The node of the log-softmax stands below that of the likelihood, and has saved its result."""
    scores, classes = sample(torch, 4, 3)
    loss = torch.nn.functional.cross_entropy(scores, classes)
    inner = loss.grad_fn.next_functions[0][0]

    assert graph_names(loss.grad_fn) == (
        "NllLossBackward0",
        (("LogSoftmaxBackward0", (("torch::autograd::AccumulateGrad",), 0)), 0))
    assert inner._saved_dim == 1
    assert_same(inner._saved_result, torch.log_softmax(scores, 1))
    assert_same(torch.autograd.grad(loss, scores)[0],
                (torch.softmax(scores, 1) - torch.eye(3)[classes]) / 4, rtol=1e-5, atol=1e-6)


def test_looking_after_backward(torch):
    """What was freed stays freed when the graph is shown afterwards."""
    loss = torch.nn.functional.cross_entropy(*sample(torch, 4, 3))
    loss.backward()
    inner = loss.grad_fn.next_functions[0][0]

    with pytest.raises(RuntimeError, match="after they have already been freed"):
        _ = inner._saved_result
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        loss.backward()


def test_scores_may_be_written_before_backward(torch):
    """Neither node reads the scores, so that they are free to change."""
    scores, classes = sample(torch, 4, 3)
    held = scores * 1
    loss = torch.nn.functional.cross_entropy(held, classes)
    expected, = torch.autograd.grad(loss, scores, retain_graph=True)
    with torch.no_grad():
        held.zero_()

    assert_same(torch.autograd.grad(loss, scores)[0], expected)


def test_classes_may_not(torch):
    """A target that was written since is noticed, in the name of the node that saved it."""
    scores, classes = sample(torch, 4, 3)
    loss = torch.nn.functional.cross_entropy(scores, classes)
    classes.zero_()

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_classes_written_behind_the_counter(tapegrad):
    """Memory that NumPy wrote is checked once more: no class outside is ever read."""
    scores, classes = sample(tapegrad, 40, 30)
    loss = tapegrad.nn.functional.cross_entropy(scores, classes)
    classes.numpy()[33] = 10**12

    with pytest.raises(IndexError, match="Target 1000000000000 is out of bounds"):
        loss.backward()
    assert scores.grad is None


@pytest.mark.parametrize("look", [
    lambda torch, loss: loss.grad_fn.next_functions,
    lambda torch, loss: loss.register_hook(lambda g: None),
    lambda torch, loss: loss.retain_grad(),
    lambda torch, loss: loss.grad_fn.register_hook(lambda inputs, outputs: None),
    lambda torch, loss: loss.grad_fn.next_functions[0][0].register_prehook(lambda grads: None),
], ids=["graph", "hook", "retain", "node hook", "inner hook"])
def test_gradients_do_not_depend_on_who_looked(torch, look):
    """Gradients are the same after the graph was shown, and with hooks on its nodes."""
    def gradient(look):
        scores, classes = sample(torch, 4, 3)
        loss = torch.nn.functional.cross_entropy(scores, classes)
        look(torch, loss)
        (loss * 2).backward()
        return scores.grad

    assert_same(gradient(look), gradient(lambda torch, loss: None))


def test_node_hook_sees_the_gradient_of_the_logarithms(torch):
    """What a hook on the likelihood's node is handed is not yet that of the scores."""
    seen = []
    scores, classes = sample(torch, 2, 3)
    loss = torch.nn.functional.cross_entropy(scores, classes)
    loss.grad_fn.register_hook(lambda inputs, outputs: seen.extend(inputs))
    loss.backward()

    assert_same(seen[0], -torch.eye(3)[classes] / 2)


def test_node_is_called_with_one_gradient(torch):
    """The total weight is no output of the node."""
    loss = torch.nn.functional.cross_entropy(*sample(torch, 2, 3))

    assert loss.grad_fn(torch.ones(())).shape == (2, 3)
    with pytest.raises(TypeError, match="expected 1 arguments, got 2 instead"):
        loss.grad_fn(torch.ones(()), torch.ones(()))


def test_saved_tensor_hooks_pack_both_nodes(torch):
    """Hooks see the logarithms that PyTorch's graph saves, and the gradient comes through them."""
    packed = []

    def pack(x):
        packed.append(x.detach().clone())
        return x

    scores, classes = sample(torch, 2, 3)
    logarithms = torch.log_softmax(scores.detach(), 1)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        torch.nn.functional.cross_entropy(scores, classes).backward()

    assert any(x.dtype == logarithms.dtype and torch.equal(x, logarithms) for x in packed)
    assert not any(x.dtype == scores.dtype and torch.equal(x, scores.detach()) for x in packed)
    assert_same(scores.grad, (torch.softmax(scores, 1) - torch.eye(3)[classes]) / 2,
                rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_anomaly_names_the_node(torch, where):
    """A gradient that is not a number is reported of the log-softmax, which made it."""
    scores = torch.tensor([[float("inf"), 0.0]], requires_grad=True)
    mode = torch.autograd.detect_anomaly
    with pytest.warns(UserWarning), pytest.raises(RuntimeError, match="LogSoftmaxBackward0"):
        if where == "forward":
            with mode():
                torch.nn.functional.cross_entropy(scores, torch.tensor([0])).backward()
        else:
            loss = torch.nn.functional.cross_entropy(scores, torch.tensor([0]))
            with mode():
                loss.backward()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_second_derivative(torch, options):
    """The gradient of the gradient goes through the entry that stands for two."""
    scores, classes = sample(torch, 4, 3, "float64")
    options = options_for(torch, scores, **options)

    assert torch.autograd.gradgradcheck(
        lambda x: torch.nn.functional.cross_entropy(x, classes, **options), [scores])
