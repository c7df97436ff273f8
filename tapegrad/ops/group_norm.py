"""Normalisation of groups of channels, of single channels, and by the root mean square."""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._kernels.slabs import computable, factors, in_type_of
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import BY_NUMPY_NUMBER, Ints, float32
from tapegrad.ops._arguments import have_dtype_of, refuse_integers
from tapegrad.ops._declare import op, takes_tensors
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.channel_norm import (
    array_of,
    batch_norm,
    check_channels,
    per_channel,
    refuse_mixed,
    wanted,
)
from tapegrad.ops.normalization import standardized, through_statistics


def _groups(array: np.ndarray, n_groups: int) -> np.ndarray:
    """The values as (batch, groups, channels of a group, places), float16 as float32."""
    n, n_channels, *places = array.shape
    shape = n, n_groups, n_channels // n_groups, math.prod(places)
    return kernels.reshaped_view(kernels.contiguous(computable(array)), shape)


def _ungrouped(result: np.ndarray, input: np.ndarray) -> np.ndarray:
    return in_type_of(kernels.reshaped_view(result, input.shape), input)


def _group_norm(input, weight, bias, n_groups, eps):
    refuse_integers("GroupNormKernelImpl", input)
    rows = _groups(input, n_groups)
    moments, (n, k) = rows.shape[:2], rows.shape[1:3]
    given = rows, factors(weight, 1, rows, n, k), factors(bias, 0, rows, n, k)
    shapes = rows.shape, moments, moments
    result, mean, var = kernels.outputs(_BY_GROUP, given, shapes, (eps,))
    return _ungrouped(result, input), mean, var


def _group_norm_slopes(g, input, weight, mean, var, n_groups, eps, needs):
    if is_grad_enabled():
        return _group_norm_formula(g, input, weight, n_groups, eps, needs)
    rows = _groups(input._array, n_groups)
    result = kernels.empty(rows.shape, rows.dtype)
    sums = [kernels.fill(kernels.empty(rows.shape[:3], mean.dtype.numpy), 0) for _ in range(2)]
    _BACKWARD(
        _groups(g._array, n_groups), rows, factors(array_of(weight), 1, rows, *rows.shape[1:3]),
        mean._array, var._array, result, *sums, params=(eps, False),
    )  # fmt: skip
    over_batch = [kernels.reduce(_SUM, one, (0,), False).reshape(-1) for one in sums]
    return wanted((_ungrouped(result, input._array), *over_batch), needs)


_BY_GROUP, _BACKWARD, _SUM = (
    OURS[name] for name in ("batch_norm", "batch_norm_backward", "sum")
)


