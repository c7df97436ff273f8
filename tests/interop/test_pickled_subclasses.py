"""Pickles of subclasses of tensors and of parameters: what comes back, in PyTorch's way."""

import pickle
import sys

import numpy as np
import pytest


@pytest.fixture
def known(monkeypatch):
    """Give what puts a class where pickle finds it by its name."""
    def put(kind):
        kind.__module__, kind.__qualname__ = __name__, kind.__name__
        monkeypatch.setattr(sys.modules[__name__], kind.__name__, kind, raising=False)
        return kind

    return put


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_tensor_keeps_its_class(torch, known, protocol):
    """And its attributes, and whether it wants a gradient."""
    kind = known(type("Tagged", (torch.Tensor,), {}))
    tagged = torch.arange(6.0).view(2, 3).as_subclass(kind)
    tagged.tag = [1, 2]
    back = pickle.loads(pickle.dumps(tagged, protocol))

    assert type(back) is kind
    assert back.tag == [1, 2]
    assert back.tolist() == tagged.tolist()
    assert not back.requires_grad


def test_a_class_says_what_its_state_is(torch, known):
    """``__getstate__`` gives it, and ``__setstate__`` gets it back."""
    kind = known(type("Stateful", (torch.Tensor,), {
        "__getstate__": lambda self: {"kept": 1},
        "__setstate__": lambda self, state: setattr(self, "restored", state),
    }))
    back = pickle.loads(pickle.dumps(torch.ones(2).as_subclass(kind)))

    assert type(back) is kind
    assert back.restored == {"kept": 1}


def test_a_subclass_of_parameter_may_take_more(torch, known):
    """Its ``__new__`` alone makes it; the pickle holds a Parameter with the attributes."""
    def new(cls, data, requires_grad=True, scale=1):
        made = torch.nn.Parameter.__new__(cls, data, requires_grad)
        made.scale = scale
        return made

    kind = known(type("Scaled", (torch.nn.Parameter,), {"__new__": new}))
    scaled = kind(torch.ones(2), scale=7)
    back = pickle.loads(pickle.dumps(scaled))

    assert type(scaled) is kind
    assert type(back) is torch.nn.Parameter
    assert back.scale == 7
    assert back.requires_grad


@pytest.fixture
def unaligned():
    """Give an array whose elements begin at odd addresses."""
    array = np.frombuffer(bytearray(25), np.uint8)[1:].view(np.float32)
    array[:] = np.arange(6)
    return array


@pytest.mark.parametrize("name", ["tensor", "as_tensor", "asarray", "Tensor"])
def test_an_array_that_is_not_aligned_is_read(torch, unaligned, name):
    """What may copy gives its numbers."""
    assert not unaligned.flags.aligned
    assert getattr(torch, name)(unaligned).tolist() == [0, 1, 2, 3, 4, 5]


def test_memory_that_is_not_aligned_is_not_shared(tapegrad, unaligned):
    """The error says why; PyTorch reads such memory where it lies."""
    with pytest.raises(ValueError, match="not aligned"):
        tapegrad.from_numpy(unaligned)
