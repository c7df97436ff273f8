"""Views and in-place writes: values, histories and gradients."""

import pytest
from leaves import hidden
from support import graph_names


def test_write_to_base_is_seen_by_view(torch):
    """A view reads its base's new values, and its gradient goes through the write."""
    x, base = hidden(torch, 2, 2)
    view = base[0]
    base.mul_(3)
    view.sum().backward()

    assert view.tolist() == [0.0, 3.0] and x.grad.tolist() == [[3.0, 3.0], [0.0, 0.0]]


def test_write_to_view_is_seen_by_base(torch):
    """The base gets a node that copies the slice."""
    x, base = hidden(torch, 2, 2)
    base[0].mul_(3)
    base.sum().backward()

    assert base.grad_fn.name() == "torch::autograd::CopySlices"
    assert repr(base).endswith("grad_fn=<CopySlices>)")
    assert base.tolist() == [[0.0, 3.0], [2.0, 3.0]]
    assert x.grad.tolist() == [[3.0, 3.0], [1.0, 1.0]]


def test_write_to_view_is_seen_by_another_view(torch):
    """Another view of the base gets its history anew."""
    x, base = hidden(torch, 2, 2)
    column, row = base[:, 0], base[0]
    row.mul_(3)
    column.sum().backward()

    assert x.grad.tolist() == [[3.0, 0.0], [1.0, 0.0]]


def test_names_after_a_write(torch):
    """The written view and its sisters are made anew from the base, by their strides."""
    _, base = hidden(torch, 2, 2)
    row, column = base[0], base[:, 0]
    names = [row.grad_fn.name(), column.grad_fn.name()]
    row.mul_(3)
    names += [row.grad_fn.name(), column.grad_fn.name(), base.grad_fn.name()]

    assert names == ["SelectBackward0", "SelectBackward0", "AsStridedBackward0",
                     "AsStridedBackward0", "torch::autograd::CopySlices"]


def test_structure_after_a_write(torch):
    """CopySlices stands above the base's history and the written value's."""
    _, base = hidden(torch, 2, 2)
    other = torch.ones(2, requires_grad=True)
    base[0].add_(other)

    assert [(node.name(), number) for node, number in base.grad_fn.next_functions] == [
        ("MulBackward0", 0), ("torch::autograd::AccumulateGrad", 0)]


def test_written_value_gets_a_gradient(torch):
    """Assigning a slice passes the slice's gradient to the value and none to what was there."""
    x, base = hidden(torch, 2, 2)
    value = torch.tensor([5.0, 6.0], requires_grad=True)
    base[1] = value
    (base * base).sum().backward()

    assert value.grad.tolist() == [10.0, 12.0] and x.grad.tolist() == [[0.0, 2.0], [0.0, 0.0]]


def test_assignment_broadcasts_the_value(torch):
    """A value that was broadcast gets the sum."""
    _, base = hidden(torch, 3, 2)
    value = torch.tensor(5.0, requires_grad=True)
    base[:2] = value
    base.sum().backward()

    assert value.grad.item() == 4.0


def test_assignment_into_a_tensor_without_grad(torch):
    """A plain tensor that takes a differentiable value becomes part of the graph."""
    base = torch.zeros(3)
    value = torch.tensor(2.0, requires_grad=True)
    base[1] = value * 3
    base.sum().backward()

    assert repr(base) == "tensor([0., 6., 0.], grad_fn=<CopySlices>)" and value.grad.item() == 3.0


def test_view_taken_before_such_an_assignment(torch):
    """A view of a plain tensor gets a history when its base gets one."""
    base = torch.zeros(3)
    view = base[1:]
    value = torch.tensor(2.0, requires_grad=True)
    base[1] = value * 3
    view.sum().backward()

    assert view.requires_grad and value.grad.item() == 3.0


