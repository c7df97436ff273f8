"""The numbers of arange to the last digit: PyTorch rounds them by vectors."""

import pytest

RANGES = [
    (0.1, 10.1, 0.1), (0, 1, 0.1), (-3.3, 50, 0.37), (1, 30, 0.7), (0.3, 100, 1 / 3),
    (5.3, -8, -0.17), (1e6, 1e6 + 40, 0.3), (0, 17, 1), (0.5, 0.5, 1), (0, 3, 0.1),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("given", RANGES, ids=str)
def test_every_digit(torch, reference, dtype, given):
    """Each number is PyTorch's, bit for bit."""
    numbers = torch.arange(*given, dtype=getattr(torch, dtype))
    expected = reference.arange(*given, dtype=getattr(reference, dtype))

    assert numbers.dtype is getattr(torch, dtype)
    assert numbers.tolist() == expected.tolist()
