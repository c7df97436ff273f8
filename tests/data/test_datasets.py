"""Datasets: what they give, how they are joined and split, what they refuse."""

import pytest
from beside import assert_alike
from support import assert_same

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

SET_UP = """
globals().update({name: item for name, item in vars(torch.utils.data).items() if name[0] != "_"})
x = torch.arange(12.).reshape(6, 2)
y = torch.arange(6)
class Named(Dataset):
    def __init__(self, length): self.length = length
    def __len__(self): return self.length
    def __getitem__(self, index): return f"sample {index}"
class AtOnce(Named):
    def __getitems__(self, indices): return [f"all {index}" for index in indices]
class Few(Named):
    def __getitems__(self, indices): return []
class Stream(IterableDataset):
    def __init__(self, *values): self.values = values
    def __iter__(self): return iter(self.values)
    def __len__(self): return len(self.values)
class Doubled(Subset):
    def __getitem__(self, index): return 2 * super().__getitem__(index)
"""

@pytest.mark.parametrize("code", [
    "[(len(d), d[2], d[-1], d[1:3], d[[0, 2]]) for d in [TensorDataset(x, y)]]",
    "list(TensorDataset(x))",
    "len(TensorDataset())",
    "TensorDataset(x, y)[6]",
    "TensorDataset(x, y[:3])",
    "TensorDataset(torch.tensor(1.))",
    "TensorDataset(x, y).__getitems__",
    "Dataset()[0]",
    "len(Dataset())",
    "iter(IterableDataset()).__next__()",
    "[d[i] for d in [Named(3) + Named(2)] for i in (0, 2, 3, 4, -1, -5)]",
    "(Named(3) + Named(2))[-6]",
    "(Named(3) + Named(2))[5]",
    "(Named(3) + Named(2)).cumulative_sizes",
    "ConcatDataset([])",
    "ConcatDataset([Named(1), Stream(1)])",
    "ConcatDataset(iter([Named(1), Named(2)])).cummulative_sizes",
    "[(list(d), len(d)) for d in [Stream(1, 2) + Stream(3)]]",
    "list(ChainDataset([Named(2)]))",
    "len(ChainDataset([Named(2)]))",
    "next(iter(ChainDataset([Stream(5), Named(2)])))",
    "StackDataset(Named(2), Named(2))[1]",
    "[StackDataset(a=Named(2), b=y[:2])[1][key] for key in 'ab']",
    "StackDataset(Named(3), AtOnce(3)).__getitems__([2, 0])",
    "[(d['a'], d['b']) for d in StackDataset(a=Named(3), b=AtOnce(3)).__getitems__([2, 0])]",
    "StackDataset(Named(3)).__getitems__([])",
    "StackDataset(Named(3), Few(3)).__getitems__([1])",
    "StackDataset(a=Few(3)).__getitems__([1])",
    "StackDataset()",
    "StackDataset(Named(2), a=Named(2))",
    "StackDataset(Named(2), Named(3))",
    "StackDataset(a=Named(2), b=Named(3))",
    "[(len(d), d[1], d[[0, 1]]) for d in [Subset(TensorDataset(x, y), [4, 2])]]",
    "Subset(Named(5), [4, 2]).__getitems__([1, 0])",
    "Subset(AtOnce(5), [4, 2]).__getitems__([1, 0])",
    "Subset(Subset(AtOnce(5), [4, 2, 0]), [2, 1]).__getitems__([1, 0])",
    "Subset(Named(5), [4, 2])[2]",
    "Doubled(Named(5), [4, 2])",
])
def test_datasets_beside_pytorch(torch, reference, code):
    """Samples, lengths and refusals are PyTorch's."""
    assert_alike(SET_UP + code, torch, reference)

def split(library, size, lengths):
    """Split the numbers below ``size``; give the parts and the random number that is next."""
    library.manual_seed(size)
    parts = library.utils.data.random_split(range(size), lengths)
    return [list(part) for part in parts], library.rand(1).item()

@hypothesis.settings(deadline=None)
@hypothesis.given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_splits_by_length(torch, reference, lengths):
    """The same seed puts the same samples into each part, and leaves the generator alike."""
    hypothesis.assume(sum(lengths) != 1)

    assert split(torch, sum(lengths), lengths) == split(reference, sum(lengths), lengths)

@pytest.mark.filterwarnings("ignore:Length of split at index")
@hypothesis.settings(deadline=None)
@hypothesis.given(size=st.integers(0, 40),
                  parts=st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_splits_by_fraction(torch, reference, size, parts):
    """Fractions are rounded, and what is left over is shared out, as PyTorch does."""
    hypothesis.assume(sum(parts))
    fractions = [part / sum(parts) for part in parts]
    hypothesis.assume(sum(fractions) <= 1)

    assert split(torch, size, fractions) == split(reference, size, fractions)

@pytest.mark.parametrize("lengths", ["[3, 4]", "[0.5, 0.4]", "[1.5, -0.5]", "[6, 6]", "[12, -2]"])
def test_what_cannot_be_split(torch, reference, lengths):
    """Lengths that do not add up, and fractions outside of [0, 1], are refused."""
    code = SET_UP + f"[list(part) for part in random_split(range(10), {lengths})]"

    assert_alike(code, torch, reference)

def test_empty_part_of_a_split(torch):
    """A fraction that gives nothing is warned of."""
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0. This might result in"):
        first, second = torch.utils.data.random_split(range(2), [0.9, 0.1])

    assert len(first) == 2 and len(second) == 0

def test_split_with_a_generator(torch, reference):
    """A generator of one's own decides alone."""
    def parts(library):
        generator = library.Generator().manual_seed(4)
        return [list(part) for part in
                library.utils.data.random_split(range(9), [4, 5], generator=generator)]

    assert_same(parts(torch), parts(reference))
