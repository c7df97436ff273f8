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
