"""Sums and extremes beyond the first programs', spread, norms, and running ones."""

from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import Array, Case, apart, between, edges, positive, real, reducing, turned

HOLES = Array([[1.0, np.nan, 3.0], [np.nan, np.nan, 2.0]])
ZEROS = Array([[2.0, 0.0, 3.0, 0.5], [1.5, -2.0, 0.0, 0.0]])


def first_of(name: str) -> Any:
    """Call an op that gives several results; the first is the one to look at."""
    return lambda torch, x, *args, **options: getattr(torch, name)(x, *args, **options)[0]


def centred(torch: ModuleType, x: Any) -> Any:
    """Use both results of an op in one."""
    variance, mean = torch.var_mean(x, 1)
    return variance * mean


def scaled(torch: ModuleType, x: Any) -> Any:
    """Use both results of an op in one."""
    deviation, mean = torch.std_mean(x, (0, 1), keepdim=True)
    return (x - mean) / deviation


CASES = [
    *reducing("nansum")[:5], *reducing("nanmean")[:5],
    *[Case(name, HOLES, dim=dim, differentiable=False) for name in ("nansum", "nanmean")
      for dim in (None, 0, 1)],
    Case("prod", ZEROS, 1), Case("prod", ZEROS, 0), Case("prod", ZEROS),
    Case("prod", ZEROS, 1, keepdim=True), Case("prod", real()), Case("prod", real(2, 0), 1),
    Case("sum_to_size", real(2, 3), call=lambda torch, x: x.sum_to_size(3),
         reference=lambda x: x.sum(0)),
    Case("max", apart(), call=lambda torch, x: torch.max(x, 0).values),
    Case("max", Array([1.0, np.nan, 2.0]), differentiable=False),
    Case("amax", apart(2, 3, 2), dim=(), reference=lambda x, dim: x.max()),
    Case("amin", apart(2, 3), dim=(1,)),
    Case("aminmax", apart(3, 4)), Case("aminmax", apart(3, 4), dim=1),
    Case("aminmax", apart(3, 4), dim=-1, keepdim=True), Case("aminmax", apart()),
    Case("aminmax", apart(3, 4), call=first_of("aminmax"), dim=0),
    Case("var_mean", real(3, 4)), Case("var_mean", real(3, 4), dim=1, correction=0),
    Case("var_mean", real(3, 4), dim=(0, 1), keepdim=True),
    Case("var_mean", real(3, 4), call=first_of("var_mean"), dim=0),
    Case("var_mean", real(3, 4), call=centred),
    Case("std_mean", real(3, 4)), Case("std_mean", real(3, 4), dim=1, unbiased=False),
    Case("std_mean", real(3, 4), call=scaled),
    Case("cov", real(3, 5)), Case("cov", real(5)), Case("cov", real(3, 5), correction=0),
    Case("corrcoef", real(3, 5)), Case("corrcoef", real(4)),
    Case("norm", apart(2, 3), p=3), Case("norm", apart(2, 3), p=float("inf"), dim=1),
    Case("norm", apart(2, 3), p=-1.0, dim=(0, 1), keepdim=True),
    Case("norm", apart(2, 3), p=0, dim=1, differentiable=False),
    Case("dist", apart(2, 3), between(2, 3)), Case("dist", real(2, 3), real(3), 1),
    Case("dist", real(2, 3), real(), 3.0), Case("dist", apart(4), Array([0.05] * 4), float("inf")),
    Case("renorm", real(3, 4), 2, 0, 1.0), Case("renorm", real(2, 3, 2), 1.5, 1, 2.0),
    Case("renorm", apart(3, 4), 1, -1, 0.5),
    *[Case(name, sample, dim) for name in ("cumsum", "cumprod", "logcumsumexp")
      for sample, dim in [(real(3, 4), 1), (real(2, 3, 2), 1), (turned(real(3, 2)), 0),
                          (real(), 0), (real(0, 2), 0)]],
    Case("cumsum", edges(), 0, differentiable=False),
    Case("cumprod", ZEROS, 1), Case("cumprod", ZEROS, 0),
    Case("cumprod", Array([0.0, 2.0, 0.0, 3.0]), 0),
    Case("logcumsumexp", edges(), 0, differentiable=False),
    *[Case(name, sample, dim, call=first_of(name)) for name in ("cummax", "cummin")
      for sample, dim in [(apart(3, 4), 1), (apart(2, 3, 2), 1), (apart(), 0)]],
    *[Case(name, Array([[2, 2, 1, 3, 3, 0]]), 1, differentiable=False)
      for name in ("cummax", "cummin")],
    *[Case(name, edges(), 0, differentiable=False) for name in ("cummax", "cummin")],

    Case("logsumexp", real(2, 0), 0, reference=lambda x, dim: np.zeros(0)),
    Case("logsumexp", positive(2, 3), -1, keepdim=True),
]
