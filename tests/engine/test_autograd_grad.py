"""``autograd.grad`` and ``autograd.backward``: gradients as results, unused inputs."""

import pytest
from leaves import leaf


def test_grad_returns_and_does_not_accumulate(torch):
    """autograd.grad gives a tuple and leaves .grad alone."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    gradients = torch.autograd.grad((a * a * b).sum(), (a, b))

    assert isinstance(gradients, tuple)
    assert [g.tolist() for g in gradients] == [[4.0], [1.0]]
    assert a.grad is None and b.grad is None


def test_grad_with_respect_to_an_inner_tensor(torch):
    """The gradient of a tensor inside the graph includes all of its uses."""
    a = leaf(torch, 3.0)
    hidden = a * 2
    later = hidden * hidden
    g_hidden, g_a = torch.autograd.grad(later.sum(), (hidden, a))

    assert g_hidden.tolist() == [12.0] and g_a.tolist() == [24.0]


def test_grad_of_the_output_itself(torch):
    """An output that is also an input gets the gradient that was passed in."""
    a = leaf(torch, 3.0)
    out = a * 2
    (g,) = torch.autograd.grad(out, out, grad_outputs=torch.tensor([5.0]))

    assert g.tolist() == [5.0]


def test_grad_sums_over_several_outputs(torch):
    """Several outputs with their gradients are swept together."""
    a = leaf(torch, 3.0)
    (g,) = torch.autograd.grad([a * 2, a * a], [a], [torch.tensor([1.0]), torch.tensor([10.0])])

    assert g.tolist() == [62.0]


def test_unused_input_raises(torch):
    """An input that the outputs do not depend on is reported."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)

    with pytest.raises(RuntimeError, match="^The differentiated Tensor at index 1 appears to not "
                                           "have been used in the graph. Set allow_unused=True if "
                                           "this is the desired behavior."):
        torch.autograd.grad((a * 2).sum(), (a, b))


def test_allow_unused_gives_none(torch):
    """With allow_unused such an input gets None."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    g_a, g_b = torch.autograd.grad((a * 2).sum(), (a, b), allow_unused=True)

    assert g_a.tolist() == [2.0] and g_b is None


def test_materialize_grads_gives_zeros(torch):
    """With materialize_grads an unused input gets zeros of its shape."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0, 3.0)
    _, g_b = torch.autograd.grad((a * 2).sum(), (a, b), materialize_grads=True)

    assert g_b.tolist() == [0.0, 0.0]


def test_materialize_grads_contradicts_allow_unused_false(torch):
    """Asking for both is a mistake."""
    a = leaf(torch, 1.0)

    with pytest.raises(ValueError, match="^Expected allow_unused to be True or not passed when "
                                         "materialize_grads=True, but got: allow_unused=False."):
        torch.autograd.grad((a * 2).sum(), a, materialize_grads=True, allow_unused=False)


def test_input_without_requires_grad_raises(torch):
    """An input that wants no gradient is reported."""
    a, b = leaf(torch, 1.0), torch.ones(1)

    with pytest.raises(RuntimeError,
                       match="^One of the differentiated Tensors does not require grad"):
        torch.autograd.grad((a * b).sum(), b)


def test_autograd_backward_with_several_roots(torch):
    """autograd.backward sweeps several roots at once."""
    a = leaf(torch, 3.0)
    torch.autograd.backward([a * 2, a * a], [torch.tensor([1.0]), torch.tensor([1.0])])

    assert a.grad.tolist() == [8.0]
