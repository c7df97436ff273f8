"""The normal distribution of vectors whose covariance is of low rank but for its diagonal."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions._covariance import half_log_det, squared_distance, times_vector
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import _standard_normal, lazy_property
from tapegrad.ops.linalg.cholesky import linalg_cholesky
from tapegrad.ops.linalg.triangular import solve_triangular

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """The normal distribution with covariance ``W Wᵀ + D``, for ``W = cov_factor``.

    D is diagonal and given as ``cov_diag``. Densities need the factor of the small
    ``C = I + Wᵀ D⁻¹ W`` only (Woodbury 1950). Shapes: ``loc`` and ``cov_diag`` ``(*, n)``,
    ``cov_factor`` ``(*, n, rank)``. Raises ValueError for others.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        cov_factor: Tensor,
        cov_diag: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        _check_shapes(loc, cov_factor, cov_diag)
        batch_shapes = loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1]
        try:
            batch_shape = tapegrad.broadcast_shapes(*batch_shapes)
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, "
                f"cov_diag {cov_diag.shape}"
            ) from error
        self.loc = loc.expand((*batch_shape, -1))
        self.cov_factor = cov_factor.expand((*batch_shape, -1, -1))
        self.cov_diag = cov_diag.expand((*batch_shape, -1))
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        self._capacitance_tril = _factor_of_sum(self._weighted, cov_factor)
        super().__init__(batch_shape, loc.shape[-1:], validate_args=validate_args)

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        for name in "_unbroadcasted_cov_factor", "_unbroadcasted_cov_diag", "_capacitance_tril":
            new.__dict__[name] = self.__dict__[name]

    @property
    def _weighted(self) -> Tensor:
        """``Wᵀ D⁻¹``."""
        return self._unbroadcasted_cov_factor.mT / self._unbroadcasted_cov_diag.unsqueeze(-2)

    def _broadcast(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """The covariance's diagonal."""
        squares = self._unbroadcasted_cov_factor.pow(2).sum(-1)
        return (squares + self._unbroadcasted_cov_diag).expand(
            self._batch_shape + self._event_shape
        )

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        roots = self._unbroadcasted_cov_diag.sqrt().unsqueeze(-1)
        scaled = self._unbroadcasted_cov_factor / roots
        return self._broadcast(roots * _factor_of_sum(scaled, scaled.mT))

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """``W Wᵀ + D``."""
        factor = self._unbroadcasted_cov_factor
        diagonal = tapegrad.diag_embed(self._unbroadcasted_cov_diag)
        return self._broadcast(tapegrad.matmul(factor, factor.mT) + diagonal)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        whitened = self._whitened
        diagonal = tapegrad.diag_embed(self._unbroadcasted_cov_diag.reciprocal())
        return self._broadcast(diagonal - tapegrad.matmul(whitened.mT, whitened))

    @property
    def _whitened(self) -> Tensor:
        """``A = K⁻¹ Wᵀ D⁻¹`` for ``C = K Kᵀ``: the precision is ``D⁻¹ - Aᵀ A``."""
        return solve_triangular(self._capacitance_tril, self._weighted, upper=False)

    def _squared_distance(self, x: Tensor) -> Tensor:
        """Mahalanobis' distance from the centre."""
        inside = squared_distance(self._capacitance_tril, times_vector(self._weighted, x))
        return (x.pow(2) / self._unbroadcasted_cov_diag).sum(-1) - inside

    @property
    def _log_det(self) -> Tensor:
        """The logarithm of the covariance's determinant, ``|C| |D|``."""
        return 2 * half_log_det(self._capacitance_tril) + self._unbroadcasted_cov_diag.log().sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        rank = self.cov_factor.shape[-1]
        inside = _standard_normal((*shape[:-1], rank), self.loc.dtype)
        around = _standard_normal(shape, self.loc.dtype)
        spread = times_vector(self._unbroadcasted_cov_factor, inside)
        return self.loc + spread + self._unbroadcasted_cov_diag.sqrt() * around

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + self._log_det + self._squared_distance(value - self.loc))

    def entropy(self) -> Tensor:
        constant = self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        entropy = 0.5 * (constant + self._log_det)
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy


def _factor_of_sum(a: Tensor, b: Tensor) -> Tensor:
    """The lower triangular factor of ``I + a b``."""
    return linalg_cholesky(tapegrad.eye(b.shape[-1], dtype=b.dtype) + tapegrad.matmul(a, b))


def _check_shapes(loc: Tensor, cov_factor: Tensor, cov_diag: Tensor) -> None:
    if loc.dim() < 1:
        raise ValueError("loc must be at least one-dimensional.")
    event_shape = loc.shape[-1:]
    if cov_factor.dim() < 2:
        raise ValueError(
            "cov_factor must be at least two-dimensional, with optional leading batch dimensions"
        )
    if cov_factor.shape[-2:-1] != event_shape:
        raise ValueError(
            f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m"
        )
    if cov_diag.shape[-1:] != event_shape:
        raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
