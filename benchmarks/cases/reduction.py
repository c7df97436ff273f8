"""Reductions, scans and sorting of a matrix of a million elements."""

from types import ModuleType
from typing import Any

from benchmarks.case import Family

family = Family("Reductions, scans and sorting, 1,000×1,000")

N = 1_000


def matrix(torch: ModuleType) -> dict[str, Any]:
    """Return a matrix of normal numbers."""
    return {"x": torch.randn(N, N)}


for name, run, n_passes in (
    ("sum", "x.sum()", 1),
    ("sum-0", "x.sum(0)", 1),
    ("sum-1", "x.sum(1)", 1),
    ("max", "x.max()", 1),
    ("max-0", "x.max(0)", 1),
    ("max-1", "x.max(1)", 1),
    ("argmax-1", "x.argmax(1)", 1),
    ("cumsum-0", "x.cumsum(0)", 2),
    ("cumsum-1", "x.cumsum(1)", 2),
    ("sort", "x.sort()", 0),
    ("topk", "x.topk(10)", 0),
):
    family.case(f"`{run}`", 1.0, name=name, run=run, traffic=4 * n_passes * N * N)(matrix)
