"""Kullback-Leibler divergences of normal distributions of vectors.

``(log |Q| - log |P| + tr(Q⁻¹ P) + d - n) / 2`` for covariances P and Q and Mahalanobis' distance d.
"""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.distributions._covariance import half_log_det, squared_distance
from tapegrad.distributions.kl import register_kl
from tapegrad.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from tapegrad.distributions.multivariate_normal import MultivariateNormal
from tapegrad.ops.linalg.triangular import solve_triangular


def _check_event_shapes(p: Any, q: Any, kind: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {kind}Multivariate Normals with                          "
            "different event shapes cannot be computed"
        )


def _sum_of_squares(x: Tensor) -> Tensor:
    """The trace of ``x xᵀ``."""
    return x.pow(2).sum((-2, -1))


@register_kl(MultivariateNormal, MultivariateNormal)
def _full(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    _check_event_shapes(p, q, "")
    of_p, of_q = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril
    trace = _sum_of_squares(solve_triangular(of_q, of_p, upper=False))
    distance = squared_distance(of_q, q.loc - p.loc)
    half = half_log_det(of_q) - half_log_det(of_p)
    return half + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _low_rank_to_full(p: LowRankMultivariateNormal, q: MultivariateNormal) -> Tensor:
    _check_event_shapes(p, q, "(Low Rank) ")
    of_q = q._unbroadcasted_scale_tril
    roots = tapegrad.diag_embed(p._unbroadcasted_cov_diag.sqrt())
    trace = _sum_of_squares(
        solve_triangular(of_q, p._unbroadcasted_cov_factor, upper=False)
    ) + _sum_of_squares(solve_triangular(of_q, roots, upper=False))
    distance = squared_distance(of_q, q.loc - p.loc)
    return 0.5 * (2 * half_log_det(of_q) - p._log_det + trace + distance - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _full_to_low_rank(p: MultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _check_event_shapes(p, q, "(Low Rank) ")
    of_p = p._unbroadcasted_scale_tril
    return _to_low_rank(p, q, 2 * half_log_det(of_p), _trace_of(of_p, q))


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: LowRankMultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _check_event_shapes(p, q, "Low Rank ")
    diagonal = p._unbroadcasted_cov_diag
    trace = (
        (diagonal / q._unbroadcasted_cov_diag).sum(-1)
        - _sum_of_squares(q._whitened * diagonal.sqrt().unsqueeze(-2))
        + _trace_of(p._unbroadcasted_cov_factor, q)
    )
    return _to_low_rank(p, q, p._log_det, trace)


def _to_low_rank(
    p: Any, q: LowRankMultivariateNormal, log_det: Tensor, trace: Tensor
) -> Tensor:
    distance = q._squared_distance(q.loc - p.loc)
    return 0.5 * (q._log_det - log_det + trace + distance - p.event_shape[0])


def _trace_of(factor: Tensor, q: LowRankMultivariateNormal) -> Tensor:
    """The trace of ``Q⁻¹ F Fᵀ``, with ``Q⁻¹ = D⁻¹ - Aᵀ A``."""
    scaled = factor * q._unbroadcasted_cov_diag.rsqrt().unsqueeze(-1)
    return _sum_of_squares(scaled) - _sum_of_squares(tapegrad.matmul(q._whitened, factor))
