"""The Wishart distribution of covariance matrices."""

from __future__ import annotations

import math
import warnings
from numbers import Number
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Size
from tapegrad.distributions import constraints
from tapegrad.distributions._covariance import FromCovariance, half_log_det, only_given
from tapegrad.distributions.distribution import ExponentialFamily
from tapegrad.distributions.gamma import Chi2

__all__ = ["Wishart"]


class Wishart(FromCovariance, ExponentialFamily):
    """The sum of ``x xᵀ`` over ``df`` draws x of a normal distribution about 0.

    Its covariance ``L Lᵀ`` is given by L or itself or its inverse; n is its number of rows.
    A sample is ``(L A)(L A)ᵀ`` with Bartlett's lower triangular A: roots of chi-squared draws on
    the diagonal, standard normal ones below. Shape of an event: ``(n, n)``.

    Raises ValueError unless ``df > n - 1``. Source: Odell and Feiveson 1966.
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = only_given(
            AssertionError, scale_tril=scale_tril, covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix,
        )  # fmt: skip
        if matrix.dim() < 2:
            raise ValueError(
                "scale_tril must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        given_df, n = df, matrix.shape[-1]
        if isinstance(df, Number):
            df = tapegrad.tensor(df, dtype=matrix.dtype)
        batch_shape = tapegrad.broadcast_shapes(matrix.shape[:-2], df.shape)
        self.df = df if isinstance(given_df, Number) else df.expand(batch_shape)
        if self.df.le(n - 1).any():
            raise ValueError(
                f"Value of df={given_df} expected to be greater than ndim - 1 = {n - 1}."
            )
        self._keep(name, matrix, batch_shape)
        if self.df.lt(n).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 "
                "< df < ndim.",
                stacklevel=2,
            )
        super().__init__(batch_shape, matrix.shape[-2:], validate_args=validate_args)
        self._factor(name, matrix)
        orders = tapegrad.arange(n, dtype=matrix.dtype).expand((*batch_shape, -1))
        self._dist_chi2 = Chi2(self.df.unsqueeze(-1) - orders)

    @property
    def arg_constraints(self) -> dict[str, Any]:
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def _expand_others(self, new: Any, batch_shape: Size) -> None:
        super()._expand_others(new, batch_shape)
        new._dist_chi2 = self._dist_chi2.expand((*batch_shape, self._event_shape[-1]))

    @property
    def _df_of_matrices(self) -> Tensor:
        return self.df.view((*self._batch_shape, 1, 1))

    @property
    def mean(self) -> Tensor:
        return self._df_of_matrices * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """That of the density; NaN where ``df <= n + 1``."""
        factor = self._df_of_matrices - self.covariance_matrix.shape[-1] - 1
        return factor.masked_fill(factor <= 0, math.nan) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        covariance = self.covariance_matrix
        diagonal = covariance.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self._df_of_matrices * (covariance.pow(2) + products)

    def rsample(self, sample_shape: Any = (), max_try_correction: int | None = None) -> Tensor:
        """Draws that can be differentiated by the parameters.

        As in PyTorch, whole draws are made anew, at most ``max_try_correction`` times (10 unless
        given), and a warning says so: at first where they are positive definite, then where the
        new ones are not.
        """
        sample = self._bartlett(Size(sample_shape))
        redraw = self._any_of_batch(self.support.check(sample))
        if not redraw.any():
            return sample
        warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            drawn = self._bartlett(Size((int(redraw.sum()),)))
            sample[redraw] = drawn
            redraw[redraw.clone()] = self._any_of_batch(~self.support.check(drawn))
            if not redraw.any():
                break
        return sample

    def _any_of_batch(self, truths: Tensor) -> Tensor:
        n_dims = len(self._batch_shape)
        return truths.flatten(-n_dims).any(-1) if n_dims else truths

    def _bartlett(self, sample_shape: Size) -> Tensor:
        n = self._event_shape[-1]
        roots = self._dist_chi2.rsample(sample_shape).sqrt()
        noise = roots.clamp(min=tapegrad.finfo(roots.dtype).eps).diag_embed(dim1=-2, dim2=-1)
        i, j = tapegrad.tril_indices(n, n, offset=-1)
        shape = (*sample_shape, *self._batch_shape, n * (n - 1) // 2)
        noise[..., i, j] = tapegrad.randn(shape, dtype=noise.dtype)
        factor = tapegrad.matmul(self._unbroadcasted_scale_tril, noise)
        return tapegrad.matmul(factor, factor.mT)

    @property
    def _half_log_det_of_twice(self) -> Tensor:
        """Half the logarithm of the determinant of ``2 L Lᵀ``."""
        n = self._event_shape[-1]
        return n * math.log(2) / 2 + half_log_det(self._unbroadcasted_scale_tril)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        df, n = self.df, self._event_shape[-1]
        whitened = tapegrad.cholesky_solve(value, self._unbroadcasted_scale_tril)
        trace = whitened.diagonal(dim1=-2, dim2=-1).sum(dim=-1)
        return (
            -df * self._half_log_det_of_twice
            - tapegrad.mvlgamma(df / 2, p=n)
            + (df - n - 1) / 2 * tapegrad.linalg.slogdet(value).logabsdet
            - trace / 2
        )

    def entropy(self) -> Tensor:
        df, n = self.df, self._event_shape[-1]
        halves = (df / 2).unsqueeze(-1) - tapegrad.arange(n, dtype=df.dtype) / 2
        return (
            (n + 1) * self._half_log_det_of_twice
            + tapegrad.mvlgamma(df / 2, p=n)
            - (df - n - 1) / 2 * tapegrad.digamma(halves).sum(-1)
            + df * n / 2
        )

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:
        n = self._event_shape[-1]
        half_df = y + (n + 1) / 2
        log_det = n * math.log(2) - tapegrad.linalg.slogdet(-2 * x).logabsdet
        return half_df * log_det + tapegrad.mvlgamma(half_df, p=n)
