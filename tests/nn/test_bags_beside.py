"""``torch.embedding_bag``: sums, where they come from, and gradients, beside PyTorch's."""

from itertools import product

import pytest
from beside import assert_alike
from support import assert_same

BAGS = [([0, 2, 2, 6], [1, 2, 3, 4, 4, 0]), ([0, 0, 0], []), ([0, 5], [5, 6, 6, 6, 1])]


def bagged(torch, offsets, index, dtype, index_dtype, mode, weighted, last, padding, grad):
    """All four results, and the gradients of the rows and of the weights of each."""
    weight = torch.arange(21.0, dtype=getattr(torch, dtype)).reshape(7, 3).sin()
    weight.requires_grad_(grad)
    factors = torch.arange(1.0, len(index) + 1, dtype=weight.dtype, requires_grad=grad) \
        if weighted else None
    index, offsets = (torch.tensor(one, dtype=getattr(torch, index_dtype))
                      for one in (index, offsets))
    results = torch.embedding_bag(
        weight, index, offsets, False, mode, False, factors, last, padding)
    if grad:
        wanted = (weight, factors) if weighted else (weight,)
        results += torch.autograd.grad((results[0] ** 2).sum(), wanted)
    return results


@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize("index_dtype", ["int64", "int32"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_all_results(torch, reference, mode, dtype, index_dtype, grad):
    """Sums, bags, sizes, places of maxima and gradients, with and without padding."""
    for (offsets, index), weighted, last, padding in product(
        BAGS, [False, True], [False, True], [None, 6, -6]
    ):
        if weighted and mode:
            continue
        case = (offsets, index, dtype, index_dtype, mode, weighted, last, padding, grad)

        assert_same(bagged(torch, *case), bagged(reference, *case), rtol=1e-5, atol=1e-6)


MISTAKES = [
    "offsets=torch.tensor([[0]])", "indices=torch.tensor([[1, 2]])", "weight=torch.ones(7)",
    "indices=torch.tensor([1., 2])", "offsets=torch.tensor([0.])",
    "offsets=torch.tensor([0], dtype=torch.int32)", "weight=torch.ones(7, 3, dtype=torch.int64)",
    "offsets=torch.tensor([3]), mode=3", "indices=torch.tensor([1, 9]), mode=3", "mode=3",
    "indices=torch.tensor([1, 9]), mode=2", "indices=torch.tensor([1, 9])",
    "mode=1, per_sample_weights=torch.ones(2)", "per_sample_weights=torch.ones(3)",
    "per_sample_weights=torch.ones(2, 1)", "per_sample_weights=torch.ones(2, dtype=torch.float64)",
    "offsets=torch.tensor([], dtype=torch.int64), include_last_offset=True",
    "offsets=torch.tensor([], dtype=torch.int64)",
]  # fmt: skip


@pytest.mark.parametrize("options", MISTAKES)
def test_refusals(torch, reference, options):
    """What does not fit is refused in PyTorch's order and words."""
    assert_alike(
        "given = dict(weight=torch.ones(7, 3), indices=torch.tensor([1, 2]),"
        "             offsets=torch.tensor([0]))\n"
        f"torch.embedding_bag(**{{**given, **dict({options})}})", torch, reference)


@pytest.mark.parametrize("padding", [9, -8])
def test_padding_is_refused_first(torch, reference, padding):
    """A row to leave out that is not there comes before all else."""
    assert_alike(
        "torch.embedding_bag(torch.ones(7, 3), torch.ones(2), torch.tensor([3]), False, 3, False, "
        f"None, True, {padding})", torch, reference)


def test_rows_before_the_first_bag_are_in_none(tapegrad):
    """Without offsets there is no bag, and no row gets a gradient; PyTorch crashes."""
    weight = tapegrad.ones(7, 3, requires_grad=True)
    sums, bag_of, *_ = tapegrad.embedding_bag(
        weight, tapegrad.tensor([1, 2]), tapegrad.tensor([], dtype=tapegrad.int64), False, 1)
    sums.sum().backward()

    assert bag_of.tolist() == [-1, -1]
    assert not weight.grad.any()
