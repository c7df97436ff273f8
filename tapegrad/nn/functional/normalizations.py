"""Normalisation to mean 0 and variance 1, or to unit length."""

from __future__ import annotations

from typing import Any

from tapegrad._tensor import Tensor
from tapegrad._types import Ints
from tapegrad.ops import channel_norm, normalization
from tapegrad.ops._arguments import have_dtype_of
from tapegrad.ops._declare import calls, served_by, written_as
from tapegrad.ops._dims import plain_ints, sizes_of
from tapegrad.ops.arithmetic import div
from tapegrad.ops.plain_calls import BatchNormCall, LayerNormCall


@served_by(LayerNormCall(normalization.layer_norm_op))
@calls("layer_norm", "input", "normalized_shape", "weight", "bias", "eps")
def layer_norm(
    input: Tensor,
    normalized_shape: Ints,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise the last dimensions, which are ``normalized_shape``, then scale and shift.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``. Shape: ``(..., *normalized_shape)`` to the
    same. Source: Ba, Kiros and Hinton 2016.
    """
    return layer_norm_with_moments(input, normalized_shape, weight, bias, eps)[0]


def layer_norm_with_moments(
    input: Tensor, normalized_shape: Ints, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """``layer_norm``, and mean and ``1 / sqrt(var + eps)`` of each group, one after the other."""
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError("layer_norm() takes a tuple of sizes")
    shape = plain_ints(normalized_shape, len(normalized_shape)) or sizes_of(
        "layer_norm", (normalized_shape,), (), "normalized_shape")
    are_mixed = not have_dtype_of(input, weight, bias)
    if are_mixed and not have_dtype_of(input, bias if weight is None else weight):
        channel_norm.refuse_mixed(input, weight, bias)
    if not shape:
        _refuse_normalized_shape(input, [])
    if weight is not None and weight.shape != shape:
        _refuse_parameter("weight", weight, shape)
    if bias is not None and bias.shape != shape:
        _refuse_parameter("bias", bias, shape)
    if input.shape[-len(shape) :] != shape:
        _refuse_normalized_shape(input, list(shape))
    if are_mixed:
        channel_norm.refuse_mixed(input, weight, bias)
    return normalization.layer_norm_op(input, weight, bias, len(shape), float(eps))


def _refuse_parameter(name: str, parameter: Tensor, shape: tuple) -> None:
    raise RuntimeError(
        f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
        f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
    )


def _refuse_normalized_shape(input: Tensor, shape: list[int]) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
            "one element, but got normalized_shape = []"
        )
    expected = ", ".join(map(str, ["*", *shape]))
    raise RuntimeError(
        f"Given normalized_shape={shape}, expected input with shape [{expected}], but got input of "
        f"size{list(input.shape)}"
    )


@served_by(BatchNormCall(channel_norm.batch_norm_op, channel_norm.running_norm_op))
@written_as("functional.batch_norm")
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel over the batch and all positions, then scale and shift.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias`` with the batch's mean and variance while
    ``training``, else with the running ones. Training moves the running ones towards the batch's by
    ``momentum``, in place. Shape: ``(batch, channels, ...)`` to the same. Source: Ioffe and Szegedy
    2015.
    """
    return batch_norm_with_moments(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )[0]


def batch_norm_with_moments(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None,
    bias: Tensor | None, training: bool, momentum: float, eps: float,
) -> tuple[Tensor, Tensor | None, Tensor | None]:  # fmt: skip
    """``batch_norm``, and mean and variance of the batch, which are None unless used."""
    size = input.shape
    if training:
        if len(size) > 1 and input.numel() == size[1]:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got input size {size}"
            )
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    if type(momentum) is not float:
        momentum = _number(momentum)
    if 0 in size:
        return _normalized_nothing(input, weight, bias), None, None
    channel_norm.check_channels(
        size[1] if len(size) > 1 else 0, training, running_mean, running_var, weight, bias
    )
    if len(size) < 2:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if not have_dtype_of(input, running_mean, running_var, weight, bias):
        channel_norm.refuse_mixed(
            input, weight, bias, running_mean, running_var, kernel="batch_norm")
    return channel_norm.batch_norm(
        input, weight, bias, running_mean, running_var, training, momentum, eps
    )


def _number(momentum: Any) -> float:
    """A momentum that may stand in a tensor."""
    if isinstance(momentum, Tensor) and not momentum.ndim:
        momentum = momentum.item()
    if not isinstance(momentum, (int, float)):
        given = type(momentum).__name__
        raise TypeError(
            f"batch_norm(): argument 'momentum' (position 7) must be float, not {given}"
        )
    return float(momentum)


def _normalized_nothing(input: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """The result for an input without elements, at which nothing else is looked."""
    result = input.clone()
    if weight is not None:
        result = result * weight[0]
    return result if bias is None else result + bias[0]


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None
) -> Tensor:
    """Scale to unit length along ``dim``: ``x / max(norm(x, p), eps)``. Shape: any, to the same."""
    length = input.norm(p, dim, keepdim=True).clamp(min=eps).expand_as(input)
    return div(input, length, out=out)
