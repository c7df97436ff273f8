"""Layers that normalise each sample by itself."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.autograd import Function
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.nn._call import Straight
from tapegrad.nn._front import front
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter


class _ScalesAndShifts(Module):
    """A weight and a bias of one shape, each of which may be left out."""

    def _make_scale(
        self, shape: Any, has_weight: bool, has_bias: bool, device: Any, dtype: Any
    ) -> None:
        for name, is_wanted in (("weight", has_weight), ("bias", has_bias)):
            empty = tapegrad.empty(shape, device=device, dtype=dtype) if is_wanted else None
            self.register_parameter(name, None if empty is None else Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_ScalesAndShifts):
    """Normalise the last dimensions to mean 0 and variance 1, then scale and shift.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias`` with mean and (biased) variance over the
    last dimensions, which are ``normalized_shape``. Shape: ``(..., *normalized_shape)`` to the
    same. Source: Ba, Kiros and Hinton 2016.
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]

    normalized_shape: tuple[int, ...]
    eps: float
    elementwise_affine: bool

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = (int(normalized_shape),)
        self.normalized_shape = tuple(normalized_shape)  # type: ignore[arg-type]
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        has_bias = elementwise_affine and bias
        self._make_scale(self.normalized_shape, elementwise_affine, has_bias, device, dtype)

    @front(Straight, vars(F), "layer_norm", None, "normalized_shape", "weight", "bias", "eps")
    def forward(self, input: Tensor) -> Tensor:
        """Normalise ``input``."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """List the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class GroupNorm(_ScalesAndShifts):
    """Normalise groups of channels to mean 0 and variance 1, then scale and shift each channel.

    Shape: ``(batch, num_channels, ...)`` to the same. Source: Wu and He 2018.
    """

    __constants__ = ["num_groups", "num_channels", "eps", "affine"]

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make_scale(num_channels, affine, affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise ``input``."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """List the settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Scale the last dimensions to unit root mean square, then by ``weight``.

    ``y = x / sqrt(mean(x²) + eps) * weight``. Shape: ``(..., *normalized_shape)`` to the same.
    Source: Zhang and Sennrich 2019.
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = (int(normalized_shape),)
        self.normalized_shape = tuple(normalized_shape)  # type: ignore[arg-type]
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        if elementwise_affine:
            empty = tapegrad.empty(self.normalized_shape, device=device, dtype=dtype)
            self.weight = Parameter(empty)
        else:
            self.register_parameter("weight", None)
        self.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``x``."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def reset_parameters(self) -> None:
        """Set the weight to ones."""
        if self.elementwise_affine:
            init.ones_(self.weight)

    def extra_repr(self) -> str:
        """List the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}"
        )


class LocalResponseNorm(Module):
    """Divide by the squares of neighbouring channels; see ``functional.local_response_norm``."""

    __constants__ = ["size", "alpha", "beta", "k"]

    def __init__(
        self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalise ``input``."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """Divide each pixel by the squares of neighbouring channels; :class:`LocalResponseNorm` is
    newer.

    ``x / (k + alpha / size * Σ x²)**beta``. As in PyTorch, the first channel stays in the sums of
    all later ones, and gradients are those of ``size`` channels from ``size - (size - 1) // 2``
    before. Shape: ``(batch, channels, rows, columns)`` to the same. Source: Krizhevsky et al. 2012.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalise ``input``."""
        if input.dim() != 4:
            raise ValueError(
                f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead."
            )
        return _AcrossMaps.apply(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class _AcrossMaps(Function):
    """Division by powers of sums over channels, with PyTorch's choice of channels."""

    @staticmethod
    def forward(
        ctx: Any, input: Tensor, size: int, alpha: float, beta: float, k: float
    ) -> Tensor:
        """Sum the squares of the channels up to ``(size - 1) // 2`` away, and of the first."""
        channel = tapegrad.arange(input.size(1))
        distance = channel - channel.unsqueeze(1)
        reach = int((size - 1) / 2)
        is_near = (distance.abs() <= reach) | ((channel == 0) & (distance < 0))
        ctx.factors = 2 * alpha * beta / size, beta, size
        scale = _channels_summed(is_near, input.square()) * (alpha / size) + k
        output = input * scale.pow(-beta)
        ctx.save_for_backward(input, output, scale)
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Sum over the channels that read each one, as PyTorch counts them."""
        (grad,) = grads
        input, output, scale = ctx.saved_tensors
        factor, beta, size = ctx.factors
        channel = tapegrad.arange(input.size(1))
        distance = channel - channel.unsqueeze(1) + int(size - (size - 1) / 2)
        ratio = _channels_summed((distance >= 0) & (distance < size), grad * output / scale)
        return grad * scale.pow(-beta) - input * ratio * factor, None, None, None, None


def _channels_summed(is_read: Tensor, x: Tensor) -> Tensor:
    return tapegrad.einsum("ij,njhw->nihw", is_read.to(x.dtype), x)
