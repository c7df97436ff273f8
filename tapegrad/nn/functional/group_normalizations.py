"""Normalisation of groups of channels, of single channels, and over neighbouring channels."""

from __future__ import annotations

import math
from operator import index
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad._types import Ints, kind_of
from tapegrad.ops import group_norm as groups
from tapegrad.ops._arguments import refuse_integers
from tapegrad.ops._declare import calls, written_as
from tapegrad.ops.spatial import pool_checks


@written_as("functional.group_norm")
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each sample's groups of channels, then scale and shift each channel.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias`` with mean and variance over a group and all
    positions. Shape: ``(batch, channels, ...)`` to the same. Source: Wu and He 2018.
    """
    if input.dim() < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.dim()}"
        )
    n, n_channels, *size = input.shape
    per_group = [n * n_channels // num_groups, num_groups, *size]
    if per_group[0] * math.prod(size) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {per_group}"
        )
    return groups.group_norm(input, num_groups, weight, bias, eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each sample over its positions, then scale and shift.

    The running statistics are used without ``use_input_stats``, else moved towards the mean of the
    samples' by ``momentum``. Shape: ``(batch, channels, ...)`` to the same. Source: Ulyanov et al.
    2016.
    """
    if use_input_stats and math.prod(input.size()[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.size()}"
        )
    return groups.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True
    )


@calls("rms_norm", "input", "normalized_shape", "weight", "eps")
def rms_norm(
    input: Tensor,
    normalized_shape: Ints,
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Scale the last dimensions, which are ``normalized_shape``, to unit root mean square.

    ``y = x / sqrt(mean(x²) + eps) * weight``; without ``eps`` it is the machine epsilon. Shape:
    ``(..., *normalized_shape)`` to the same. Source: Zhang and Sennrich 2019.
    """
    return groups.rms_norm(input, normalized_shape, weight, eps)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """``x / (k + alpha · mean)^beta``, the mean that of the squares of ``size`` channels around.

    Channels beyond the first and the last count as zeros. Shape: ``(batch, channels, ...)`` to the
    same. Source: Krizhevsky, Sutskever and Hinton 2012.
    """
    if input.dim() < 3:
        raise ValueError(
            "Expected 3D or higher dimensionality                          input (got "
            f"{input.dim()} dimensions)"
        )
    if input.numel() == 0:
        return input
    before, after = size // 2, (size - 1) // 2
    if type(size) is not int:
        size = _channels(size, before, input.dim())
    kernel = "avg_pool2d" if input.dim() == 3 else "avg_pool3d_out_frame"
    pool_checks.check_steps((size,), (1,), (0,), (1,))
    if size <= 0:
        shown = f"kH: {size} kW: 1" if input.dim() == 3 else f"kT: {size} kH: 1 kW: 1"
        raise RuntimeError(f"kernel size should be greater than zero, but got {shown}")
    if input.dtype is not tapegrad.int64:
        refuse_integers(kernel, input._array)
    mode = None if input.is_floating_point() else "floor"
    mean = tapegrad.div(_around(input * input, before, after), size, rounding_mode=mode)
    return input / mean.mul(alpha).add(k).pow(beta)


def _channels(size: Any, before: Any, n_dims: int) -> int:
    """How many channels a number stands for that pads and pools, in this order, may refuse."""
    try:
        index(before)
    except TypeError:
        raise TypeError(
            f"pad(): argument 'pad' failed to unpack the object at pos {2 * n_dims - 3} with error "
            f'"type must be tuple of ints,but got {kind_of(before)}"'
        ) from None
    if isinstance(size, bool):
        pool = "avg_pool2d" if n_dims == 3 else "avg_pool3d"
        raise TypeError(f"{pool}(): argument 'kernel_size' (position 2) must be tuple of ints, but "
                        "found element of type bool at pos 0")
    return index(size)


def _around(x: Tensor, before: int, after: int) -> Tensor:
    """The sums over as many channels before and after each."""
    n, n_channels, *rest = x.shape
    padded = tapegrad.cat((x.new_zeros((n, before, *rest)), x, x.new_zeros((n, after, *rest))), 1)
    total = padded.narrow(1, 0, n_channels)
    for shift in range(1, before + after + 1):
        total = total + padded.narrow(1, shift, n_channels)
    return total
