"""Sorting, choosing by rank, searching, counting in bins, differences of neighbours."""

from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import (
    Array,
    Case,
    apart,
    classes,
    coins,
    edges,
    fixed,
    positive,
    real,
    turned,
)

SORTED = fixed(Array([-1.0, 0.0, 0.5, 0.5, 2.0]))
TIES = Array([[2, 1, 2, 1, 1, 3], [4, 4, 0, 0, 4, 0]])
HOLES = Array([[3.0, np.nan, 1.0, 2.0], [np.nan, 5.0, np.nan, 4.0]])


def values_of(name: str) -> Any:
    """Call an op that gives values and their places; the values are the ones to look at."""
    return lambda torch, *args, **options: getattr(torch, name)(*args, **options)[0]


def once(name: str) -> Any:
    """Call a composed function; the factor hides the name of its last node."""
    return lambda torch, *args, **options: getattr(torch, name)(*args, **options) * 1


def choosing(name: str, *arguments: Any) -> list[Case]:
    """Dimensions and layouts that every op should bear that picks elements along one."""
    call = values_of(name)
    return [Case(name, sample, *arguments, dim, call=call)
            for sample, dim in [(apart(3, 4), 1), (apart(2, 3, 2), 1), (turned(apart(4, 3)), 0),
                                (apart(), 0)]]


def row_differences(torch: ModuleType, x: Any) -> Any:
    """Extend the rows at both ends."""
    return torch.diff(x, dim=1, prepend=x[:, :1] * 2, append=x[:, 1:3])


