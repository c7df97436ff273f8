"""Tensors that change their own memory, sizes or elements past the operations that are recorded."""

from types import ModuleType

import pytest


def test_as_strided_in_place_is_recorded(torch: ModuleType) -> None:
    """It counts as a write, and the gradient goes where the elements shown came from."""
    leaf = torch.arange(6.0).view(2, 3).clone().requires_grad_()
    x = leaf * 2
    x.as_strided_((2, 2), (1, 2), 1)
    x.sum().backward()

    assert x.tolist() == [[2.0, 6.0], [4.0, 8.0]]
    assert (x._version, x.grad_fn.name()) == (1, "AsStridedBackward1")
    assert leaf.grad.tolist() == [[0, 2, 2], [2, 2, 0]]


def test_as_strided_in_place_refuses_a_leaf(torch: ModuleType) -> None:
    """As any write to one."""
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used"):
        torch.ones(4, requires_grad=True).as_strided_((2,), (1,))


@pytest.mark.parametrize("turn", ["x.t_()", "x.as_strided_((3, 2), (1, 3), 3)"])
def test_a_view_turned_off_record_gets_an_entry_of_its_new_geometry(
    torch: ModuleType, turn: str
) -> None:
    """What is summed afterwards is what the view shows by then."""
    leaf = torch.ones(4, 3, requires_grad=True)
    x = (leaf * 1)[1:3]
    with torch.no_grad():
        eval(turn)
    (x * torch.arange(6.0).view(3, 2)).sum().backward()

    assert x.grad_fn.name() == "AsStridedBackward0"
    assert leaf.grad.tolist() == [[0, 0, 0], [0, 2, 4], [1, 3, 5], [0, 0, 0]]


def test_set_leaves_a_node_without_derivative(torch: ModuleType) -> None:
    """Where one of the two is recorded, backward says that it cannot go on."""
    x = torch.zeros(2)
    x.set_(torch.ones(3, requires_grad=True))

    assert x.requires_grad
    with pytest.raises(RuntimeError, match="^derivative for set_ is not implemented$"):
        x.sum().backward()


def test_set_with_sizes_takes_the_bytes_of_another_dtype(torch: ModuleType) -> None:
    """The dtypes must agree only where the geometry is the other tensor's."""
    x = torch.zeros(1, dtype=torch.int32).set_(torch.ones(4), 1, (2,), (2,))

    assert x.tolist() == [0x3F800000] * 2
    with pytest.raises(RuntimeError, match="type float to a tensor of type long int"):
        torch.zeros(1, dtype=torch.int64).set_(torch.ones(4))


def test_inference_mode_lifts_what_autograd_refuses(torch: ModuleType) -> None:
    """Nothing is recorded there that a change of sizes, or of history, could spoil."""
    view = torch.ones(4)[1:]
    leaf = torch.ones(2, 3, requires_grad=True)
    with torch.inference_mode():
        assert leaf.resize_(2).shape == (2,)
        assert view.detach_() is view


@pytest.mark.parametrize("call", [
    "x.apply_(lambda a: a + 1)", "x.map_(x.clone() * 0 + 1, lambda a, b: a + b)",
    "x.map2_(x.clone() * 0, torch.ones(3), lambda a, b, c: a + b + c)",
])
def test_calls_for_each_element_are_not_counted(torch: ModuleType, call: str) -> None:
    """They write past autograd: the version stays, and no view is refused."""
    x = torch.arange(6.0, requires_grad=True).split(3)[1].detach()
    eval(call)

    assert (x.tolist(), x._version) == ([4, 5, 6], 0)


@pytest.mark.parametrize(("dtype", "value", "error", "text"), [
    ("float32", "x", TypeError, "must be real number, not str"),
    ("float32", None, TypeError, "must be real number, not NoneType"),
    ("int64", "1", TypeError, "'str' object cannot be interpreted as an integer"),
    ("uint8", 300, RuntimeError, "value cannot be converted to type uint8"),
])
def test_callables_return_numbers(
    torch: ModuleType, dtype: str, value: object, error: type, text: str
) -> None:
    """What is none, or does not fit, is refused; a float becomes a whole number where it must."""
    assert torch.zeros(2, dtype=torch.int64).apply_(lambda a: 2.5).tolist() == [2, 2]
    with pytest.raises(error, match=text):
        torch.zeros(2, dtype=getattr(torch, dtype)).apply_(lambda a: value)


def test_requires_grad_of_a_result_cannot_be_assigned(torch: ModuleType) -> None:
    """Not even what it is; ``requires_grad_()`` takes that."""
    x = torch.ones(2, requires_grad=True) * 2

    assert x.requires_grad_() is x
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf"):
        x.requires_grad = True


def test_a_leaf_that_is_a_view_is_refused_as_one(torch: ModuleType) -> None:
    """A write to it is named after the view, whoever wants the gradient."""
    x = torch.ones(2, 3)[0].requires_grad_()

    with pytest.raises(RuntimeError, match="^a view of a leaf Variable that requires grad is"):
        x.mul_(2)
