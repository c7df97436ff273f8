"""Convolutions, padding, blocks and pixels: the operations as they are."""

from tapegrad.ops import spatial
from tapegrad.ops._declare import written_as
from tapegrad.ops.spatial import (
    channel_shuffle,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    native_channel_shuffle,
    pad,
    pixel_shuffle,
    pixel_unshuffle,
)

fold = written_as("functional.fold")(spatial.fold)
unfold = written_as("functional.unfold")(spatial.unfold)

__all__ = [
    "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "fold", "native_channel_shuffle", "pad", "pixel_shuffle", "pixel_unshuffle",
    "unfold",
]  # fmt: skip
