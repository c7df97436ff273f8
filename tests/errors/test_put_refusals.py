"""Values that cannot be written at positions: of several reasons PyTorch's is given."""

import itertools

import pytest
from beside import assert_alike

PLACES = ["torch.tensor([True, False, True, False])", "torch.tensor([False] * 4)",
          "torch.tensor([0, 1])", "torch.tensor([0, 9])", "torch.tensor([1.0])"]  # fmt: skip
CALLS = ["y[i] = v; y", "y.index_put((i,), v)", "y.index_put((i,), v, True)",
         "y.index_put_((i,), v)"]  # fmt: skip
DTYPES = [("torch.int64", "torch.float32"), ("torch.float32", "torch.int64"),
          ("torch.int64", "torch.int64")]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("places", PLACES)
def test_other_dtypes_and_sizes(torch, reference, places, call):
    """Sizes are looked at before dtypes, positions last."""
    for (target, source), n in itertools.product(DTYPES, (1, 2, 3)):
        assert_alike(f"y = torch.arange(4, dtype={target}); i = {places};"
                     f" v = torch.ones({n}, dtype={source}); {call}", torch, reference)


def test_no_positions(torch, reference):
    """Nothing says where to write."""
    assert_alike("torch.tensor(2.0).index_put((), torch.tensor(1.0))", torch, reference)
