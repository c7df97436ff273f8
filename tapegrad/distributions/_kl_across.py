"""Kullback-Leibler divergences of different families: ``E_p[-log q(x)] - H(p)``."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions.bernoulli import Bernoulli
from tapegrad.distributions.binomial import Binomial
from tapegrad.distributions.continuous_bernoulli import ContinuousBernoulli
from tapegrad.distributions.dirichlet import Beta
from tapegrad.distributions.exponential import Exponential
from tapegrad.distributions.gamma import Gamma
from tapegrad.distributions.gumbel import Gumbel
from tapegrad.distributions.kl import register_kl
from tapegrad.distributions.laplace import Laplace
from tapegrad.distributions.normal import Normal
from tapegrad.distributions.pareto import Pareto
from tapegrad.distributions.poisson import Poisson
from tapegrad.distributions.uniform import Uniform
from tapegrad.distributions.utils import euler_constant


def _infinite(parameter: str) -> Any:
    """Where p draws what q cannot. Shape: that of a parameter of p."""
    return lambda p, q: tapegrad.full_like(getattr(p, parameter), math.inf)


_BOUNDED = Beta, ContinuousBernoulli, Uniform
for _p, _parameter, _others in (
    (Beta, "concentration1", (Pareto,)), (ContinuousBernoulli, "probs", (Pareto,)),
    (Exponential, "rate", (*_BOUNDED, Pareto)), (Gamma, "concentration", (*_BOUNDED, Pareto)),
    (Pareto, "scale", _BOUNDED),
    *((_real, "loc", (*_BOUNDED, Exponential, Gamma, Pareto))
      for _real in (Gumbel, Laplace, Normal)),
    (Poisson, "rate", (Bernoulli, Binomial)),
):  # fmt: skip
    for _q in _others:
        register_kl(_p, _q)(_infinite(_parameter))


@register_kl(Bernoulli, Poisson)
def _to_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Pareto, Normal)
@register_kl(Uniform, Normal)
def _to_normal(p: Any, q: Normal) -> Tensor:
    spread = p.variance + (p.mean - q.loc).pow(2)
    return 0.5 * (2 * math.pi * q.variance).log() + spread / (2 * q.variance) - p.entropy()


@register_kl(Normal, Laplace)
def _to_laplace(p: Normal, q: Laplace) -> Tensor:
    """The mean of ``|x - loc|`` is that of a folded normal distribution (Leone et al. 1961)."""
    distance = p.loc - q.loc
    z = distance / (p.scale * math.sqrt(2))
    folded = math.sqrt(2 / math.pi) * p.scale * (-z.pow(2)).exp() + distance * tapegrad.erf(z)
    return (2 * q.scale).log() + folded / q.scale - p.entropy()


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
@register_kl(Pareto, Exponential)
@register_kl(Uniform, Exponential)
def _to_exponential(p: Any, q: Exponential) -> Tensor:
    return _outside(q.rate * p.mean - q.rate.log() - p.entropy(), p, 0)


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
@register_kl(Pareto, Gamma)
@register_kl(Uniform, Gamma)
def _to_gamma(p: Any, q: Gamma) -> Tensor:
    constant = q.concentration.lgamma() - q.concentration * q.rate.log()
    result = constant - (q.concentration - 1) * _mean_log(p) + q.rate * p.mean - p.entropy()
    return _outside(result, p, 0)


@register_kl(Beta, ContinuousBernoulli)
def _beta_to_continuous_bernoulli(p: Any, q: ContinuousBernoulli) -> Tensor:
    return -p.entropy() - p.mean * q.logits - tapegrad.log1p(-q.probs) - q._log_constant()


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_to_continuous_bernoulli(p: Uniform, q: ContinuousBernoulli) -> Tensor:
    result = _beta_to_continuous_bernoulli(p, q)
    return result.masked_fill((p.low <= 0) | (p.high >= 1), math.inf)


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_to_uniform(p: ContinuousBernoulli, q: Uniform) -> Tensor:
    result = (q.high - q.low).log() - p.entropy()
    return result.masked_fill((q.low >= 0) | (q.high <= 1), math.inf)


@register_kl(Beta, Uniform)
def _beta_to_uniform(p: Beta, q: Uniform) -> Tensor:
    result = (q.high - q.low).log() - p.entropy()
    return result.masked_fill((q.low > 0) | (q.high < 1), math.inf)


@register_kl(Uniform, Beta)
def _uniform_to_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    mirrored = _mean_log_between(1 - p.high, 1 - p.low)
    constant = a.lgamma() + b.lgamma() - (a + b).lgamma()
    result = constant - (a - 1) * _mean_log(p) - (b - 1) * mirrored - p.entropy()
    return _outside(result, p, 0).masked_fill(p.high > 1, math.inf)


@register_kl(Uniform, Pareto)
def _uniform_to_pareto(p: Uniform, q: Pareto) -> Tensor:
    constant = q.alpha.log() + q.alpha * q.scale.log()
    return _outside((q.alpha + 1) * _mean_log(p) - constant - p.entropy(), p, q.scale)


@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
@register_kl(Normal, Gumbel)
@register_kl(Uniform, Gumbel)
def _to_gumbel(p: Any, q: Gumbel) -> Tensor:
    linear = (p.mean - q.loc) / q.scale
    return q.scale.log() + linear + _mean_power(p, q) - p.entropy()


def _outside(result: Tensor, p: Any, lower_bound: Any) -> Tensor:
    """Infinite where a uniform p reaches below the support of q; the others' begin with it."""
    return result.masked_fill(p.low < lower_bound, math.inf) if isinstance(p, Uniform) else result


def _mean_log(p: Any) -> Tensor:
    """``E[log x]``."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -euler_constant - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return _mean_log_between(p.low, p.high)


def _mean_log_between(low: Tensor, high: Tensor) -> Tensor:
    return (tapegrad.xlogy(high, high) - tapegrad.xlogy(low, low)) / (high - low) - 1


def _mean_power(p: Any, q: Gumbel) -> Tensor:
    """``E[exp((loc - x) / scale)]`` with the location and scale of q."""
    if isinstance(p, Normal):
        return ((q.loc - p.loc) / q.scale + 0.5 * (p.scale / q.scale).pow(2)).exp()
    if isinstance(p, Uniform):
        ends = ((q.loc - p.low) / q.scale).exp() - ((q.loc - p.high) / q.scale).exp()
        return ends * q.scale / (p.high - p.low)
    order = p.concentration if isinstance(p, Gamma) else 1
    return (q.loc / q.scale).exp() * (1 + (p.rate * q.scale).reciprocal()).pow(-order)