def _grouped(x: Tensor, n_groups: int) -> Tensor:
    """A row for each group of each sample."""
    n, n_channels = x.shape[:2]
    rows = x.contiguous()
    return rows.reshape(n, n_groups, math.prod(x.shape[2:]) * (n_channels // n_groups))


def _group_norm_formula(g, input, weight, n_groups, eps, needs):
    """The gradients in operations that can be differentiated again."""
    normal, scale = standardized(_grouped(input, n_groups), (2,), eps)
    inner = g if weight is None else g * per_channel(weight, g.ndim)
    others = (0, *range(2, g.ndim))
    slope = None
    if needs[0]:
        slope = through_statistics(_grouped(inner, n_groups), normal, scale, (2,))
        slope = slope.reshape(input.shape)
    return (
        slope,
        (g * normal.reshape(g.shape)).sum(others) if needs[1] else None,
        g.sum(others) if needs[2] else None,
    )


group_norm_op = op(
    "group_norm",
    forward=_group_norm,
    grad_name="NativeGroupNormBackward0",
    outputs=("output", "mean", "var"),
    inputs=("input", "weight", "bias"),
    gradients=lambda g, input, weight, mean, var, n_groups, eps, needs: _group_norm_slopes(
        g, input, weight, mean, var, n_groups, eps, needs
    ),
    doc="Each group of channels with mean 0 and variance 1, each channel scaled and shifted.",
)


@takes_tensors
def group_norm(
    input: Tensor, num_groups: int, weight=None, bias=None, eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:  # fmt: skip
    """``(x - mean) / sqrt(var + eps) * weight + bias``, statistics over groups of channels.

    Shape: ``(batch, channels, ...)`` to the same. Source: Wu and He 2018.
    """
    return group_norm_with_moments(input, num_groups, weight, bias, eps)[0]


def group_norm_with_moments(
    input: Tensor, num_groups: int, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """``group_norm``, and mean and variance of each group: ``(batch, groups)``."""
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    n_channels = input.shape[1]
    if n_channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    wanted = (n_channels,)
    if weight is not None and weight.shape != wanted:
        _refuse_vector("weight", weight, input)
    if bias is not None and bias.shape != wanted:
        _refuse_vector("bias", weight, input)   # sic
    if not have_dtype_of(input, weight, bias):
        refuse_mixed(input, weight, bias)
    return group_norm_op(input, weight, bias, num_groups, float(eps))


def _refuse_vector(name: str, one: Tensor | None, input: Tensor) -> None:
    shape = [0] if one is None else list(one.shape)
    raise RuntimeError(
        f"Expected {name} to be a vector of size equal to the number of channels in input, but got "
        f"{name} of shape {shape} and input of shape {list(input.shape)}"
    )


@takes_tensors
def instance_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, use_input_stats: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Batch norm of a batch whose samples are taken for further channels.

    Shape: ``(batch, channels, ...)`` to the same. Source: Ulyanov et al. 2016.
    """
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
    n, n_channels = input.shape[:2]
    mean, var, scale, shift = (
        one if one is None else one.repeat(n) for one in (running_mean, running_var, weight, bias)
    )
    check_channels(n * n_channels, True, mean, var, scale, shift)
    if not have_dtype_of(input, weight, bias, running_var):     # the running mean's may be another
        if weight is not None or bias is not None:
            refuse_mixed(input, weight, bias, running_var, kernel="batch_norm")
        elif input.dtype is float32:
            refuse_mixed(input, input, running_var)
    if mean is not None and not mean.is_floating_point():
        mean = mean.to(input.dtype)     # whole numbers are rounded once, at the end
    flat = input.reshape(1, n * n_channels, *input.shape[2:])
    result, *_ = batch_norm(flat, scale, shift, mean, var, use_input_stats, momentum, eps)
    if use_input_stats:
        for mine, repeated in ((running_mean, mean), (running_var, var)):
            if mine is not None and repeated is not None:
                mine.detach().copy_(repeated.reshape(n, n_channels).mean(0))
    return result.reshape(input.shape)


@takes_tensors
def rms_norm(
    input: Tensor, normalized_shape: Ints, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """``x / sqrt(mean(x²) + eps) * weight`` over the last dimensions.

    Without ``eps`` it is the machine epsilon of the dtype that is computed in. Shape:
    ``(..., *normalized_shape)`` to the same. Source: Zhang and Sennrich 2019.
    """
    shape = list(sizes_of("rms_norm", (normalized_shape,), (), "normalized_shape"))
    _check_normalized(input, shape, weight)
    is_half = input.dtype.numpy == np.float16
    values = input.to(float32) if is_half else input
    if eps is None:
        eps = float(np.finfo(values.dtype.numpy).eps)
    dims = tuple(range(-len(shape), 0))
    normal = values * ((values * values).mean(dims, keepdim=True) + eps).rsqrt()
    if weight is not None:
        normal = normal * weight
    return normal.to(BY_NUMPY_NUMBER[input.dtype.numpy.num])


def _check_normalized(input: Tensor, shape: list, weight: Tensor | None) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
            "one element, but got normalized_shape = []"
        )
    if weight is not None and list(weight.shape) != shape:
        raise RuntimeError(
            "Expected weight to be of same shape as normalized_shape, but got weight of shape "
            f"{list(weight.shape)} and normalized_shape = {shape}"
        )
    if input.ndim < len(shape):
        raise ValueError(
            f"Input tensor must have at least {len(shape)} dimensions, but got {input.ndim}"
        )
    if list(input.shape[-len(shape) :]) != shape:
        raise RuntimeError(
            f"Given normalized_shape={shape}, expected input with shape [*"
            f"{', '.join(map(str, shape))}], but got input of size{list(input.shape)}"
        )
    refuse_integers("rms_norm", input._array)


__all__ = ["group_norm", "instance_norm", "rms_norm"]
