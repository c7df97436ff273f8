"""Indexing by lists: short ones that hold more than numbers stand for tuples, with a warning."""

import pytest

WARNING = "Using a non-tuple sequence for multidimensional indexing is deprecated"
TUPLES = [
    "[[1, 1, 3], [0]]", "[[0, 1], [1, 1]]", "[[[1, 2], [0, 0]], [[0, 1], [1, 1]]]",
    "[[1, 1, 1], slice(None)]", "[slice(None), 1]", "[None, 1]", "[..., 1]", "[range(2), 1]",
    "[torch.tensor([1, 0]), torch.tensor([0, 1])]", "[torch.tensor(1), 2]", "[[]]", "[[1.5]]",
    "[np.array([0, 1]), 1]", "[[True, False, True, False]]", "[[[0, 1]]]",
]  # fmt: skip


@pytest.fixture
def square(torch):
    """Sixteen numbers in rows of four."""
    return torch.arange(16.0).view(4, 4)


def evaluated(code, library):
    """What an expression of a library gives."""
    import numpy as np

    return eval(code, {"torch": library, "np": np})


@pytest.mark.parametrize("code", TUPLES)
def test_read(torch, square, code):
    """What a list that stands for a tuple reads is what the tuple reads."""
    index = evaluated(code, torch)
    with pytest.warns(UserWarning, match=WARNING):
        found = square[index]

    assert found.tolist() == square[tuple(index)].tolist()


def test_written(torch, square):
    """Assignments take lists in the same way."""
    with pytest.warns(UserWarning, match=WARNING):
        square[[slice(None), 1]] = 7.0

    assert square[:, 1].tolist() == [7] * 4


def test_numbers_and_long_lists_are_positions(torch, square):
    """Lists of numbers, lists of 32 elements and arrays are positions along the first dimension."""
    import numpy as np

    assert square[[1, 2]].shape == (2, 4)
    assert square[[[1]] * 32].shape == (32, 1, 4)
    assert square[np.array([[0, 1], [1, 1]])].shape == (2, 2, 4)


def test_too_many(torch, square):
    """A list that stands for too long a tuple raises IndexError."""
    with pytest.warns(UserWarning, match=WARNING), \
            pytest.raises(IndexError, match="too many indices for tensor of dimension 2"):
        square[[[0, 1], [1, 2], [1, 1]]]
