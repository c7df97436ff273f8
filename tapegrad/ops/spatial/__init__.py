"""Operations on sequences, images and volumes: convolutions, pools, padding, resampling."""

from tapegrad.ops.spatial.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    max_unpool2d,
    max_unpool3d,
)
from tapegrad.ops.spatial.conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    convolution,
)
from tapegrad.ops.spatial.fold import fold, unfold
from tapegrad.ops.spatial.grid import (
    affine_grid_generator,
    grid_sampler,
    grid_sampler_2d,
    grid_sampler_3d,
)
from tapegrad.ops.spatial.pad import constant_pad_nd, pad
from tapegrad.ops.spatial.pool import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
)
from tapegrad.ops.spatial.resample import resampled
from tapegrad.ops.spatial.shuffle import (
    channel_shuffle,
    native_channel_shuffle,
    pixel_shuffle,
    pixel_unshuffle,
)

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d", "affine_grid_generator", "avg_pool1d",
    "avg_pool2d", "avg_pool3d", "channel_shuffle", "constant_pad_nd", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution", "fold",
    "grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "max_pool1d", "max_pool1d_with_indices",
    "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    "max_unpool2d", "max_unpool3d", "native_channel_shuffle", "pad", "pixel_shuffle",
    "pixel_unshuffle", "resampled", "unfold",
]  # fmt: skip
