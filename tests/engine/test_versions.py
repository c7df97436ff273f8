"""Version counters: who shares one, what raises it, and what a sweep says to a changed value."""

import pytest

CHANGED = ("one of the variables needed for gradient computation has been modified by an inplace "
           "operation: [{kind}], which is output {number} of {maker}, is at version {now}; "
           "expected version {then} instead.")


def test_each_write_counts_once(torch):
    """Every in-place operation adds one."""
    x = torch.ones(2)
    versions = [x._version]
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 3.0), lambda: x.zero_(),
                  lambda: x.fill_(2), lambda: x.copy_(torch.zeros(2))):
        write()
        versions.append(x._version)

    assert versions == [0, 1, 2, 3, 4, 5]


def test_views_share_the_counter(torch):
    """A write through a view counts for its base and its other views."""
    x = torch.ones(2, 3)
    row, flat = x[0], x.view(-1)
    row.add_(1)

    assert (x._version, row._version, flat._version) == (1, 1, 1)


def test_detach_shares_the_counter(torch):
    """A write through a detached tensor counts for the original."""
    x = torch.ones(2)
    x.detach().add_(1)

    assert x._version == 1


def test_data_has_its_own_counter(torch):
    """A write through .data is invisible to the original's counter."""
    x = torch.ones(2)
    x.data.add_(1)

    assert x._version == 0 and x.tolist() == [2.0, 2.0]


def test_write_through_numpy_is_invisible(torch):
    """The array that numpy() gives shares memory and counts nothing."""
    x = torch.ones(2)
    x.numpy()[0] = 5

    assert x._version == 0 and x.tolist() == [5.0, 1.0]


def test_requires_grad_does_not_count(torch):
    """Asking for a gradient writes nothing."""
    assert torch.ones(2).requires_grad_()._version == 0


def test_changed_result_is_named(torch):
    """The text tells type, shape, maker and versions, and gives the hint."""
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    y.add_(1)
    expected = CHANGED.format(kind="torch.FloatTensor [2]", number=0, maker="Exp",
                              now=1, then=0)

    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    assert str(caught.value).startswith(
        expected + " Hint: enable anomaly detection to find the operation that failed to compute "
        "its gradient, with torch.autograd.set_detect_anomaly(True, "
        "check_nan=False).")


def test_changed_operand_is_named(torch):
    """An operand without history has no maker to name."""
    x, w = torch.ones(2, requires_grad=True), torch.ones(2)
    y = x * w
    w.add_(1)

    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    assert str(caught.value).startswith(
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [torch.FloatTensor [2]] is at version 1; expected version 0 instead.")


def test_changed_double_matrix_is_named(torch):
    """Type and shape are those of the changed tensor."""
    x = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    y = x * 2
    z = y * y
    y.zero_()
    expected = CHANGED.format(kind="torch.DoubleTensor [2, 3]", number=0, maker="Zero",
                              now=1, then=0)

    with pytest.raises(RuntimeError) as caught:
        z.sum().backward()
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(("program", "kind", "maker"), [
    ("y = x * 2; z = y * y; y[0] = 1", "torch.FloatTensor [2]", "torch::autograd::CopySlices"),
    ("y = x * 2; v = y[0]; z = v * v; y[0] = 1", "torch.FloatTensor []", "AsStrided"),
    ("y = x * 2; z = y * y; y.detach().add_(1)", "torch.FloatTensor [2]", "Mul"),
])
def test_makers(torch, program, kind, maker):
    """The maker is the node that the changed tensor has when the sweep meets it."""
    names = {"x": torch.ones(2, requires_grad=True)}
    exec(program, names)

    with pytest.raises(RuntimeError) as caught:
        names["z"].sum().backward()
    assert str(caught.value).startswith(
        CHANGED.format(kind=kind, number=0, maker=maker, now=1, then=0))


def test_change_through_a_view_is_noticed(torch):
    """A write through another view of the saved memory raises too."""
    x = torch.ones(2, 2, requires_grad=True)
    y = x * 1
    z = y * y
    with torch.no_grad():
        y[0].add_(1)

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_change_through_detach_is_noticed(torch):
    """A write through a detached tensor raises."""
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    y.detach().add_(1)

    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.sum().backward()


def test_change_through_data_is_not_noticed(torch):
    """A write through .data is taken as the caller's own risk."""
    x = torch.zeros(2, requires_grad=True)
    y = x.exp()
    y.data.mul_(5)
    y.sum().backward()

    assert x.grad.tolist() == [5.0, 5.0]


def test_change_of_a_value_that_nobody_reads_is_fine(torch):
    """The sum saved nothing, so writing to its operand is fine."""
    x = torch.ones(2, requires_grad=True)
    hidden = x * 3
    y = hidden + 1
    hidden.zero_()
    y.sum().backward()

    assert x.grad.tolist() == [3.0, 3.0]


def test_change_of_an_operand_that_needs_no_gradient_is_fine(torch):
    """Only what a wanted gradient reads is saved: here the other operand."""
    x, w = torch.ones(2), torch.ones(2, requires_grad=True)
    hidden = w * 1
    y = hidden * x
    hidden.add_(1)
    y.sum().backward()

    assert w.grad.tolist() == [1.0, 1.0]


def test_leaf_changed_by_an_optimizer_step(torch):
    """A parameter that is updated between forward and backward is noticed."""
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    y = x * w
    with torch.no_grad():
        w.sub_(0.1)

    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.sum().backward()


def test_in_place_operation_that_reads_what_it_overwrites(torch):
    """mul_ needs its old value and keeps a copy or raises as PyTorch does."""
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    w = torch.tensor([5.0, 7.0], requires_grad=True)
    y = x * 1
    y.mul_(w)
    y.sum().backward()

    assert x.grad.tolist() == [5.0, 7.0] and w.grad.tolist() == [2.0, 3.0]


@pytest.mark.parametrize("name", ["exp_", "sqrt_", "tanh_", "sigmoid_", "relu_", "neg_"])
def test_in_place_operation_that_saves_its_result(torch, name):
    """What needs only its result differentiates in place."""
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    y = x * 1
    getattr(y, name)()
    y.sum().backward()
    z = x.detach().requires_grad_()
    getattr(z, name[:-1])().sum().backward()

    assert torch.equal(x.grad, z.grad)


def test_no_text_after_a_change_that_was_copied_before(torch):
    """A clone saves the value from later writes."""
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    z = y.clone() * y.clone()
    y.zero_()
    z.sum().backward()

    assert x.grad.tolist() == [8.0, 8.0]
