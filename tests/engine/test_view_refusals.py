"""Writes through views that are refused, and the overlaps that are not."""

import pytest
from leaves import hidden


@pytest.mark.parametrize("write", ["x.add_(1)", "x.mul_(y)", "x.zero_()", "x += 1", "x.fill_(2)"])
def test_leaf_cannot_be_written(torch, write):
    """A leaf that requires grad refuses every in-place operation."""
    names = {"x": torch.ones(2, requires_grad=True), "y": torch.ones(2)}

    with pytest.raises(RuntimeError) as caught:
        exec(write, names)
    assert str(caught.value).startswith(
        "a leaf Variable that requires grad is being used in an in-place operation.")
    assert names["x"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("write", ["x[0] = 5", "x[0].add_(1)", "x.view(-1).mul_(2)", "x[1:] *= 2"])
def test_view_of_a_leaf_cannot_be_written(torch, write):
    """So do its views."""
    names = {"x": torch.ones(2, requires_grad=True)}

    with pytest.raises(RuntimeError) as caught:
        exec(write, names)
    assert str(caught.value).startswith(
        "a view of a leaf Variable that requires grad is being used in an in-place operation.")
    assert names["x"].tolist() == [1.0, 1.0]


def test_view_made_under_no_grad_refuses_a_recorded_write(torch):
    """A view of an inner tensor made under no_grad cannot be written with recording on."""
    _, base = hidden(torch, 2)
    with torch.no_grad():
        view = base[0:1]

    with pytest.raises(RuntimeError) as caught:
        view.add_(1)
    assert str(caught.value).startswith(
        "A view was created in no_grad mode and is being modified inplace with grad mode enabled.")


@pytest.mark.parametrize(("make", "name"), [
    ("base.unbind(0)", "Unbind"), ("base.split(1)", "Split"),
    ("base.chunk(2)", "Split"), ("base.split([1, 1])", "SplitWithSizes"),
])
def test_views_of_several_outputs_cannot_be_written(torch, make, name):
    """What split and unbind give can be read, not written."""
    _, base = hidden(torch, 2, 2)
    first = eval(make, {"base": base})[0]

    with pytest.raises(RuntimeError) as caught:
        first.mul_(2)
    assert str(caught.value).startswith(
        f"Output 0 of {name} is a view and is being modified inplace. This view is the output of a "
        "function that returns multiple views. Such functions do not allow the output views to be "
        "modified inplace.")


def test_views_of_several_outputs_refuse_after_a_write_to_the_base(torch):
    """Their history cannot be made anew either."""
    _, base = hidden(torch, 2, 2)
    first = base.unbind(0)[0]
    base.mul_(2)

    with pytest.raises(RuntimeError, match="Output 0 of Unbind is a view and its base or "
                                           "another view of its base has been modified inplace"):
        first.sum().backward()


def test_expanded_tensor_refuses_writes(torch):
    """Several elements of one location cannot be written."""
    with pytest.raises(RuntimeError) as caught:
        torch.ones(1).expand(3).add_(1)

    assert str(caught.value).startswith(
        "unsupported operation: more than one element of the written-to tensor refers to a single "
        "memory location. Please clone() the tensor before performing the operation.")


def test_partly_overlapping_operands_are_refused(torch):
    """Reading and writing shifted parts of one tensor has no defined order."""
    x = torch.arange(4.0)

    with pytest.raises(RuntimeError) as caught:
        x[1:].add_(x[:-1])
    assert str(caught.value).startswith(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer "
        "to a single memory location. Please clone() the tensor before performing the operation.")
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_fully_overlapping_operands_are_fine(torch):
    """The same elements in the same order may be read and written."""
    x = torch.arange(4.0)
    x.add_(x)
    x[1:].mul_(x[1:])

    assert x.tolist() == [0.0, 4.0, 16.0, 36.0]


def test_disjoint_parts_are_fine(torch):
    """Parts that interleave without meeting are no overlap."""
    x = torch.arange(4.0)
    x[::2].add_(x[1::2])
    x[:2].add_(x[2:])

    assert x.tolist() == [6.0, 4.0, 5.0, 3.0]


def test_in_place_result_must_fit(torch):
    """The left side is never broadcast."""
    with pytest.raises(RuntimeError) as caught:
        torch.ones(1, 3).add_(torch.ones(2, 3))

    assert str(caught.value).startswith(
        "output with shape [1, 3] doesn't match the broadcast shape [2, 3]")


def test_in_place_result_must_be_castable(torch):
    """A float result does not go into an integer tensor."""
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2, dtype=torch.int64).add_(0.5)

    assert str(caught.value).startswith(
        "result type Float can't be cast to the desired output type Long")


def test_detach_in_place(torch):
    """detach_ turns an inner tensor into a leaf, and refuses views."""
    _, base = hidden(torch, 2)
    view = base[0]

    with pytest.raises(RuntimeError, match=r"^Can't detach views in-place\. Use detach\(\)"):
        view.detach_()
    assert base.detach_() is base and base.is_leaf and not base.requires_grad
