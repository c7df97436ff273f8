"""Functions of each element beyond those of the first programs."""

import math
from types import ModuleType
from typing import Any

import numpy as np

from op_samples._case import (
    Array,
    Case,
    apart,
    between,
    coins,
    comparing,
    edges,
    fixed,
    pairwise,
    pointwise,
    positive,
    real,
    turned,
    unit,
)
from op_samples.indexing import written


def small() -> Array:
    """Whole numbers of both signs, zero among them."""
    return Array(np.array([[7, -7, 12], [0, 5, -64]]))


def special(name: str, *inputs: Any, **options: Any) -> Case:
    """A function that is public in ``special`` alone."""
    def call(torch: ModuleType, *args: Any) -> Any:
        return getattr(torch.special, name)(*args)

    return Case(name, *inputs, call=call, **options)


def above(low: float) -> Any:
    """Samples from a number on."""
    return lambda *shape: Array(positive(*shape).values + low)


def rounded_quotient(a: Any, b: Any, rounding_mode: str) -> Any:
    """Divide and round down or towards zero."""
    return (np.floor if rounding_mode == "floor" else np.trunc)(a / b)


def times_two_to(torch: ModuleType, x: Any, power: Any) -> Any:
    """Split into mantissa and exponent, and put together again."""
    mantissa, exponent = torch.frexp(x)
    return mantissa * 2.0 ** (exponent + power)


erf_of = np.vectorize(math.erf, otypes=[float])
erfc_of = np.vectorize(math.erfc, otypes=[float])
lgamma_of = np.vectorize(lambda x: math.lgamma(x) if x > 0 else math.inf, otypes=[float])

COMPARISONS = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
               "gt": np.greater, "ge": np.greater_equal}


def as_numbers(compare: Any) -> Any:
    """Give 1 where a comparison holds, else 0."""
    return lambda x, other: compare(x, other).astype(x.dtype)


