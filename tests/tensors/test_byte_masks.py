"""Masks of bytes, from before there were bools: taken with a warning, or refused."""

import warnings

import pytest
from beside import assert_alike

INDEXED = "indexing with dtype torch.uint8 is now deprecated"
READS = ["x[m]", "x[:, n]", "x[m, n]", "x.index_put((m,), torch.ones(3), accumulate=True)",
         "x[torch.tensor(1, dtype=torch.uint8)]", "torch.where(n, x, 0)",
         "x.masked_select(n)", "x.masked_fill(n, 0)"]  # fmt: skip
WRITES = ["x[m] = 1", "x[m] = torch.tensor(1.0)", "x[m] = torch.ones(1, 3)", "x[:, n] = 2",
          "x[m] = torch.zeros(3)", "x[m, n] = 3", "x.index_put_((m,), torch.tensor(1.0))",
          "x = x.index_put((m,), torch.tensor(1.0))", "x[m] += 1"]  # fmt: skip
GIVEN = ("x = torch.arange(6.0).view(2, 3); m = torch.tensor([0, 1], dtype=torch.uint8);"
         " n = torch.tensor([1, 0, 1], dtype=torch.uint8)")


@pytest.mark.parametrize("read", READS)
def test_reads(torch, reference, read):
    """They count as bools where they index."""
    assert_alike(f"{GIVEN}; {read}", torch, reference)


@pytest.mark.parametrize("write", WRITES)
def test_writes(torch, reference, write):
    """One number is written by filling, which wants bools."""
    assert_alike(f"{GIVEN}; {write}; x", torch, reference)


def test_warnings(torch):
    """Each mask gives one; one without dimensions, which is a truth value, none."""
    x, mask = torch.arange(3.0), torch.tensor([1, 0, 1], dtype=torch.uint8)
    with pytest.warns(UserWarning, match=INDEXED) as given:
        _ = x[mask], x.expand(3, 3)[mask, mask]
    assert len(given) == 3
    with pytest.warns(UserWarning, match="where received a uint8 condition tensor"):
        torch.where(mask, x, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _ = x[mask.bool()], x[mask[0]]


EMPTY = ["torch.ones(0, 3)[torch.tensor([0])]", "torch.ones(3, 0)[:, [1]]",
         "torch.ones(2, 0)[torch.tensor([0]), torch.tensor([0])]", "torch.ones(0)[[], []]",
         "torch.ones(3, 0)[[1], [1]]"]  # fmt: skip


@pytest.mark.parametrize("read", EMPTY)
def test_no_position_is_there(torch, reference, read):
    """An index into no elements is refused without its number."""
    assert_alike(read, torch, reference)


STRIDES = ["x[4:]", "x[:, 2:2:2]", "x[5:9:3]", "x.t()[:, 4:]", "x[:0]", "x[1:1, ::2]",
           "torch.empty(2, 0, 3)"]


@pytest.mark.parametrize("view", STRIDES)
def test_strides_of_nothing(torch, reference, view):
    """A view without elements keeps the strides that it would have with some."""
    assert_alike(f"x = torch.ones(4, 6); y = {view}; y.stride(), y.storage_offset()", torch,
                 reference)  # fmt: skip
