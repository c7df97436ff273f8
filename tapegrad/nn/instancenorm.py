"""Layers that normalise each channel of each sample."""

from __future__ import annotations

import warnings
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.batchnorm import _NormBase


class _InstanceNorm(_NormBase):
    """Normalisation over the positions of a channel; a batch may be missing."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        """Normalise ``input`` and, if they are tracked, update the running statistics."""
        self._check_input_dim(input)
        n_batched = self._n_batched()
        feature_dim = input.dim() - n_batched + 1
        if input.size(feature_dim) != self.num_features:
            self._refuse_or_warn(input.size(feature_dim), feature_dim)
        if input.dim() == n_batched:
            return self._normalized(input)
        return self._normalized(input.unsqueeze(0)).squeeze(0)

    def _normalized(self, input: Tensor) -> Tensor:
        return F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0,
            self.eps,
        )

    def _refuse_or_warn(self, found: int, dim: int) -> None:
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), "
                f"but got: {found}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning "
            "by not passing in num_features, which is not used because affine=False",
            stacklevel=3,
        )

    def _n_batched(self) -> int:
        """How many dimensions an input with a batch has; every subclass defines it."""
        raise NotImplementedError

    def _check_input_dim(self, input: Tensor) -> None:
        n = self._n_batched()
        if input.dim() not in (n - 1, n):
            raise ValueError(f"expected {n - 1}D or {n}D input (got {input.dim()}D input)")


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each sample to mean 0 and variance 1, then scale and shift.

    Shape: ``(batch, channels, length)`` or without ``batch``, to the same. Source: Ulyanov et al.
    2016.
    """

    def _n_batched(self) -> int:
        return 3


class InstanceNorm2d(_InstanceNorm):
    """``InstanceNorm1d`` of images. Shape: ``([batch,] channels, rows, columns)``."""

    def _n_batched(self) -> int:
        return 4


class InstanceNorm3d(_InstanceNorm):
    """``InstanceNorm1d`` of volumes. Shape: ``([batch,] channels, depth, rows, columns)``."""

    def _n_batched(self) -> int:
        return 5