CASES = [
    *pointwise("asin", unit, reference=np.arcsin), *pointwise("acos", unit, reference=np.arccos),
    *pointwise("asinh", reference=np.arcsinh)[:-1],
    *pointwise("acosh", above(1.0), reference=np.arccosh),
    *pointwise("atanh", unit, reference=np.arctanh), *pointwise("exp2", reference=np.exp2),
    *[Case(f"{name}_", x, call=lambda torch, x, name=name: getattr(x * 1, f"{name}_")(),
           reference=getattr(np, f"arc{name[1:]}"), differentiable=False)
      for name, x in (("asinh", real(2, 3)), ("acosh", above(1.0)(2, 3)), ("atanh", unit(2, 3)))],
    *pointwise("deg2rad", reference=np.deg2rad), *pointwise("rad2deg", reference=np.rad2deg),
    *pointwise("sinc", apart, reference=np.sinc)[:-1],
    *pointwise("frac", apart, reference=lambda x: x - np.trunc(x)),
    *pointwise("round", apart, decimals=2, reference=lambda x, decimals: np.round(x, decimals)),
    *pointwise("round", apart, decimals=-1, reference=lambda x, decimals: np.round(x, decimals)),
    *[Case("sgn", x, differentiable=False) for x in (apart(3, 4), edges(), small())],
    *pointwise("angle", apart, reference=np.angle)[:-1],
    *pointwise("nan_to_num", apart, nan=2.0, posinf=3.0, neginf=-4.0, reference=np.nan_to_num),
    *pointwise("lgamma", positive, reference=lgamma_of)[:-1], *pointwise("digamma", positive)[:-1],
    *pointwise("erfc", reference=erfc_of), *pointwise("erfinv", unit),
    *pointwise("i0", reference=np.i0)[:4],
    *pointwise("logit", unit, reference=lambda x: np.log(x / (1 - x))),
    *pointwise("logit", unit, eps=0.3),
    *pointwise("mvlgamma", above(2.0), p=3)[:-1],
    *[Case("polygamma", n, positive(2, 3)) for n in (0, 2, 3)],
    Case("polygamma_", positive(2, 3), call=lambda torch, x: (x * 1).polygamma_(2),
         reference=lambda x: -2 * np.sum(1 / (x[..., None] + np.arange(20_000)) ** 3, -1)
         - 1 / (x + 19_999.5) ** 2),
    Case("conj_physical", real(2, 3), call=lambda torch, x: (x * 1).conj_physical_(),
         reference=lambda x: x),
    *[special(name, x) for name in ("erfcx", "ndtri", "log_ndtr", "i0e", "i1", "i1e")
      for x in (unit(2, 3), turned(unit(2, 3)))],
    special("entr", positive(2, 3)), special("xlog1py", real(3), positive(3)),
    special("zeta", fixed(above(1.5)(3)), positive(3)),
    *pairwise("atan2", apart, positive), *pairwise("hypot", positive, real),
    *pairwise("logaddexp"), *pairwise("logaddexp2"), *pairwise("xlogy", real, positive),
    Case("xlogy", 2.0, positive(3)), Case("xlogy", real(3), 2.0),
    *pairwise("copysign", apart, between), Case("copysign", apart(3), -2.0),
    *pairwise("fmax", apart, between), *pairwise("fmin", apart, between),
    Case("clamp_min", apart(3, 4), 0.1), Case("clamp_max", apart(3, 4), 0.1),
    Case("clamp_min", apart(3, 4), between(4)), Case("clamp_max", apart(3, 4), between(4)),
    *[Case("clamp", apart(3, 4), low, high) for low, high in [
        (Array(-0.45), Array(0.8)), (None, between(4)), (between(3, 1), None)]],
    Case("igamma", fixed(positive(3)), positive(2, 3)),
    Case("igammac", fixed(positive(3)), positive(2, 3)),
    Case("float_power", positive(3), real(3)), Case("float_power", positive(3), 2),
    Case("addcmul", real(2, 3), real(3), real(2, 1), value=2.5),
    Case("addcmul", real(3), real(3), real(3)),
    Case("addcdiv", real(2, 3), real(3), positive(2, 1), value=-1.5),
    Case("lerp", real(2, 3), real(3), 0.3), Case("lerp", real(2, 3), real(3), 1.75),
    Case("lerp", real(2, 3), real(3), unit(2, 1)),
    *[Case("div", apart(3, 4), positive(4), rounding_mode=mode, reference=rounded_quotient)
      for mode in ("floor", "trunc")],
    *[Case("div", small(), Array(np.array([2, -3, 5])), rounding_mode=mode, differentiable=False,
           reference=rounded_quotient)
      for mode in ("floor", "trunc")],
    Case("frexp", apart(3, 4), 2, call=times_two_to, reference=lambda x, power: x * 2.0**power),
    Case("ldexp", real(3), fixed(Array(np.array([1, 2, 3])))),
    *[Case(name, x, differentiable=False) for name in (
        "isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal", "signbit")
      for x in (edges(), small(), coins(3))],
    Case("heaviside", real(3), real(3), differentiable=False),
    Case("heaviside", edges(), Array(np.full(10, 0.5)), differentiable=False),
    Case("remainder", 2.5, Array([0.75, -2.0, 8.0]), differentiable=False),
    special("zeta", positive(3), 1.5, differentiable=False),
    special("zeta", 2.5, positive(3)),
    special("xlog1py", real(3), 1.5), special("xlog1py", 2.5, positive(3)),
    Case("nextafter", edges(), Array(np.ones(10)), differentiable=False),
    Case("gcd", small(), Array(np.array([21, 14, 0])), differentiable=False),
    Case("lcm", small(), Array(np.array([21, 14, 0])), differentiable=False),
    *comparing("greater_equal")[:2], *comparing("isclose")[:2],
    # Comparisons in place, which write numbers
    *[Case(f"{name}_", apart(2, 3), other, call=written(f"{name}_"), reference=as_numbers(compare))
      for name, compare in COMPARISONS.items() for other in (between(2, 3), 0.5)],
]