CASES = [
    *choosing("sort"), *choosing("kthvalue", 1)[:3], *choosing("mode"), *choosing("median"),
    *choosing("nanmedian"), *choosing("topk", 1),
    Case("sort", apart(3, 4), call=values_of("sort"), descending=True, reference=lambda x, **_:
         -np.sort(-x)),
    Case("sort", apart(3, 4), call=values_of("sort"), stable=True),
    *[Case("sort", sample, differentiable=False, descending=descending, stable=True)
      for sample in (TIES, edges(), HOLES, coins(5), real(0, 2), real(2, 0))
      for descending in (False, True)],
    Case("argsort", TIES, differentiable=False),
    Case("argsort", fixed(apart(3, 4)), 0, True, differentiable=False),
    Case("argsort", TIES, differentiable=False, stable=True, dim=0),
    Case("msort", apart(3, 4)), Case("msort", apart()),
    Case("kthvalue", apart(3, 4), 3, call=values_of("kthvalue"), keepdim=True),
    *[Case("kthvalue", sample, k, differentiable=False)
      for sample in (TIES, HOLES, classes(4, 3, 40)) for k in (1, 2, 4)],
    *[Case(name, sample, 1, differentiable=False) for name in ("mode", "median", "nanmedian")
      for sample in (TIES, HOLES, classes(9, 3, 70))],
    *[Case(name, apart(3, 4)) for name in ("median", "nanmedian")],
    *[Case(name, HOLES, differentiable=False) for name in ("median", "nanmedian")],
    *[Case(name, real(0), differentiable=False) for name in ("median", "nanmedian")],
    Case("median", apart(3, 4), call=values_of("median"), dim=0, keepdim=True),
    Case("mode", apart(3, 4), call=values_of("mode"), dim=0, keepdim=True),
    Case("topk", apart(3, 4), 2, call=values_of("topk")),
    Case("topk", apart(3, 4), 2, call=values_of("topk"), dim=0, largest=False),
    *[Case("topk", sample, k, differentiable=False, largest=largest)
      for sample in (TIES, HOLES, classes(50, 2, 400)) for k in (0, 1, 4)
      for largest in (False, True)],
    Case("topk", classes(50, 2, 400), 300, differentiable=False),
    Case("topk", classes(9, 2, 40), 7, differentiable=False, sorted=False),
    *[Case("quantile", apart(3, 4), q, dim, call=lambda torch, x, q, dim: torch.quantile(
        x, torch.tensor(q, dtype=x.dtype) if isinstance(q, list) else q, dim) * 1)
      for q in (0.3, [0.2, 0.75], 1.0) for dim in (None, 0, 1)],
    *[Case("quantile", apart(3, 4), 0.4, 1, call=lambda torch, *args, **kind: torch.quantile(
        *args, keepdim=True, **kind) * 1, interpolation=kind)
      for kind in ("linear", "lower", "higher", "midpoint", "nearest")],
    Case("quantile", fixed(HOLES), 0.5, 1, differentiable=False),
    *[Case("nanquantile", fixed(HOLES), q, dim, differentiable=False)
      for q in (0.1, 0.5) for dim in (None, 1)],
    *[Case("unique", sample, differentiable=False, return_inverse=True, return_counts=True,
           dim=dim) for sample in (TIES, fixed(HOLES), coins(2, 3)) for dim in (None, 0, 1)],
    Case("unique", classes(5, 20), differentiable=False),
    *[Case("unique", real(2, 3), differentiable=False, dim=dim) for dim in (None, 0)],
    Case("unique_consecutive", real(2, 3), differentiable=False),
    *[Case("unique_consecutive", TIES, differentiable=False, return_inverse=True,
           return_counts=True, dim=dim) for dim in (None, 0, 1)],
    *[Case("searchsorted", SORTED, fixed(edges()), differentiable=False, right=right)
      for right in (False, True)],
    Case("searchsorted", Array([[1, 3, 5], [2, 4, 6]]), Array([[3, 9], [2, 5]]),
         differentiable=False, out_int32=True),
    Case("searchsorted", SORTED, 0.5, differentiable=False, side="right"),
    Case("searchsorted", Array([5, 1, 3]), Array([[3, 0]]), differentiable=False,
         call=lambda torch, row, x: torch.searchsorted(row, x, sorter=torch.tensor([1, 2, 0]))),
    Case("bucketize", fixed(real(2, 3)), SORTED, differentiable=False),
    Case("bucketize", 0.5, SORTED, differentiable=False, right=True),
    Case("isin", classes(9, 2, 5), classes(9, 4), differentiable=False),
    Case("isin", classes(9, 5), 3, differentiable=False, invert=True),
    Case("isin", fixed(edges()), fixed(edges()), differentiable=False),
    Case("bincount", classes(6, 20), differentiable=False),
    Case("bincount", classes(6, 20), fixed(positive(20)), differentiable=False, minlength=9),
    Case("bincount", classes(6, 20), classes(5, 20), differentiable=False),
    Case("histc", fixed(real(50)), 7, differentiable=False),
    Case("histc", fixed(real(50)), 7, -1, 1, differentiable=False),
    *[Case("histogram", fixed(real(20)), bins, differentiable=False, density=density)
      for bins in (4, SORTED) for density in (False, True)],
    Case("histogram", fixed(real(20)), 3, differentiable=False, range=(-1.0, 1.0)),
    Case("histogramdd", fixed(real(20, 2)), [3, 2], differentiable=False,
         call=lambda torch, x, bins: torch.histogramdd(x, bins)[0]),
    Case("histogramdd", fixed(real(20, 2)), 3, differentiable=False, call=lambda torch, x, bins:
         torch.histogramdd(x, bins, weight=x[:, 0] ** 2, density=True)[0]),
    *[Case(name, real(3, 4), *x, call=once(name), **options)
      for name in ("trapezoid", "trapz", "cumulative_trapezoid")
      for x, options in [((), {}), ((real(4),), {}), ((real(3, 4),), {"dim": 0}),
                         ((), {"dim": 0, "dx": 0.5})]],
    Case("trapezoid", fixed(real(2, 0)), differentiable=False),
    Case("diff", real(3, 4)), Case("diff", real(3, 4), 2, 0), Case("diff", real(3, 4), 9),
    Case("diff", real(3, 4), 0), Case("diff", coins(5), differentiable=False),
    Case("diff", real(3, 4), call=row_differences),
    *[Case("gradient", real(3, 4), call=lambda torch, x, **kind: torch.gradient(x, **kind),
           edge_order=order, spacing=spacing) for order in (1, 2) for spacing in (1.0, [0.5, 2.0])],
    *[Case("gradient", real(3, 4), call=lambda torch, x, edge_order: torch.gradient(
        x, spacing=(torch.tensor([0.0, 1.0, 4.0, 4.5], dtype=x.dtype),), dim=1,
        edge_order=edge_order), edge_order=order) for order in (1, 2)],
]
