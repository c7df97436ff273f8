"""Positions of slices that are not there, and slices of tensors without elements."""

import json
import math

import pytest
from beside import assert_alike

SHAPES = [(0,), (3,), (0, 0), (0, 2), (3, 0), (3, 2), (2, 0, 3), (0, 2, 3), (2, 3, 2)]
POSITIONS = ["[]", "[0]", "[5]", "[-1]", "[-7]"]
CALLS = [
    "x.index_select({dim}, i)", "x.index_add({dim}, i, source)", "x.index_copy({dim}, i, source)",
    "x.index_fill({dim}, i, 1.0)",
    *(f"x.index_reduce({{dim}}, i, source, '{reduce}', include_self={include})"
      for reduce in ("prod", "amax") for include in (True, False)),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_positions(torch, reference, shape, call):
    """Class and text are PyTorch's, and what it does not look at is not refused."""
    for dim in range(len(shape)):
        for positions in POSITIONS:
            source = (*shape[:dim], len(json.loads(positions)), *shape[dim + 1 :])
            assert_alike(
                f"x = torch.arange({math.prod(shape)}.0).reshape({shape});"
                f" source = torch.ones({source}); i = torch.tensor({positions}, dtype=torch.int64);"
                f" {call.format(dim=dim)}", torch, reference,
            )  # fmt: skip


@pytest.mark.parametrize("positions", ["[]", "[0]", "[2]", "[-4]"])
@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (3, 0), (3, 2)], ids=str)
def test_rows(torch, reference, shape, positions):
    """An embedding refuses rows as an index does."""
    assert_alike(f"torch.nn.functional.embedding(torch.tensor({positions}, dtype=torch.int64),"
                 f" torch.ones({shape}))", torch, reference)


@pytest.mark.parametrize("positions", [-7, -3, 2, 3, 100])
@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (3, 0), (3, 2)], ids=str)
def test_positions_beyond_the_size(torch, reference, shape, positions):
    """`take_along_dim` takes them modulo the size, and divides by none."""
    for dim in (0, 1):
        assert_alike(f"x = torch.arange({shape[0] * shape[1]}.0).reshape({shape});"
                     f" x.take_along_dim(torch.tensor([[{positions}]]), {dim})", torch, reference)
    assert_alike(f"x = torch.arange({shape[0] * shape[1]}.0).reshape({shape});"
                 f" x.take_along_dim(torch.tensor([[{positions}]]))", torch, reference)
