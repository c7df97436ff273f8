"""Attributes that are the library's own: what happens when a program writes or deletes them."""

import pickle

import pytest

# PyTorch ends the process when these are deleted.
CRASHES_PYTORCH = {"grad_dtype", "real"}
NOT_OURS = {"volatile"}  # a warning; see below


def outcome(function, *args):
    """Give the class and text of the exception that a call raises, or None."""
    try:
        function(*args)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def test_writing_any_attribute_of_a_tensor(torch, reference):
    """Each attribute is written, or refuses, as PyTorch's."""
    names = sorted(set(dir(torch.Tensor)) & set(dir(reference.Tensor)) - NOT_OURS)
    differ = [
        name for name in names
        if outcome(setattr, torch.ones(2, 3), name, 3)
        != outcome(setattr, reference.ones(2, 3), name, 3)
    ]

    assert len(names) > 500
    assert not differ


def test_deleting_any_attribute_of_a_tensor(torch, reference):
    """Each attribute is deleted, or refuses, as PyTorch's."""
    names = set(dir(torch.Tensor)) & set(dir(reference.Tensor)) - NOT_OURS - CRASHES_PYTORCH
    differ = [
        name for name in sorted(names)
        if outcome(delattr, torch.ones(2, 3), name)
        != outcome(delattr, reference.ones(2, 3), name)
    ]

    assert not differ


@pytest.mark.parametrize("name", ["shape", "T", "dtype", "is_cuda", "grad_fn", "_version"])
def test_read_only_attributes_of_a_subclass(torch, name):
    """A subclass refuses as Tensor does, and says nothing new about its own properties."""
    class Named(torch.Tensor):
        @property
        def own(self):
            return 1

    x = torch.ones(2).as_subclass(Named)
    x.mine = 3
    text = f"attribute '{name}' of 'torch._C.TensorBase' objects is not writable"

    assert outcome(setattr, x, name, 1) == ("AttributeError", text)
    assert "TensorBase" not in outcome(setattr, x, "own", 1)[1]
    assert x.mine == 3


def test_the_dictionary_can_be_replaced(torch):
    """``__dict__`` takes another dictionary, and nothing else."""
    x = torch.ones(2)
    x.__dict__ = {"a": 1}

    assert x.a == 1
    assert outcome(setattr, x, "__dict__", 3) == (
        "TypeError", "__dict__ must be set to a dictionary, not a 'int'")


def test_the_real_part_can_be_assigned(torch):
    """``x.real = y`` writes in place, a number or a tensor."""
    x = torch.zeros(2)
    x.real = 3
    x[1:].real = torch.ones(1)

    assert x.tolist() == [3, 1]
    assert outcome(setattr, x, "real", "a") == (
        "TypeError", "can't assign a str to a torch.FloatTensor")


def test_volatile_warns(torch):
    """What PyTorch removed says so."""
    with pytest.warns(UserWarning, match="always False"):
        assert torch.ones(2).volatile is False
    with pytest.warns(UserWarning, match="Use `with torch.no_grad"):
        torch.ones(2).volatile = True


VALUES = ["t.float32", "t.device('cpu')", "t.finfo(t.float32)", "t.iinfo(t.int8)", "t.strided",
          "t.channels_last", "t.Generator()"]


@pytest.mark.parametrize("value", VALUES)
def test_values_are_read_only(torch, reference, value):
    """dtype, device and the like refuse to be written, in PyTorch's words."""
    ours, theirs = eval(value, {"t": torch}), eval(value, {"t": reference})
    public = [name for name in dir(theirs) if not name.startswith("_") and hasattr(ours, name)
              and not callable(getattr(theirs, name))]

    for name in [*public, "no_such"]:
        assert outcome(setattr, ours, name, 1) == outcome(setattr, theirs, name, 1)
        assert outcome(delattr, ours, name) == outcome(delattr, theirs, name)


CALLS = ["t.dtype()", "t.dtype(3)", "t.layout()", "t.memory_format()", "t.device()", "t.iinfo()",
         "t.device(1.5)", "t.finfo('a')", "t.finfo(t.int8)",
         *(f"t.Generator('{kind}')" for kind in
           ("cuda", "cuda:1", "mps", "meta", "xpu", "xla", "mtia", "hpu", "hip", "vulkan",
            "privateuseone", "foo"))]


@pytest.mark.parametrize("call", CALLS)
def test_values_that_cannot_be_made(torch, reference, call):
    """A program cannot make a dtype, nor a generator of a device that is not here."""
    refused = outcome(eval, call, {"t": torch})

    assert refused is not None
    assert refused == outcome(eval, call, {"t": reference})


def test_a_generator_can_be_pickled(torch):
    """It goes on from where it stood."""
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    copy = pickle.loads(pickle.dumps(generator))

    assert torch.equal(torch.rand(700, generator=copy), torch.rand(700, generator=generator))
    assert copy.initial_seed() == 3
