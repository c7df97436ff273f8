"""Tensors of data that is no list, but has elements by number."""

from array import array
from collections import UserList, deque
from types import MappingProxyType

import pytest

from tests.support import assert_same


class Squares:
    """Has a length and elements, and nothing else."""

    def __len__(self):
        return 3

    def __getitem__(self, k):
        if k >= 3:
            raise IndexError(k)
        return k * k


SEQUENCES = {
    "deque": (deque([1, 2.5]), [1.0, 2.5]),
    "empty deque": (deque(), []),
    "array": (array("f", [1, 2]), [1.0, 2.0]),
    "bytearray": (bytearray(b"ab"), [97, 98]),
    "memoryview": (memoryview(b"ab"), [97, 98]),
    "own class": (Squares(), [0, 1, 4]),
    "UserList": (UserList([True, False]), [True, False]),
    "nested": ([deque([1, 2]), range(2)], [[1, 2], [0, 1]]),
}


@pytest.mark.parametrize(("data", "elements"), SEQUENCES.values(), ids=SEQUENCES.keys())
def test_sequence(torch, data, elements):
    """Whatever is indexed like a list makes the tensor that the list makes."""
    assert_same(torch.tensor(data), torch.tensor(elements))


@pytest.mark.parametrize(
    "data", [{0: 1}, MappingProxyType({0: 1}), {1}, iter([1])], ids=lambda data: type(data).__name__
)
def test_no_sequence(torch, data):
    """What is looked up by key, or only gone through, raises."""
    with pytest.raises(RuntimeError, match=f"^Could not infer dtype of {type(data).__name__}$"):
        torch.tensor(data)


class Failing(Squares):
    """Has elements that it does not give."""

    def __getitem__(self, k):
        raise KeyError(k)


class Words(Squares):
    """Has elements that are no numbers."""

    def __getitem__(self, k):
        return "one"


def nested_in_itself(depth):
    """A list that holds itself, behind a number or in another list."""
    data = [0]
    data.append(data)
    return [[1, 2], data] if depth else data


DATA = {
    "failing": Failing(), "words": Words(), "itself": nested_in_itself(0),
    "itself deeper": nested_in_itself(1), **{name: data for name, (data, _) in SEQUENCES.items()},
}  # fmt: skip


@pytest.mark.parametrize("data", DATA.values(), ids=DATA.keys())
@pytest.mark.parametrize("name", ["tensor", "as_tensor", "asarray", "FloatTensor", "LongTensor"])
def test_what_reads_sequences(torch, reference, name, data):
    """All that make tensors of data read or refuse them alike."""
    found = []
    for library in (torch, reference):
        try:
            found.append(getattr(library, name)(data).tolist())
        except Exception as error:
            found.append((type(error).__name__, str(error)))

    assert found[0] == found[1]


def test_capsules(torch):
    """``asarray`` reads a capsule of DLPack as ``from_dlpack`` does."""
    x = torch.arange(3)

    shared = torch.asarray(torch.utils.dlpack.to_dlpack(x))
    assert shared.data_ptr() == x.data_ptr()
    assert torch.asarray(torch.utils.dlpack.to_dlpack(x), copy=True).data_ptr() != x.data_ptr()
    with pytest.raises(ValueError, match="can't alias tensor with dtype 'Long' into dtype 'Float'"):
        torch.asarray(torch.utils.dlpack.to_dlpack(x), dtype=torch.float32, copy=False)
