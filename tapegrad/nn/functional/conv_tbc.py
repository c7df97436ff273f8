"""The convolution of sequences in the order of time, batch and channel."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.spatial import constant_pad_nd, conv1d


@takes_tensors
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """A convolution of what is ordered by time, batch and channel.

    Shape: ``(time, batch, channels)`` and a weight ``(width, channels, out)`` to
    ``(time + 2 * pad - width + 1, batch, out)``.
    """
    for wrong, text in (
        (input.ndim != 3, "Input must have 3 dims: time, batch, in_channel"),
        (weight.ndim != 3,
         "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels."),
        (bias.ndim != 1, "Bias must be 1-D"),
        (input.shape[2:] != weight.shape[1:2],
         "Input dim 2 (input channels) is not == dim 1 in the weight tensor"),
        (weight.shape[2:] != bias.shape,
         "Bias size must equal dim 2 in the weight tensor (output channels)."),
    ):  # fmt: skip
        if wrong:
            raise RuntimeError(text)
    padded = constant_pad_nd(input, (0, 0, 0, 0, pad, pad))
    if padded.shape[0] < weight.shape[0]:
        return input.new_empty(0, input.shape[1], len(bias))
    convolved = conv1d(padded.permute(1, 2, 0), weight.permute(2, 1, 0), bias)
    return convolved.permute(2, 0, 1).contiguous()


__all__ = ["conv_tbc"]
