"""Samplers: the order is PyTorch's for the same seed, and so is every random number after it."""

import itertools

import pytest
from beside import assert_alike

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies
given, settings = hypothesis.given, hypothesis.settings


def drawn(library, make, own_generator):
    """The indices of two iterations, and the numbers that the generators give afterwards."""
    library.manual_seed(7)
    generator = library.Generator().manual_seed(8)
    sampler = make(library.utils.data, generator if own_generator else None)
    passes = [list(sampler), list(sampler)]
    return (passes, len(sampler), library.rand(1).item(),
            library.rand(1, generator=generator).item())


@settings(deadline=None)
@given(n=st.integers(1, 70), replacement=st.booleans(), own_generator=st.booleans(),
       num_samples=st.none() | st.integers(1, 150))
def test_random_sampler(torch, reference, n, replacement, own_generator, num_samples):
    """With and without replacement, fewer and more samples than there are."""
    def make(data, generator):
        return data.RandomSampler(range(n), replacement, num_samples, generator)

    assert drawn(torch, make, own_generator) == drawn(reference, make, own_generator)


@settings(deadline=None)
@given(indices=st.lists(st.integers(-9, 99), max_size=40), own_generator=st.booleans())
def test_subset_random_sampler(torch, reference, indices, own_generator):
    """The given indices, each as often as it is given."""
    def make(data, generator):
        return data.SubsetRandomSampler(indices, generator)

    assert drawn(torch, make, own_generator) == drawn(reference, make, own_generator)


@settings(deadline=None)
@given(weights=st.lists(st.floats(0.125, 8), min_size=1, max_size=20),
       replacement=st.booleans(), own_generator=st.booleans(), data=st.data())
def test_weighted_random_sampler(torch, reference, weights, replacement, own_generator, data):
    """Indices by weight, with and without replacement."""
    most = 40 if replacement else len(weights)
    num_samples = data.draw(st.integers(1, most))

    def make(data, generator):
        return data.WeightedRandomSampler(weights, num_samples, replacement, generator)

    assert drawn(torch, make, own_generator) == drawn(reference, make, own_generator)


@settings(deadline=None)
@given(n=st.integers(0, 30), batch_size=st.integers(1, 8), drop_last=st.booleans())
def test_batch_sampler(torch, reference, n, batch_size, drop_last):
    """Lists of indices, with or without the last one that is not full."""
    def batches(data):
        sampler = data.BatchSampler(data.SequentialSampler(range(n)), batch_size, drop_last)
        return list(sampler), len(sampler), list(data.BatchSampler(iter(range(n)), batch_size,
                                                                   drop_last))

    assert batches(torch.utils.data) == batches(reference.utils.data)


@settings(deadline=None)
@given(n=st.integers(0, 30), replicas=st.integers(1, 7), shuffle=st.booleans(),
       drop_last=st.booleans(), seed=st.integers(0, 3), epoch=st.integers(0, 3), data=st.data())
def test_distributed_sampler(torch, reference, n, replicas, shuffle, drop_last, seed, epoch, data):
    """Each rank's part, whole at the end or filled up from the start."""
    rank = data.draw(st.integers(0, replicas - 1))

    def part(library):
        sampler = library.utils.data.distributed.DistributedSampler(
            range(n), replicas, rank, shuffle, seed, drop_last)
        sampler.set_epoch(epoch)
        return list(sampler), len(sampler), sampler.num_samples, sampler.total_size

    assert part(torch) == part(reference)


@pytest.mark.parametrize("code", [
    "RandomSampler([])",
    "RandomSampler(range(3), num_samples=0)",
    "RandomSampler(range(3), num_samples=2.5)",
    "RandomSampler(range(3), replacement=1)",
    "WeightedRandomSampler([1., 2.], 0)",
    "WeightedRandomSampler([1., 2.], True)",
    "WeightedRandomSampler([1., 2.], 2, replacement=0)",
    "WeightedRandomSampler([[1., 2.]], 2)",
    "list(WeightedRandomSampler([1., 2.], 3, replacement=False))",
    "list(WeightedRandomSampler([1., -2.], 3))",
    "WeightedRandomSampler([1, 2], 3).weights",
    "BatchSampler(range(3), 0, False)",
    "BatchSampler(range(3), True, False)",
    "BatchSampler(range(3), 2.0, False)",
    "BatchSampler(range(3), 2, 0)",
    "len(BatchSampler(iter(range(3)), 2, False))",
    "iter(Sampler())",
    "len(Sampler())",
    "DistributedSampler(range(3), 2, 2)",
    "DistributedSampler(range(3), 2, -1)",
    "DistributedSampler(range(3), 2)",
    "DistributedSampler(range(3))",
])
def test_refusals(torch, reference, code):
    """What a sampler cannot do it refuses with PyTorch's class and text."""
    names = "globals().update(vars(torch.utils.data))\n"

    assert_alike(names + code, torch, reference)


@pytest.mark.parametrize("replacement", [True, False])
def test_ten_thousand_million_samples(torch, reference, replacement):
    """Nothing is drawn before it is taken."""
    def first(library):
        library.manual_seed(1)
        sampler = library.utils.data.RandomSampler(range(50), replacement, 10**10)
        return len(sampler), list(itertools.islice(sampler, 100))

    assert first(torch) == first(reference)


def test_samplers_take_type_arguments(torch):
    """A program's sampler says what it gives."""
    class Backwards(torch.utils.data.Sampler[int]):
        def __iter__(self):
            return iter([2, 1, 0])

    assert list(Backwards()) == [2, 1, 0]
