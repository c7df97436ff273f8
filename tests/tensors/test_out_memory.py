"""An ``out`` of another shape: it keeps its memory, and rows of numbers keep its shape."""

import warnings

import pytest
from beside import assert_alike

ROWS = ["arange(0, 4", "range(0, 3", "linspace(0, 3, 4", "logspace(0, 3, 4, base=2"]
LONGER = ["arange(0, 5", "linspace(0, 3, 5", "randperm(4", "eye(2", "full((4,), 2.0",
          "zeros((3,)", "randint(0, 4, (4,)", "cat([torch.ones(2), torch.zeros(2)]",
          "mul(torch.arange(4.0), 2", "conj_physical(torch.arange(8.0)[::2]",
          "conj_physical(torch.ones(2, 1).expand(2, 2)", "exp(torch.ones(2, 2).t()",
          "cumsum(torch.ones(4), 0"]  # fmt: skip
TARGETS = ["x.narrow(1, 1, 2)", "x", "x[0]", "torch.empty(0)", "x.t()"]


@pytest.mark.parametrize("call", ROWS + LONGER)
@pytest.mark.parametrize("target", TARGETS)
def test_what_else_the_memory_holds(torch, reference, call, target):
    """The tensor that lends its memory shows what was written there."""
    assert_alike(f"x = torch.zeros(2, 3); y = {target}; torch.{call}, out=y); x, y", torch,
                 reference)  # fmt: skip


def test_a_row_of_another_count_warns(torch):
    """Rounding may have made it one longer."""
    with pytest.warns(UserWarning, match=r"of shape \[2, 2\] is 4 .* number of elements 5\."):
        torch.arange(0, 5, out=torch.zeros(2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.arange(0, 4, out=torch.zeros(2, 2))
        torch.arange(0, 5, out=torch.zeros(0))


PAIRS = {"mode": "x", "kthvalue": "x, 2", "median": "x, 0", "nanmedian": "x, 0", "frexp": "x",
         "max": "x, 0", "sort": "x", "histogram": "x, 3"}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("first", ["float32", "float64", "int8", "int64"])
@pytest.mark.parametrize("second", ["float32", "int8", "int32", "int64"])
def test_two_outputs_of_other_dtypes(torch, reference, name, first, second):
    """The first one that PyTorch looks at is refused, in words of its own."""
    targets = ", ".join(f"torch.empty(0, dtype=torch.{kind})" for kind in (first, second))
    for dtype in ("float32", "float64"):
        assert_alike(f"x = torch.arange(4.0, dtype=torch.{dtype}); a, b = {targets};"
                     f"torch.{name}({PAIRS[name]}, out=(a, b)); a, b", torch, reference)


@pytest.mark.parametrize("name", ["isposinf", "isneginf", "signbit"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32"])
def test_masks_of_bytes(torch, reference, name, dtype):
    """Some write no mask but one of bools."""
    assert_alike(f"torch.{name}(torch.ones(3), out=torch.empty(3, dtype=torch.{dtype}))", torch,
                 reference)  # fmt: skip
