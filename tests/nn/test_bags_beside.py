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


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_wide_rows_and_views(torch, reference, mode, dtype):
    """Rows of more columns than are summed at once, that lie apart, and gradients that do."""
    def run(library):
        numbers = library.arange(7.0 * 601, dtype=library.float64).reshape(601, 7)
        rows = numbers.sin().to(getattr(library, dtype)).requires_grad_()
        index, offsets = library.arange(20)[::2] % 7, library.tensor([0, 3, 3, 10])[:3]
        sums = library.nn.functional.embedding_bag(index, rows.t(), offsets, mode=mode)
        slope = numbers[:, :3].cos().to(sums.dtype).t()
        return sums, *library.autograd.grad(sums, rows, slope)

    tolerance = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-12}[dtype]
    assert_same(run(torch), run(reference), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("padding", [None, 2])
def test_second_derivatives(tapegrad, padding):
    """Of rows and of their factors, in one sum, by differences; PyTorch has none."""
    torch = tapegrad
    index, offsets = torch.tensor([1, 2, 4, 1, 2]), torch.tensor([0, 2, 2])
    rows = torch.arange(15.0, dtype=torch.float64).reshape(5, 3).sin().requires_grad_()
    factors = torch.arange(1.0, 6.0, dtype=torch.float64, requires_grad=True)

    def sums(rows, factors):
        return torch.nn.functional.embedding_bag(
            index, rows, offsets, mode="sum", per_sample_weights=factors, padding_idx=padding)

    assert torch.autograd.gradcheck(sums, (rows, factors))
    assert torch.autograd.gradgradcheck(sums, (rows, factors))


def test_gradient_knows_the_rows_that_were_read(tapegrad):
    """Writing to the places afterwards changes no gradient; PyTorch refuses to go back then."""
    torch = tapegrad
    index, offsets = torch.tensor([1, 2, 2]), torch.tensor([0, 1])
    rows = torch.ones(3, 2, requires_grad=True)
    sums = torch.nn.functional.embedding_bag(index, rows, offsets, mode="sum")
    index.fill_(10**6)
    offsets.fill_(10**6)
    sums.sum().backward()

    assert rows.grad.tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("code", [
    f"torch.embedding_bag(torch.ones({weight}), torch.ones({index}).long(), "
    f"torch.zeros({offsets}).long())"
    for index, offsets, weight in product(("()", "2", "2, 2, 2"), ("()", "1", "2, 1"),
                                          ("4, 3", "4"))
])
def test_numbers_of_dimensions(torch, reference, code):
    """Indices are looked at first, then offsets, then the rows."""
    assert_alike(code, torch, reference)
