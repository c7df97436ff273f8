"""The error function, its inverse and complements, and the normal distribution."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._declare import method, mixed_op, op, takes_out
from tapegrad.ops.pointwise import log, where_op

_SQRT_PI = math.sqrt(math.pi)

erf = op(
    "erf", kernel=OURS["erf"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * (2 / _SQRT_PI * (-(input * input)).exp()),
    doc="Error function of each element: ``2/sqrt(pi) * integral of exp(-t²) from 0 to x``.",
)  # fmt: skip
erfc = op(
    "erfc", kernel=OURS["erfc"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * (-2 / _SQRT_PI * (-(input * input)).exp()),
    doc="``1 - erf(x)``, accurate where that is small.",
)  # fmt: skip
erfinv = op(
    "erfinv", kernel=OURS["erfinv"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * (_SQRT_PI / 2 * erfinv(input).square().exp()),
    doc="""The x whose :func:`erf` each element is; NaN beyond -1 and 1.

    Source: Wichura 1988, algorithm AS 241.
    """,
)  # fmt: skip
erfcx = op(
    "special_erfcx", kernel=OURS["erfcx"], makes_float=True,
    input=lambda g, input, out: g * (input * 2 * out - 2 / _SQRT_PI),
    doc="``exp(x²) * erfc(x)``, without overflow on the right.",
)  # fmt: skip
ndtri = op(
    "special_ndtri", kernel=OURS["ndtri"], makes_float=True,
    input=lambda g, input: g * (math.sqrt(2 * math.pi) * (ndtri(input).square() / 2).exp()),
    doc="The x up to which a standard normal distribution holds the given probability.",
)  # fmt: skip
log_ndtr = op(
    "special_log_ndtr", kernel=OURS["log_ndtr"], makes_float=True,
    input=lambda g, input: g / erfcx(input * -math.sqrt(0.5)) * math.sqrt(2 / math.pi),
    doc="Logarithm of :func:`ndtr`, accurate on both sides.",
)  # fmt: skip
entr = op(
    "special_entr", kernel=OURS["entr"], makes_float=True,
    input=lambda g, input: g * (-log(input) - 1),
    doc="``-x * log(x)``; 0 at zero and -inf below.",
)  # fmt: skip
xlog1py = mixed_op(
    "special_xlog1py", "SpecialXlog1PyBackward", kernel=OURS["xlog1py"], makes_float=True,
    input=lambda g, input, other: where_op(
        (input == 0) & (other <= -1), 0.0, xlog1py(g, other)
    ),
    other=lambda g, input, other: g * input / (other + 1),
    doc="``input * log1p(other)``, and 0 where ``input`` is 0 whatever ``other`` is but NaN.",
)  # fmt: skip


@takes_out("cast", records=True)
def ndtr(input: Tensor) -> Tensor:
    """Probability of a standard normal variable to be at most x: ``erfc(-x / sqrt(2)) / 2``."""
    return erfc(input * -math.sqrt(0.5)) * 0.5


def _logit(input: np.ndarray, eps: float | None) -> np.ndarray:
    if input.dtype.kind != "f":
        input = kernels.cast_array(input, get_default_dtype().numpy)
    if eps is not None:
        input = _bounded(input, float(eps), 1.0 - eps)
    return kernels.pointwise(OURS["logit"], input)


def _bounded(input: np.ndarray, low: float, high: float) -> np.ndarray:
    """Elements between two bounds; if the lower one is above the other it is compared first."""
    if low <= high:
        return kernels.pointwise(OURS["clamp"], input, low, high)
    bounded = np.where(input < low, low, np.where(input > high, high, input))
    return np.asarray(bounded, input.dtype)


def _logit_gradient(g: Tensor, x: Tensor, eps: float | None) -> Tensor:
    low, high, outside = (0.0, 1.0, math.nan) if eps is None else (eps, 1.0 - eps, 0.0)
    return where_op((x >= low) & (x <= high), g / (x * (1 - x)), outside)


logit_op = op(
    "logit", forward=_logit,
    input=lambda g, input, eps: _logit_gradient(g, input, eps),
    doc="Inverse of the logistic function.",
)  # fmt: skip
_logit_inplace = InplaceOp(logit_op)


@takes_out("cast")
@method()
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """``log(x / (1 - x))``, the inverse of the logistic function; ``eps`` keeps x off 0 and 1.

    NaN beyond 0 and 1 where ``eps`` is None.
    """
    return logit_op(input, eps)


@method()
def logit_(self: Tensor, eps: float | None = None) -> Tensor:
    """In-place form of :func:`logit`."""
    return _logit_inplace(self, eps)


__all__ = ["erf", "erfc", "erfinv", "logit"]