def test_write_through_a_view_of_a_view(torch):
    """The base of a chain of views is the first tensor."""
    x, base = hidden(torch, 2, 3)
    inner = base.t()[1:][0]
    inner.mul_(10)
    base.sum().backward()

    assert inner._base is base
    assert x.grad.tolist() == [[1.0, 10.0, 1.0], [1.0, 10.0, 1.0]]


def test_middle_view_sees_a_write_below(torch):
    """A view between the base and the written one differentiates through the write."""
    x, base = hidden(torch, 2, 3)
    middle = base.view(-1)
    middle[1:3].mul_(10)
    (middle * middle).sum().backward()

    assert x.grad.tolist() == [[0.0, 200.0, 400.0], [6.0, 8.0, 10.0]]


def test_several_writes_in_a_row(torch):
    """Writes through different views compose in order."""
    x, base = hidden(torch, 3)
    base[0:2].mul_(2)
    base[1:3].mul_(5)
    base.add_(1)
    base.sum().backward()

    assert base.tolist() == [1.0, 11.0, 11.0] and x.grad.tolist() == [2.0, 10.0, 5.0]


def test_chain_of_view_kinds(torch):
    """Transposed, expanded in size one, squeezed, sliced and reshaped views all write through."""
    x, base = hidden(torch, 2, 3)
    base.unsqueeze(0).transpose(1, 2).squeeze(0)[::2].mul_(4)
    base.view(3, 2)[0].add_(1)
    base.permute(1, 0).select(1, 1).neg_()
    base.sum().backward()

    assert base.tolist() == [[1.0, 2.0, 8.0], [-12.0, -4.0, -20.0]]
    assert x.grad.tolist() == [[4.0, 1.0, 4.0], [-4.0, -1.0, -4.0]]


def test_double_backward_through_a_write(torch):
    """Second derivatives pass CopySlices."""
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    base = x * x
    base[0].mul_(x[1])
    (g,) = torch.autograd.grad(base.sum(), x, create_graph=True)
    (g2,) = torch.autograd.grad(g.sum(), x)

    assert g.tolist() == [12.0, 10.0] and g2.tolist() == [10.0, 6.0]


