"""Normalisation of each channel by the statistics of a batch, or by running ones."""

from __future__ import annotations

import math

import numpy as np

from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor, is_grad_enabled
from tapegrad._types import float16, float32
from tapegrad.ops._arguments import are_vectors, refuse_integers
from tapegrad.ops._declare import op
from tapegrad.ops.batch_norm import (
    move_towards,
    normalized_by_batch,
    normalized_by_given,
    slopes_of_channels,
)
from tapegrad.ops.normalization import standardized, through_statistics

_OWN, _GIVEN_FOR_WEIGHT = 0, 2  # statistics, as in _c/batch_norm_backward.c


def per_channel(statistic: Tensor, ndim: int) -> Tensor:
    """A vector over channels in the place of dimension 1."""
    return statistic.reshape((1, -1) + (1,) * (ndim - 2))


def _batch_dims(ndim: int) -> tuple:
    return (0, *range(2, ndim))


# -------------------------------------------------------------- by the batch's statistics


def _batch_norm_slopes(g, input, weight, mean, var, eps, needs):
    if is_grad_enabled():
        return _batch_norm_formula(g, input, weight, eps, needs)
    slopes = slopes_of_channels(
        g._array, input._array, array_of(weight), mean._array, var._array, eps, _OWN
    )
    return wanted(slopes, needs)


def array_of(x: Tensor | None) -> np.ndarray | None:
    """The memory of a tensor that may be missing."""
    return None if x is None else x._array


def wanted(slopes: tuple, needs: tuple) -> tuple:
    """Arrays as tensors, without those that nobody asked for."""
    return tuple([
        Tensor._wrap(slope) if needed else None for slope, needed in zip(slopes, needs, strict=True)
    ])


def _batch_norm_formula(g, input, weight, eps, needs):
    """The gradients in operations that can be differentiated again."""
    dims = _batch_dims(input.ndim)
    inner = g if weight is None else g * per_channel(weight, g.ndim)
    normal, scale = standardized(input, dims, eps)
    return (
        through_statistics(inner, normal, scale, dims) if needs[0] else None,
        (g * normal).sum(dims) if needs[1] else None,
        g.sum(dims) if needs[2] else None,
    )


batch_norm_op = op(
    "batch_norm",
    forward=normalized_by_batch,
    params=("input", "weight", "bias", "eps"),
    grad_name="NativeBatchNormBackward0",
    outputs=("output", "mean", "var"),
    inputs=("input", "weight", "bias"),
    gradients=lambda g, input, weight, mean, var, eps, needs: _batch_norm_slopes(
        g, input, weight, mean, var, eps, needs
    ),
    doc="Each channel with mean 0 and variance 1, scaled and shifted; its mean and variance.",
)


# -------------------------------------------------------------- by running statistics


def _running_scale(weight, var, eps) -> Tensor:
    scale = (var + eps).rsqrt()
    return scale if weight is None else scale * weight


def _running_input_slope(g, weight, var, eps):
    if is_grad_enabled():
        return g * per_channel(_running_scale(weight, var, eps), g.ndim)
    return Tensor._wrap(
        normalized_by_given(g._array, array_of(weight), None, None, var._array, eps)
    )


def _running_weight_slope(g, input, mean, var, eps):
    if not is_grad_enabled():
        _, slope, _ = slopes_of_channels(
            g._array, input._array, None, mean._array, var._array, eps, _GIVEN_FOR_WEIGHT
        )
        return Tensor._wrap(slope)
    normal = (input - per_channel(mean, g.ndim)) * per_channel(
        _running_scale(None, var, eps), g.ndim
    )
    return (g * normal).sum(_batch_dims(g.ndim))


# A formula an input: a frozen weight saves no image.
running_norm_op = op(
    "running_norm",
    forward=normalized_by_given,
    params=("input", "weight", "bias", "mean", "var", "eps"),
    grad_name="NativeBatchNormBackward0",
    input=lambda g, weight, var, eps: _running_input_slope(g, weight, var, eps),
    weight=_running_weight_slope,
    bias=lambda g: g.sum(_batch_dims(g.ndim)),
    doc="Each channel less its running mean, over its running deviation, scaled and shifted.",
)


def check_channels(
    n_channels: int, training: bool, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None, bias: Tensor | None,
) -> None:  # fmt: skip
    """Refuse vectors over channels that are missing, of another length, or none."""
    is_complete = (running_mean is None) == (running_var is None) and (
        training or running_mean is not None)
    if is_complete and are_vectors(n_channels, running_mean, running_var, weight, bias):
        return
    for name, one in (("running_mean", running_mean), ("running_var", running_var),
                      ("weight", weight), ("bias", bias)):  # fmt: skip
        if one is None:
            if not training and name.startswith("running"):
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        elif one.numel() != n_channels:
            raise RuntimeError(f"{name} should contain {n_channels} elements not {one.numel()}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    for one in (running_mean, running_var):
        if one is not None and one.ndim != 1:
            raise RuntimeError(f"TensorAccessor expected 1 dims but tensor has {one.ndim}")


def refuse_mixed(input: Tensor, *parameters: Tensor | None, kernel: str = "") -> None:
    """Refuse parameters of other dtypes than the input's, unless float32 scales float16.

    The first says whether dtypes may be mixed. ``kernel`` is the one that refuses whole numbers
    before that.
    """
    own = input.dtype
    others = [one.dtype for one in parameters if isinstance(one, Tensor)]
    if kernel:
        refuse_integers(kernel, input._array)
    if all(one is own for one in others):
        return                              # what is no tensor is refused later
    if others[0] is own:
        if not own.is_floating_point:
            return                          # no kernel has a loop for it
        found = next(one for one in others if one is not own)
        names = [TYPE_NAMES[one.numpy.num] for one in (own, found)]
        raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}")
    if set(others) != {float32}:
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    if own is not float16:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


def batch_norm(
    input, weight=None, bias=None, running_mean=None, running_var=None, training=False,
    momentum=0.1, eps=1e-5,
) -> tuple[Tensor, Tensor | None, Tensor | None]:  # fmt: skip
    """``(x - mean) / sqrt(var + eps) * weight + bias`` for each channel, dimension 1.

    In training the batch's statistics are used, and the running ones move towards them by
    ``momentum``; else the running ones are used. The second and third result are mean and variance
    of the batch, None unless used. Source: Ioffe and Szegedy 2015.
    """
    if not training:
        given = (running_mean, running_var, float(eps))
        return running_norm_op(input, weight, bias, *given), None, None
    output, mean, var = batch_norm_op(input, weight, bias, float(eps))
    count = input.numel() // max(input.shape[1], 1)
    if count:
        unbiased = count / (count - 1) if count > 1 else math.nan
        # As in PyTorch this counts as no write: nothing that was saved notices it.
        for running, new, factor in ((running_mean, mean, 1.0), (running_var, var, unbiased)):
            if running is not None:
                move_towards(running._array, new._array, factor, momentum)
    return output, mean, var
