"""Channels turned into pixels and back, and channels in another order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op, public, takes_tensors
from tapegrad.ops.spatial.sizes import remembered


@remembered
def _shuffling(shape: tuple, factor: int) -> tuple[tuple, tuple, tuple]:
    """The shape that takes channels apart, the order of its dimensions, and the result's shape."""
    *batch, channels, height, width = shape
    kept, n = channels // factor**2, len(batch)
    return (
        (*batch, kept, factor, factor, height, width), (*range(n), n, n + 3, n + 1, n + 4, n + 2),
        (*batch, kept, height * factor, width * factor),
    )  # fmt: skip


@remembered
def _unshuffling(shape: tuple, factor: int) -> tuple[tuple, tuple, tuple]:
    """The shape that takes pixels apart, the order of its dimensions, and the result's shape."""
    *batch, channels, height, width = shape
    rows, columns, n = height // factor, width // factor, len(batch)
    return (
        (*batch, channels, rows, factor, columns, factor),
        (*range(n), n, n + 2, n + 4, n + 1, n + 3), (*batch, channels * factor**2, rows, columns),
    )  # fmt: skip


def _reordering(planned: Callable) -> Callable:
    """A copy with the order of dimensions changed while they are taken apart, as planned."""

    def forward(input: np.ndarray, factor: int) -> np.ndarray:
        return kernels.rearranged(input, *planned(input.shape, factor))

    return forward


pixel_shuffle_op = op(
    "pixel_shuffle",
    forward=_reordering(_shuffling),
    params=("input", "upscale_factor"),
    input=lambda g, upscale_factor: pixel_unshuffle_op(g, upscale_factor),
    doc="Squares of channels laid out as pixels.",
)
pixel_unshuffle_op = op(
    "pixel_unshuffle",
    forward=_reordering(_unshuffling),
    params=("input", "downscale_factor"),
    input=lambda g, downscale_factor: pixel_shuffle_op(g, downscale_factor),
    doc="Squares of pixels stacked as channels.",
)


@remembered
def _dealing(shape: tuple, groups: int) -> tuple[tuple, tuple, tuple]:
    """The shape that takes groups apart, the order of its dimensions, and the result's shape."""
    batch, channels, *size = shape
    parts = batch, groups, channels // groups, *size
    return parts, (0, 2, 1, *range(3, len(parts))), shape


channel_shuffle_op = op(
    "channel_shuffle",
    forward=_reordering(_dealing),
    params=("input", "groups"),
    input=lambda g, input_shape, groups: channel_shuffle_op(g, input_shape[1] // groups),
    doc="Channels dealt out over groups.",
)


def _factor(function: str, name: str, input, factor) -> int:
    if not hasattr(factor, "__index__"):
        raise TypeError(
            f"{function}(): argument '{name}' (position 2) must be int, not "
            f"{type(factor).__name__}"
        )
    if input.ndim < 3:
        raise RuntimeError(
            f"{function} expects input to have at least 3 dimensions, but got input with "
            f"{input.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{function} expects a positive {name}, but got {factor}")
    return int(factor)


@takes_tensors
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Lay each pixel's channels out as a square of pixels.

    Shape: ``(..., channels·r², height, width)`` to ``(..., channels, height·r, width·r)``.
    Source: Shi et al. 2016.
    """
    factor = upscale_factor
    if not (type(factor) is int and factor > 0 and input.ndim >= 3):
        factor = _factor("pixel_shuffle", "upscale_factor", input, upscale_factor)
    if input.shape[-3] % factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={input.shape[-3]} is not divisible by "
            f"{factor**2}"
        )
    return pixel_shuffle_op(input, factor)


@takes_tensors
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Stack squares of pixels as channels: the way back from :func:`pixel_shuffle`."""
    factor = downscale_factor
    if not (type(factor) is int and factor > 0 and input.ndim >= 3):
        factor = _factor("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    height, width = input.shape[-2:]
    if height % factor or width % factor:
        dim, name, size = (-2, "height", height) if height % factor else (-1, "width", width)
        raise RuntimeError(
            f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
            f"input.size({dim})={size} is not divisible by {factor}"
        )
    return pixel_unshuffle_op(input, factor)


@takes_tensors
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels out: number ``i·n + j`` of ``groups·n`` comes to ``j·groups + i``.

    Shape: ``(batch, channels, ...)`` to the same. Source: Zhang et al. 2017.
    """
    if input.ndim <= 2:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if input.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input.shape[1]} channels and "
            f"{groups} groups."
        )
    return channel_shuffle_op(input, groups)


native_channel_shuffle = public("native_channel_shuffle", channel_shuffle)

__all__ = ["channel_shuffle", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]
