"""``backward``: its arguments, what it accumulates and what it warns of."""

import pytest
from leaves import leaf

import tapegrad


def test_gradient_argument_weighs_the_outputs(torch):
    """The product of the given vector and the Jacobian arrives."""
    x = leaf(torch, 1.0, 2.0)
    (x * x).backward(gradient=torch.tensor([1.0, 10.0]))

    assert x.grad.tolist() == [2.0, 40.0]


def test_scalar_needs_no_gradient_argument(torch):
    """A result of one element, whatever its shape, starts from one."""
    x = leaf(torch, 3.0)
    (x * x).reshape(1, 1).backward()

    assert x.grad.tolist() == [6.0]


def test_gradient_of_another_shape_raises(torch):
    """The gradient must have the output's shape."""
    x = leaf(torch, 1.0, 2.0)

    with pytest.raises(RuntimeError, match=r"^Mismatch in shape: grad_output\[0\] has a shape of "
                                           r"torch.Size\(\[3\]\) and output\[0\] has a shape of "
                                           r"torch.Size\(\[2\]\)\."):
        (x * x).backward(torch.ones(3))


def test_gradients_accumulate(torch):
    """A second backward adds to the gradient of the first."""
    x = leaf(torch, 1.0, 2.0)
    (x * 2).sum().backward()
    (x * 3).sum().backward()

    assert x.grad.tolist() == [5.0, 5.0]


def test_accumulation_is_in_place(torch):
    """The gradient tensor stays the same object when more is added without a graph."""
    x = leaf(torch, 1.0)
    (x * 2).sum().backward()
    first = x.grad
    (x * 2).sum().backward()

    assert x.grad is first and first.tolist() == [4.0]


@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph=True will create")
def test_accumulation_with_create_graph_makes_a_new_tensor(torch):
    """A gradient that is part of a graph is not overwritten."""
    x = leaf(torch, 2.0)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    (x**3).sum().backward(create_graph=True)

    assert first.tolist() == [12.0] and x.grad.tolist() == [24.0] and x.grad is not first
    x.grad = None


def test_fan_out_is_summed(torch):
    """A tensor used several times gets the sum of what its uses give."""
    x = leaf(torch, 2.0)
    y = x * x
    (y * y + y * 3 + x).sum().backward()

    assert x.grad.tolist() == [4 * 8.0 + 12.0 + 1.0]


def test_gradients_of_a_sum_do_not_share_memory(torch):
    """Both terms of a sum get a gradient of their own."""
    a, b = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    (a + b).sum().backward()

    assert a.grad.data_ptr() != b.grad.data_ptr()
    assert a.grad.is_contiguous() and a.grad.stride() == (1,)


def test_gradient_argument_is_not_taken_over(torch):
    """The tensor that the caller passed in stays the caller's."""
    x, given = leaf(torch, 1.0, 2.0), torch.ones(2)
    (x + 1).backward(given)
    x.grad.add_(5)

    assert given.tolist() == [1.0, 1.0]


def test_gradient_has_the_dtype_of_its_leaf(torch):
    """A cast on the way is undone by the sweep."""
    x = leaf(torch, 1.0, 2.0)
    (x.double() * 2).sum().backward()

    assert x.grad.dtype == torch.float32 and x.grad.tolist() == [2.0, 2.0]


def test_gradient_has_the_strides_of_its_leaf(torch):
    """A leaf that is laid out by columns gets a gradient laid out by columns."""
    x = torch.ones(3, 2).t().detach().requires_grad_()
    (x * torch.arange(6.0).reshape(2, 3)).sum().backward()

    assert x.stride() == x.grad.stride() == (1, 2)
    assert x.grad.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_inputs_limits_who_accumulates(torch):
    """Only the named inputs get a gradient."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    (a * b).sum().backward(inputs=[a])

    assert a.grad.tolist() == [2.0] and b.grad is None


def test_inputs_may_be_a_single_tensor(torch):
    """One tensor in place of a list will do."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    (a * b).sum().backward(inputs=b)

    assert a.grad is None and b.grad.tolist() == [1.0]


def test_inputs_may_lie_inside_the_graph(torch):
    """A tensor that is no leaf keeps its gradient when it is named."""
    a = leaf(torch, 3.0)
    hidden = a * 2
    (hidden * hidden).sum().backward(inputs=[hidden])

    assert hidden.grad.tolist() == [12.0]
    assert a.grad is None


def test_empty_inputs_raise(torch):
    """An empty list of inputs is a mistake."""
    a = leaf(torch, 3.0)

    with pytest.raises(RuntimeError, match=r"`inputs` argument to `backward\(\)` cannot be empty"):
        (a * 2).sum().backward(inputs=[])


