"""The von Mises distribution of angles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions import constraints
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import broadcast_all, lazy_property

__all__ = ["VonMises"]

# Abramowitz and Stegun 1964, 9.8.1 to 9.8.4: I_0 and I_1 below and above 3.75.
_BELOW = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411),
)
_ABOVE = (
    (0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537,
     -0.01647633, 0.00392377),
    (0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555, 0.02282967, -0.02895312,
     0.01787654, -0.00420059),
)  # fmt: skip


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    *lower, highest = coefficients
    value = tapegrad.full_like(x, highest)
    for coefficient in reversed(lower):
        value = coefficient + x * value
    return value


def _log_bessel(order: int, x: Tensor) -> Tensor:
    """The logarithm of the modified Bessel function ``I_order(x)``, for ``x > 0``."""
    below = _polynomial((x / 3.75).pow(2), _BELOW[order]) * x.pow(order)
    above = x - 0.5 * x.log() + _polynomial(3.75 / x, _ABOVE[order]).log()
    return tapegrad.where(x < 3.75, below.log(), above)


class VonMises(Distribution):
    """``exp(k cos(x - loc)) / (2π I_0(k))`` with ``k = concentration``, for angles x in radians.

    Draws are made in float64 from Cauchy-like proposals (Best and Fisher 1979).
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The direction of the mean on the circle."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """That on the circle: 1 minus the length of the mean."""
        k = self.concentration
        return 1 - (_log_bessel(1, k) - _log_bessel(0, k)).exp()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with tapegrad.no_grad():
            angles = self._deviations(self._extended_shape(sample_shape)) + self.loc.double()
            turned = (angles + math.pi) % (2 * math.pi) - math.pi
            return turned.to(self.loc.dtype)

    def _deviations(self, shape: Any) -> Tensor:
        k = self.concentration.double()
        r = _proposal(k)
        angles = tapegrad.zeros(shape, dtype=tapegrad.float64)
        is_drawn = tapegrad.zeros(shape, dtype=tapegrad.bool)
        while not is_drawn.all():
            u1, u2, u3 = tapegrad.rand((3, *shape), dtype=tapegrad.float64).unbind()
            z = tapegrad.cos(math.pi * u1)
            cosine = (1 + r * z) / (r + z)
            c = k * (r - cosine)
            accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
            angles = tapegrad.where(accepted, (u3 - 0.5).sign() * cosine.acos(), angles)
            is_drawn = is_drawn | accepted
        return angles

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        constant = math.log(2 * math.pi) + _log_bessel(0, self.concentration)
        return self.concentration * tapegrad.cos(value - self.loc) - constant


def _proposal(k: Tensor) -> Tensor:
    """The parameter of the proposals; its series where k is too small for the formula."""
    tau = 1 + (1 + 4 * k.pow(2)).sqrt()
    rho = (tau - (2 * tau).sqrt()) / (2 * k)
    return tapegrad.where(k < 1e-5, 1 / k + k, (1 + rho.pow(2)) / (2 * rho))
