"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions.distribution import Distribution
from tapegrad.distributions.utils import lazy_property, standard_normal
from tapegrad.ops.linalg import linalg_cholesky, solve_triangular

__all__ = ["MultivariateNormal"]


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return tapegrad.matmul(matrix, vector.unsqueeze(-1)).squeeze(-1)


def squared_distance(scale_tril: Tensor, x: Tensor) -> Tensor:
    """Mahalanobis' ``xᵀ (L Lᵀ)⁻¹ x``."""
    return solve_triangular(scale_tril, x.unsqueeze(-1), upper=False).squeeze(-1).pow(2).sum(-1)


def half_log_det(scale_tril: Tensor) -> Tensor:
    """Half the logarithm of the covariance's determinant."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _factor_of_inverse(precision: Tensor) -> Tensor:
    """The lower L with ``L Lᵀ = precision⁻¹``, from the factor of the precision turned round."""
    turned = linalg_cholesky(tapegrad.flip(precision, (-2, -1)))
    inverse = tapegrad.flip(turned, (-2, -1)).mT
    identity = tapegrad.eye(precision.shape[-1], dtype=precision.dtype)
    return solve_triangular(inverse, identity, upper=False)


class MultivariateNormal(Distribution):
    """``loc + L x`` with standard normal x; given L or its covariance ``L Lᵀ`` or precision."""

    arg_constraints = {
        "loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }  # fmt: skip
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = {
            "scale_tril": scale_tril, "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
        }  # fmt: skip
        given = {name: matrix for name, matrix in matrices.items() if matrix is not None}
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            kind = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(
                f"{kind} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch_shape = tapegrad.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.__dict__[name] = matrix.expand((*batch_shape, -1, -1))
        self.loc = loc.expand((*batch_shape, -1))
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = _FACTORS[name](matrix)

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril

    def _broadcast(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """``L Lᵀ``."""
        factor = self._unbroadcasted_scale_tril
        return self._broadcast(tapegrad.matmul(factor, factor.mT))

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        return self._broadcast(tapegrad.cholesky_inverse(self._unbroadcasted_scale_tril))

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        squares = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return squares.expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + _times(self._unbroadcasted_scale_tril, eps)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = squared_distance(self._unbroadcasted_scale_tril, value - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + distance) - half_log_det(self._unbroadcasted_scale_tril)

    def entropy(self) -> Tensor:
        constant = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        entropy = constant + half_log_det(self._unbroadcasted_scale_tril)
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy


_FACTORS: Any = {
    "scale_tril": lambda matrix: matrix, "covariance_matrix": linalg_cholesky,
    "precision_matrix": _factor_of_inverse,
}  # fmt: skip
