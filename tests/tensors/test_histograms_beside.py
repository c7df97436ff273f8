"""Histograms beside PyTorch's: bins of one width, bins by their edges, boxes."""

from types import ModuleType

import pytest
from beside import assert_alike

SETUP = """
x, w = torch.randn(200), torch.rand(200)
x[::9] = x[::9].mul(4).round() / 4
points, weights = torch.randn(100, 2), torch.rand(100)
numbers = torch.tensor([1.0, float("nan"), 3.0, -1e30, 2.0, float("inf"), 0.0])
"""
CALLS = [
    *(f"torch.histc(x, {arguments})" for arguments in ("5", "100, -1, 1", "3, 2, 9")),
    "torch.histc(x.half(), 7, -2, 2)", "torch.histc(numbers, 3, 0, 3)", "torch.histc(x[:0], 4)",
    *(f"torch.histogram(x, {arguments})" for arguments in (
        "7", "100, range=(-1.0, 1.0)", "9, weight=w", "9, weight=w, density=True",
        "torch.tensor([-1.0, 0.0, 0.25, 0.25, 2.0])", "torch.tensor([2.0, 0.0, -1.0])",
        "torch.tensor([-1.0, 2.0, 0.0, 3.0])")),
    "torch.histogram(x.half(), torch.tensor([-1, 0, 0.25, 2]).half())",
    "torch.histogram(numbers, 3, range=(0.0, 3.0))", "torch.histogram(numbers[[0, 2]], 1)",
    *(f"torch.histogramdd(points, {arguments})" for arguments in (
        "[3, 4]", "5, range=[-1.0, 1.0, 0.0, 1.0]", "4, weight=weights, density=True",
        "[torch.tensor([-1.0, 0.0, 2.0]), torch.tensor([-2.0, 0.1, 0.5, 1.0])]")),
    "torch.histogramdd(points.t().contiguous().t(), [3, 4])",
]


@pytest.mark.parametrize("code", CALLS)
def test_beside_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Counts, sums of weights and edges are PyTorch's."""
    assert_alike(SETUP + code, torch, reference)
