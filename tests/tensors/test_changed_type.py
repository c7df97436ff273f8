"""Methods that a program adds to Tensor or replaces, and tensors whose class it assigns."""

import pytest


def test_a_method_of_a_programs_own(torch, monkeypatch):
    """It is there for every tensor and parameter, and gone when it is deleted."""
    monkeypatch.setattr(torch.Tensor, "doubled", lambda self: self * 2, raising=False)
    assert torch.ones(2).doubled().tolist() == [2, 2]
    assert torch.nn.Parameter(torch.ones(1)).doubled().tolist() == [2]
    monkeypatch.undo()
    assert not hasattr(torch.ones(2), "doubled")


@pytest.mark.parametrize("name", ["sum", "tolist", "shape"])
def test_a_replaced_method(torch, monkeypatch, name):
    """What was asked for before finds the new one, and then the old one again."""
    before = repr(getattr(torch.ones(2), name))
    monkeypatch.setattr(torch.Tensor, name, property(lambda self: "replaced"))
    assert getattr(torch.ones(2), name) == "replaced"
    monkeypatch.undo()
    assert repr(getattr(torch.ones(2), name))[:20] == before[:20]


def test_a_replaced_operator(torch, monkeypatch):
    """The interpreter's own operators follow, also those of subclasses that exist already."""
    class Named(torch.Tensor):
        pass

    x, named = torch.ones(2), torch.ones(2).as_subclass(Named)
    monkeypatch.setattr(torch.Tensor, "__add__", lambda self, other: "added")
    monkeypatch.setattr(torch.Tensor, "__getitem__", lambda self, index: ("item", index))
    monkeypatch.setattr(torch.Tensor, "__repr__", lambda self: "shown")
    assert (x + 1, named + 1, x[0], repr(x)) == ("added", "added", ("item", 0), "shown")
    assert (1 + x).tolist() == [2, 2]
    monkeypatch.undo()
    assert (x + 1).tolist() == (named + 1).tolist() == (1 + x).tolist() == [2, 2]
    assert (x[0].item(), repr(x)) == (1, "tensor([1., 1.])")


def test_an_assigned_class(torch):
    """A tensor becomes one of a subclass, and a tensor again, with its memory and its gradient."""
    class Named(torch.Tensor):
        pass

    x = torch.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    for kind in (Named, torch.nn.Parameter, torch.Tensor):
        x.__class__ = kind
        assert type(x) is kind
        assert (x.tolist(), x.grad.tolist()) == ([1, 1], [3, 3])
    with pytest.raises(TypeError, match="__class__ assignment only supported for mutable types"):
        x.__class__ = int


def test_a_class_of_another_layout(torch):
    """Slots of a subclass's own have no place in a tensor that exists."""
    class Slotted(torch.Tensor):
        __slots__ = ("own",)

    x = torch.ones(2)
    with pytest.raises(TypeError) as refused:
        x.__class__ = Slotted
    assert str(refused.value) == (
        "__class__ assignment: 'Slotted' object layout differs from 'Tensor'")
