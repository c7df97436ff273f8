"""What distributions given by a covariance, its inverse or its factor share."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions.utils import lazy_property
from tapegrad.ops.linalg.cholesky import linalg_cholesky
from tapegrad.ops.linalg.triangular import solve_triangular


def times_vector(matrix: Tensor, vector: Tensor) -> Tensor:
    """The product of each matrix with its vector."""
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


_FACTORS: Any = {
    "scale_tril": lambda matrix: matrix, "covariance_matrix": linalg_cholesky,
    "precision_matrix": _factor_of_inverse,
}  # fmt: skip


def only_given(error: type[Exception], **matrices: Tensor | None) -> tuple[str, Tensor]:
    """The name and value of the one matrix that is not None. Raises ``error`` for none or more."""
    given = {name: matrix for name, matrix in matrices.items() if matrix is not None}
    if len(given) != 1:
        raise error(
            "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
            "specified."
        )
    ((name, matrix),) = given.items()
    return name, matrix


class FromCovariance:
    """Parameters that say the same: one is given, the others are computed when they are read."""

    _batch_shape: Size
    _event_shape: Size
    _unbroadcasted_scale_tril: Tensor

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril

    def _keep(self, name: str, matrix: Tensor, batch_shape: Any) -> None:
        """Take the matrix that was given for the parameter of that name."""
        self.__dict__[name] = matrix.expand((*batch_shape, -1, -1))

    def _factor(self, name: str, matrix: Tensor) -> None:
        self._unbroadcasted_scale_tril = _FACTORS[name](matrix)

    def _broadcast(self, matrix: Tensor) -> Tensor:
        n = self._event_shape[-1]
        return matrix.expand((*self._batch_shape, n, n))

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
