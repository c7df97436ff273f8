"""The gamma function's logarithm, its derivatives, and the incomplete gamma functions."""

from __future__ import annotations

import math

from tapegrad._core import InplaceOp
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import composite, method, mixed_op, op, takes_out, without_derivative
from tapegrad.ops.create import arange

lgamma = op(
    "lgamma", kernel=OURS["lgamma"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * digamma(input),
    doc="Natural logarithm of the gamma function's size. Source: https://dlmf.nist.gov/5.2",
)  # fmt: skip
digamma = op(
    "digamma", kernel=OURS["digamma"], makes_float=True, method=True, inplace=True,
    input=lambda g, input: g * polygamma_op(1, input),
    doc="Derivative of :func:`lgamma`. Source: https://dlmf.nist.gov/5.2",
)  # fmt: skip
polygamma_op = op(
    "polygamma", kernel=OURS["polygamma"], makes_float=True, params=("n", "input"),
    input=lambda g, n, input: g * polygamma_op(n + 1, input),
    doc="The ``n``-th derivative of :func:`digamma`. Source: https://dlmf.nist.gov/5.15",
)  # fmt: skip


@takes_out("cast")
def polygamma(n: int, input: Tensor) -> Tensor:
    """The ``n``-th derivative of :func:`digamma` at each element.

    Raises RuntimeError for a negative ``n``. Source: https://dlmf.nist.gov/5.15
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return polygamma_op(n, input)


@method("polygamma")
def _polygamma_method(self: Tensor, n: int) -> Tensor:
    """The ``n``-th derivative of the digamma function at each element."""
    return polygamma(n, self)


_polygamma_inplace = InplaceOp(op(
    "polygamma_", forward=composite(lambda input, n: polygamma(n, input)), params=("input", "n"),
    grad_name="PolygammaBackward1",
    input=lambda g, input, n: g * polygamma_op(n + 1, input),
    doc="In-place form of :func:`polygamma`.",
))  # fmt: skip


@method()
def polygamma_(self: Tensor, n: int) -> Tensor:
    """In-place form of :func:`polygamma`."""
    return _polygamma_inplace(self, n)


def _shifted(x: Tensor, p: int) -> Tensor:
    """``x, x - 1/2, ...``: the arguments of the p gamma functions, in a new last dimension."""
    return x.unsqueeze(-1) - arange(p, dtype=x.dtype) * 0.5


def _sum_of_lgammas(input: Tensor, p: int) -> Tensor:
    constant = math.log(math.pi) * (p * (p - 1) / 4)
    floating = input if input.is_floating_point() else input * 1.0
    return lgamma(_shifted(floating, p)).sum(-1) + constant


mvlgamma_op = op(
    "mvlgamma", forward=composite(_sum_of_lgammas), params=("input", "p"),
    input=lambda g, input, p: g * digamma(_shifted(input, p)).sum(-1),
    doc="Logarithm of the multivariate gamma function.",
)  # fmt: skip
_mvlgamma_inplace = InplaceOp(mvlgamma_op)


def _check_dimension(input: Tensor, p: int) -> None:
    if input.dtype.name == "bool":
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")


@takes_out("cast")
@method()
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension ``p``.

    ``log(pi) * p * (p - 1) / 4 + sum of lgamma(x - k / 2) for k from 0 to p - 1``.
    Source: https://dlmf.nist.gov/35.3
    """
    _check_dimension(input, p)
    return mvlgamma_op(input, p)


@method()
def mvlgamma_(self: Tensor, p: int) -> Tensor:
    """In-place form of :func:`mvlgamma`."""
    _check_dimension(self, p)
    return _mvlgamma_inplace(self, p)


def _log_density(a, x):
    """Logarithm of the derivative of ``P(a, x)`` in ``x``."""
    return (a - 1) * x.log() - x - lgamma(a)


igamma = op(
    "igamma", kernel=OURS["igamma"], method=True, inplace=True, n_tensors=2,
    input=without_derivative("igamma: input"),
    other=lambda g, input, other: g * _log_density(input, other).exp(),
    doc="""Regularised lower incomplete gamma function ``P(input, other)``.

    Differentiable in ``other`` alone. Source: https://dlmf.nist.gov/8.2
    """,
)  # fmt: skip
igammac = op(
    "igammac", kernel=OURS["igammac"], method=True, inplace=True, n_tensors=2,
    input=without_derivative("igammac: input"),
    other=lambda g, input, other: -g * _log_density(input, other).exp(),
    doc="""Regularised upper incomplete gamma function ``Q(input, other)``.

    Differentiable in ``other`` alone. Source: https://dlmf.nist.gov/8.2
    """,
)  # fmt: skip
zeta = mixed_op(
    "special_zeta", "SpecialZetaBackward", kernel=OURS["zeta"], makes_float=True,
    input=without_derivative("zeta"),
    other=lambda g, input, other: g * -input * zeta(input + 1, other),
    doc="""Hurwitz zeta function ``zeta(input, other)``.

    Differentiable in ``other`` alone. Source: https://dlmf.nist.gov/25.11
    """,
)  # fmt: skip

__all__ = ["digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma"]
