"""Normalisation to mean 0 and variance 1, or to unit length."""

from __future__ import annotations

from typing import Any

from tapegrad._kernels import TYPE_NAMES
from tapegrad._tensor import Tensor
from tapegrad._types import Ints, float16, float32
from tapegrad.ops import channel_norm, normalization
from tapegrad.ops._arguments import have_dtype_of, refuse_integers
from tapegrad.ops._declare import calls, written_as
from tapegrad.ops.arithmetic import div


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
    shape = tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        _refuse_normalized_shape(input, list(shape))
    if weight is not None and weight.shape != shape:
        _refuse_parameter("weight", weight, shape)
    if bias is not None and bias.shape != shape:
        _refuse_parameter("bias", bias, shape)
    if not have_dtype_of(input, weight, bias):
        refuse_mixed(input, weight, bias)
    return normalization.layer_norm_op(input, weight, bias, len(shape), float(eps))


def _refuse_parameter(name: str, parameter: Tensor, shape: tuple) -> None:
    raise RuntimeError(
        f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
        f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
    )


def refuse_mixed(input: Tensor, *parameters: Tensor | None, kernel: str = "") -> None:
    """Refuse parameters of other dtypes than the input's, unless float32 scales float16.

    The first says whether dtypes may be mixed. ``kernel`` is the one that refuses whole numbers
    before that.
    """
    own = input.dtype
    others = [one.dtype for one in parameters if isinstance(one, Tensor)]
    if kernel:
        refuse_integers(kernel, input._array)
    if not others:
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
    channel_norm.check_channels(
        size[1] if len(size) > 1 else 0, training, running_mean, running_var, weight, bias
    )
    if len(size) < 2:
        return _normalized_nothing(input), None, None
    if not have_dtype_of(input, running_mean, running_var, weight, bias):
        refuse_mixed(input, weight, bias, running_mean, running_var, kernel="batch_norm")
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
    return momentum


def _normalized_nothing(input: Tensor) -> Tensor:
    """An input without channels, which must be empty."""
    if input.numel():
        raise IndexError(
            "Dimension out of range (expected to be in range of "
            f"[{-max(input.dim(), 1)}, {max(input.dim(), 1) - 1}], but got 1)"
        )
    return input.clone()


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None
) -> Tensor:
    """Scale to unit length along ``dim``: ``x / max(norm(x, p), eps)``. Shape: any, to the same."""
    length = input.norm(p, dim, keepdim=True).clamp(min=eps).expand_as(input)
    return div(input, length, out=out)