def test_gradcheck_of_in_place_programs(torch):
    """A program of writes through views passes both checks."""
    def program(x, y):
        base = x * 2
        base[1:].mul_(y[:2])
        base.view(-1)[0].copy_(y[2])
        base[0] = base[1].clone() * y[0]
        return base * x

    x = torch.tensor([0.3, -1.2, 2.0], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([1.5, 0.7, -0.4], dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(program, (x, y))
    assert torch.autograd.gradgradcheck(program, (x, y))


def test_leaf_can_be_written_under_no_grad(torch):
    """Under no_grad a leaf, or a view of it, is written and stays a leaf."""
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        x.add_(1)
        x[0] = 7
        x.view(-1)[1:].mul_(2)

    assert x.is_leaf and x.requires_grad and x.tolist() == [7.0, 4.0] and x._version == 3


def test_write_under_no_grad_keeps_the_history(torch):
    """The inner tensor keeps the node it had."""
    x, base = hidden(torch, 2)
    with torch.no_grad():
        base.mul_(5)
    base.sum().backward()

    assert base.tolist() == [0.0, 5.0] and x.grad.tolist() == [1.0, 1.0]


def test_view_attributes(torch):
    """A view knows its base; a copy has none."""
    base = torch.arange(6.0).reshape(2, 3)

    assert base[0]._base is base._base or base[0]._base is base
    assert base[0]._is_view() and not base.clone()._is_view() and base.clone()._base is None


def test_detached_view_is_a_view_without_history(torch):
    """Writing to a detached tensor changes the original and leaves its history."""
    _, base = hidden(torch, 2)
    base.detach().fill_(7)

    assert base.tolist() == [7.0, 7.0] and base.grad_fn.name() == "MulBackward0"


def test_as_strided_view_after_a_write(torch):
    """A view with strides of its own is regenerated under its own name."""
    x, base = hidden(torch, 4)
    view = base.as_strided((2, 2), (2, 1))
    view[0].mul_(3)
    base.sum().backward()

    assert view.grad_fn.name() == "AsStridedBackward0"
    assert x.grad.tolist() == [3.0, 3.0, 1.0, 1.0]


def test_view_chain_after_a_write(torch):
    """A chain of views is regenerated as one step from its base."""
    _, base = hidden(torch, 2, 3)
    view = base.t().reshape(3, 2).unsqueeze(0)
    base.mul_(2)

    assert graph_names(view.grad_fn) == ("AsStridedBackward0", (graph_names(base.grad_fn), 0))
    assert base.grad_fn.name() == "MulBackward0"


def test_inplace_on_inner_tensor_moves_its_place(torch):
    """An in-place operation on an inner tensor puts its node on top."""
    _, base = hidden(torch, 2)
    assert base.grad_fn.name() == "MulBackward0"
    base.add_(1)

    assert base.grad_fn.name() == "AddBackward0"
    assert base.grad_fn.next_functions[0][0].name() == "MulBackward0"


def test_view_made_anew_sums_over_what_it_repeats(torch):
    """An expanded view of a written base sums the gradients of its repeats."""
    x, base = hidden(torch, 3)
    view = base.expand(2, 3)
    base.mul_(2)
    (view * torch.tensor([[1.0], [2.0]])).sum().backward()

    assert x.grad.tolist() == [6.0, 6.0, 6.0]


def test_operand_that_shares_the_written_memory(torch):
    """What an in-place operation saves has the version before the write."""
    _, base = hidden(torch, 2)
    base.mul_(base)

    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        base.sum().backward()


def test_hook_on_a_view_is_passed_by_after_a_write(torch):
    """The base leads past the view as it was; a kept gradient is that of the new values."""
    _, base = hidden(torch, 2)
    view, seen = base[0], []
    view.register_hook(seen.append)
    view.retain_grad()
    view.mul_(3)
    (base * view).sum().backward()

    assert seen == [] and view.grad.item() == 1.0


@pytest.mark.parametrize(("index", "name"), [
    (..., "FillBackward3"), (slice(None), "FillBackward3"), (slice(0, 2), "FillBackward3"),
    (0, "torch::autograd::CopySlices"),
])
def test_assignment_to_a_whole_tensor_is_no_view(torch, index, name):
    """Only an index that leaves something out writes through a view."""
    _, base = hidden(torch, 2)
    base[index] = 5.0

    assert base.grad_fn.name() == name


@pytest.mark.parametrize(("arguments", "text"), [
    (((2, 2), (1, 1)), "setStorage: sizes [2, 2], strides [1, 1], storage offset 0, and itemsize 4 "
                       "requiring a storage size of 12 are out of bounds for storage of size 8"),
    (((2,), (1,), 1), "setStorage: sizes [2], strides [1], storage offset 1, and itemsize 4 "
                      "requiring a storage size of 12 are out of bounds for storage of size 8"),
    (((2,), (1, 1)), "mismatch in length of strides and shape"),
    (((2,), (-1,)), "as_strided: Negative strides are not supported at the moment"),
    (((1,), (1,), -1), "Tensor: invalid storage offset -1"),
])
def test_as_strided_stays_in_its_memory(torch, arguments, text):
    """A geometry that leaves the memory, or is none, is refused."""
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2).as_strided(*arguments)

    assert str(caught.value).startswith(text)


def test_as_strided_sums_over_shared_elements(torch):
    """An element that a strided view shows twice gets both gradients."""
    x = torch.arange(3.0).requires_grad_()
    view = torch.as_strided(x, (2, 2), (1, 1))
    (view * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()

    assert view.tolist() == [[0.0, 1.0], [1.0, 2.0]] and x.grad.tolist() == [1.0, 5.0, 4.0]