def test_inputs_free_only_what_ran(torch):
    """What does not lead to the inputs is not freed."""
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    left, right = a.exp(), b.exp()
    (left + right).sum().backward(inputs=[a])
    right.sum().backward()

    assert b.grad.item() == pytest.approx(2.718281828 ** 2, rel=1e-6)
    with pytest.raises(RuntimeError, match="through the graph a second time"):
        left.sum().backward()


def test_backward_on_a_leaf(torch):
    """A scalar leaf gets a gradient of one."""
    a = torch.tensor(3.0, requires_grad=True)
    a.backward()

    assert a.grad.item() == 1.0


def test_backward_without_history_raises(torch):
    """A tensor without requires_grad has nothing to sweep."""
    with pytest.raises(RuntimeError, match="^element 0 of tensors does not require grad and does "
                                           "not have a grad_fn"):
        torch.ones(1).backward()


def test_missing_output_gradient_stays_undefined(torch):
    """Of two outputs only the used one contributes."""
    x = leaf(torch, 3.0, 1.0)
    values, indices = x.max(0)
    _, second = x.unbind()
    (values + second).backward()

    assert x.grad.tolist() == [1.0, 1.0] and indices.item() == 0


def test_broadcast_is_undone(torch):
    """Gradients of broadcast inputs are summed to the inputs' shapes."""
    a = torch.ones(2, 1, 3, requires_grad=True)
    b = torch.ones(4, 1, requires_grad=True)
    c = torch.tensor(2.0, requires_grad=True)
    (a * b * c).sum().backward()

    assert (a.grad.shape, b.grad.shape, c.grad.shape) == ((2, 1, 3), (4, 1), ())
    assert (a.grad[0, 0, 0].item(), b.grad[0, 0].item(), c.grad.item()) == (8.0, 12.0, 24.0)


def test_reading_the_gradient_of_an_inner_tensor_warns(torch):
    """The .grad of a tensor that is no leaf is None, and reading it says so."""
    y = leaf(torch, 1.0) * 2
    with pytest.warns(UserWarning) as caught:
        assert y.grad is None

    assert str(caught[0].message).startswith(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be populated during autograd.backward(). If you indeed want the .grad "
        "field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor.")


def test_grad_can_be_set_and_cleared(torch):
    """A gradient can be assigned, is accumulated into, and goes with None or del."""
    x = leaf(torch, 1.0)
    x.grad = torch.tensor([10.0])
    (x * 2).sum().backward()
    accumulated = x.grad.item()
    del x.grad

    assert accumulated == 12.0 and x.grad is None


@pytest.mark.parametrize(("code", "error", "text"), [
    ("x.grad = torch.ones(2)", RuntimeError,
     "attempting to assign a gradient of size '[2]' to a tensor of size '[1]'. Please ensure that "
     "the gradient and the tensor are the same size"),
    ("x.grad = torch.ones(1, dtype=torch.float64)", RuntimeError,
     "attempting to assign a gradient with dtype 'double' to a tensor with grad_dtype 'Float'"),
    ("x.grad = 3.0", TypeError, "assigned grad expected to be a Tensor or None but got grad of"),
    ("x.grad = x", RuntimeError, "can't assign Variable as its own grad"),
])
def test_unfit_gradients_cannot_be_assigned(torch, code, error, text):
    """A gradient must be a tensor of the same shape and dtype, and another one."""
    with pytest.raises(error) as caught:
        exec(code, {"torch": torch, "x": leaf(torch, 1.0)})

    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("step", [
    lambda x: x.view(3, 4) * 2.0, lambda x: x.unsqueeze(0) * 2.0, lambda x: x.view(3, 4).mean(0),
    lambda x: x.view(3, 4).expand(2, 3, 4),
], ids=["a view's", "an unsqueezed", "a mean's", "an expanded"])  # fmt: skip
def test_gradient_of_a_view_is_taken(step):
    """The leaf keeps the memory that arrived by way of a view, if nobody else sees it: no copy."""
    x = tapegrad.ones(12, requires_grad=True)
    step(x).sum().backward()

    assert x.grad.numpy().base is not None and x.grad.shape == (12,)


@pytest.mark.parametrize("step", [
    lambda x: x.view(3, 4), lambda x: x[2:5], lambda x: x.unsqueeze(0).mT,
], ids=["view", "part", "transposed"])  # fmt: skip
def test_gradient_that_the_caller_holds_is_copied(step):
    """What is written to a gradient that was handed in reaches no leaf; in PyTorch it may."""
    x = tapegrad.ones(12, requires_grad=True)
    g = tapegrad.ones(step(x).shape)
    step(x).backward(g)
    expected = x.grad.clone()
    g.fill_(5.0)

    assert tapegrad.equal(x.grad, expected)
