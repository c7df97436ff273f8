"""Numbers and nested lists of them as data: the same bits, dtypes and refusals in every dtype."""

import pytest
from beside import assert_alike

VALUES = (
    "1", "1.5", "True", "-0.0", "float('nan')", "1e400", "1e39", "5e-324", "2**53", "2**53 + 1",
    "16777217", "2**63 - 1", "2**63", "-2**63", "-2**63 - 1", "2**64", "[]", "[[], []]", "[1, 2.5]",
    "[2**53 + 1, 1.0]", "[2**62, 1.5]", "[1, True]", "[1.0000000596046448]", "[[1.0, 2], [3, 4.0]]",
    "[[1], [2, 3]]", "[[1.0], 2]", "[[1, [2]], [3, 4]]", "[(1, 2), (3, 4)]", "[[1, 2], (3, 4)]",
    "[[[0.1]]]", "[None]", "['a']",
    "[True, False]", "[[True], [False]]", "[True, 0]", "[[True], [0.5]]", "[1.5, False]",
)  # fmt: skip
DTYPES = ("None", "torch.float32", "torch.float64", "torch.float16", "torch.int64", "torch.int32",
          "torch.uint8", "torch.bool")  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", VALUES)
def test_literal(torch, reference, value, dtype):
    """A number keeps its bits and its sign, or is refused in PyTorch's words."""
    made = f"x = torch.tensor({value}, dtype={dtype})\n"
    assert_alike(made + "str(x.dtype), x.shape, x.stride(), x.numpy().tobytes()", torch, reference)


@pytest.mark.parametrize("kind", ["float32", "float64", "float16"])
def test_default_dtype(torch, reference, kind):
    """Fractions take the default dtype, whatever it is; whole numbers do not."""
    assert_alike(
        f"torch.set_default_dtype(torch.{kind})\n"
        "made = torch.tensor(0.1), torch.tensor([0.1, 2]), torch.tensor([1, 2]), torch.ones(2), "
        "torch.zeros(0), str(torch.empty(1).dtype)\n"
        "torch.set_default_dtype(torch.float32)\nmade", torch, reference,
    )  # fmt: skip
