"""Convolutions, pools, padding, resampling and sampling at grids."""

from typing import Any

import numpy as np

from op_samples._case import Array, Case, apart, coins, fixed, real, turned


def whole(*shape: int) -> Array:
    """Whole numbers."""
    return Array(np.arange(np.prod(shape)).reshape(shape) * 7 % 11)


def positions(*shape: int) -> Array:
    """Positions of a grid, away from elements and borders, some of them outside."""
    steps = np.linspace(-1.27, 1.31, int(np.prod(shape)))
    return Array(np.random.RandomState(4).permutation(steps).reshape(shape))


def slid(x: Any, weight: Any, stride: int = 1) -> Any:
    """Slide a weight of the images' channels along sequences, one place after the other."""
    n = weight.shape[-1]
    places = range(0, x.shape[-1] - n + 1, stride)
    return np.stack([np.einsum("bck,ock->bo", x[..., at:at + n], weight) for at in places], -1)


def windows(x: Any, size: int, reduce: Any) -> Any:
    """Reduce neighbouring windows of images."""
    height, width = (n // size for n in x.shape[-2:])
    cut = x[..., :height * size, :width * size]
    return reduce(cut.reshape(*x.shape[:-2], height, size, width, size), (-3, -1))


def fractional(torch: Any, x: Any, samples: Any, size: int, **options: Any) -> Any:
    """Pool with the random samples that share the windows out."""
    pool = getattr(torch.nn.functional, f"fractional_max_pool{samples.shape[-1]}d")
    return pool(x, size, _random_samples=samples, **options)


SHARES = {d: fixed(Array(np.linspace(0.05, 0.95, 6 * d).reshape(2, 3, d))) for d in (2, 3)}
CONVOLUTIONS = [
    Case("conv1d", real(2, 3, 7), real(4, 3, 3), reference=slid),
    Case("conv1d", real(2, 3, 8), real(4, 3, 3), stride=2, reference=slid),
    Case("conv1d", real(3, 7), real(4, 3, 2), real(4), padding=1),
    Case("conv1d", real(2, 3, 6), real(2, 3, 3), padding="same", dilation=2),
    Case("conv1d", real(2, 3, 6), real(2, 3, 3), padding="valid"),
    Case("conv1d", real(2, 4, 7), real(6, 2, 3), real(6), stride=2, padding=2, groups=2),
    Case("conv1d", real(2, 4, 5), real(3, 4, 1), real(3)),
    Case("conv1d", turned(real(2, 3, 7)), real(4, 3, 3)),
    Case("conv1d", real(0, 3, 7), real(4, 3, 3)),
    Case("conv2d", real(2, 2, 5, 6), real(3, 2, 2, 3), real(3), stride=(2, 1), padding=(0, 1)),
    Case("conv2d", real(2, 5, 6), real(3, 2, 3, 2), dilation=(2, 1)),
    Case("conv2d", real(1, 4, 5, 5), real(4, 1, 3, 3), groups=4, padding=1),
    Case("conv3d", real(1, 2, 3, 4, 3), real(2, 2, 2, 2, 2), real(2), padding=1, stride=2),
    Case("conv_transpose1d", real(2, 3, 4), real(3, 2, 3), real(2), stride=2, output_padding=1),
    Case("conv_transpose1d", real(3, 4), real(3, 2, 3), padding=1),
    Case("conv_transpose1d", real(1, 2, 3), real(2, 2, 2), stride=2, dilation=4,
         output_padding=3),
    Case("conv_transpose2d", real(2, 4, 3, 2), real(4, 3, 2, 3), stride=2, groups=2, dilation=2),
    Case("conv_transpose3d", real(1, 2, 2, 3, 2), real(2, 1, 2, 2, 2), real(1), padding=1),
    Case("conv1d", whole(1, 2, 5), whole(2, 2, 3), differentiable=False, reference=slid),
]

BLOCKS = [
    Case("unfold", real(2, 3, 4, 5), (2, 3)),
    Case("unfold", real(3, 5, 5), 3, dilation=1, padding=1, stride=2),
    Case("unfold", coins(1, 2, 3, 3), 2, differentiable=False),
    Case("fold", real(2, 12, 6), (3, 4), 2),
    Case("fold", real(4, 9), (4, 4), 2, padding=1, stride=2),
    Case("pixel_shuffle", real(2, 8, 2, 3), 2), Case("pixel_shuffle", real(4, 2, 3), 1),
    Case("pixel_unshuffle", real(2, 2, 4, 6), 2), Case("pixel_unshuffle", whole(1, 4, 4), 2,
                                                       differentiable=False),
    Case("channel_shuffle", real(2, 6, 2, 2), 3), Case("channel_shuffle", real(1, 4, 3), 4),
]

POOLS = [
    Case("avg_pool1d", real(2, 3, 7), 3, 2), Case("avg_pool1d", real(3, 7), 2),
    Case("avg_pool2d", real(2, 2, 4, 6), 2,
         reference=lambda x, size: windows(x, size, np.mean)),
    Case("avg_pool2d", real(2, 5, 6), (3, 2), (2, 1), 1, ceil_mode=True, count_include_pad=False),
    Case("avg_pool2d", real(1, 2, 5, 5), 3, 2, 1, divisor_override=5),
    Case("avg_pool2d", turned(real(2, 2, 5, 4)), 2),
    Case("avg_pool2d", whole(1, 1, 4, 4), 2, differentiable=False),
    Case("avg_pool3d", real(1, 2, 3, 4, 5), 2, 1), Case("avg_pool3d", real(2, 4, 4, 4), 2),
    Case("max_pool1d", apart(2, 2, 9), 3, 2, 1), Case("max_pool1d", apart(3, 8), 2, dilation=2),
    Case("max_pool1d", Array([[1.0, np.nan, 2.0, -np.inf, -np.inf]]), 2, 1, differentiable=False),
    Case("max_pool2d", apart(2, 2, 4, 4), 2,
         reference=lambda x, size: windows(x, size, np.max)),
    Case("max_pool2d", apart(2, 5, 6), (3, 2), 2, 1, ceil_mode=True),
    Case("max_pool2d", apart(1, 2, 4, 4), 2, return_indices=True, differentiable=False),
    Case("max_pool2d", whole(1, 2, 4, 5), 2, differentiable=False),
    Case("max_pool3d", apart(1, 2, 4, 4, 3), 2, 1), Case("max_pool3d", apart(2, 4, 4, 4), 2),
    Case("adaptive_avg_pool1d", real(2, 2, 7), 3),
    Case("adaptive_avg_pool2d", real(2, 2, 5, 4), (3, 2)),
    Case("adaptive_avg_pool2d", real(2, 3, 5, 4), 1), Case("adaptive_avg_pool2d", real(2, 5, 4), 7),
    Case("adaptive_avg_pool3d", real(1, 2, 3, 4, 5), (2, None, 3)),
    Case("adaptive_max_pool1d", apart(2, 2, 7), 3),
    Case("adaptive_max_pool2d", apart(2, 2, 5, 4), (3, 2)),
    Case("adaptive_max_pool2d", apart(2, 5, 4), (3, 2), return_indices=True, differentiable=False),
    Case("adaptive_max_pool3d", apart(1, 2, 3, 4, 5), 2),
    Case("lp_pool1d", real(2, 2, 6), 2.0, 3), Case("lp_pool2d", real(2, 4, 4), 2.0, 2),
    Case("lp_pool3d", real(1, 1, 4, 2, 4), 2.0, 2),
    *[Case(f"fractional_max_pool{d}d", apart(*shape), SHARES[d], 2, output_size=2, call=fractional)
      for d, shape in ((2, (2, 3, 5, 6)), (2, (3, 5, 4)), (3, (2, 3, 4, 5, 6)))],
    Case("max_unpool1d", real(2, 2, 3), Array([[[0, 3, 4], [1, 2, 5]]] * 2), 2),
    Case("max_unpool2d", real(1, 2, 2), Array([[[0, 3], [9, 14]]]), 2),
    Case("max_unpool3d", real(1, 1, 1, 2, 2), Array([[[[[0, 2], [9, 30]]]]]), 2),
    Case("local_response_norm", real(2, 5, 3), 3), Case("local_response_norm", real(1, 4, 2, 2), 2),
]

PADDING = [
    Case("pad", real(2, 3), (1, 2), reference=lambda x, pad: np.pad(x, ((0, 0), pad))),
    Case("pad", real(2, 3, 4), (-1, 2, 1, 0), value=1.5), Case("pad", real(3), (0, -2)),
    Case("pad", coins(2, 3), (1, 1), value=1, differentiable=False),
    Case("constant_pad_nd", real(2, 3), (1, 1), 2.0, call=lambda torch, *args:
         torch.constant_pad_nd(*args)),
    *[Case("pad", real(2, *[4] * d), (1, 2) * d, mode)
      for mode in ("reflect", "replicate", "circular") for d in (1, 2, 3)],
    Case("pad", real(2, 5), (-1, 2), "replicate"), Case("pad", real(2, 5), (3, -2), "reflect"),
    Case("pad", real(2, 5), (-1, 2), "circular"),
    Case("pad", whole(1, 2, 3), (2, 2), "circular", differentiable=False),
]

RESAMPLING = [
    *[Case("interpolate", real(1, 2, *[4] * d), scale_factor=1.7, mode=mode)
      for mode, dims in (("nearest", (1, 2, 3)), ("nearest-exact", (1, 2, 3)), ("linear", (1,)),
                         ("bilinear", (2,)), ("bicubic", (2,)), ("trilinear", (3,)),
                         ("area", (1, 2, 3))) for d in dims],
    Case("interpolate", real(1, 2, 4, 5), (3, 7), mode="bilinear", align_corners=True),
    Case("interpolate", real(1, 1, 4, 5), (7, 2), mode="bicubic", align_corners=True),
    Case("interpolate", real(1, 1, 6, 5), (3, 2), mode="bilinear", antialias=True),
    Case("interpolate", real(1, 1, 7, 5), (3, 6), mode="bicubic", antialias=True),
    Case("interpolate", real(1, 1, 4), scale_factor=2.6, mode="linear",
         recompute_scale_factor=True),
    Case("interpolate", real(1, 1, 4), 8), Case("interpolate", real(1, 1, 4), 4),
    *[Case("grid_sample", real(2, 2, 4, 5), positions(2, 3, 2, 2), mode, padding, aligned)
      for mode in ("bilinear", "bicubic") for padding in ("zeros", "border", "reflection")
      for aligned in (False, True)],
    Case("grid_sample", real(1, 2, 4, 5), fixed(positions(1, 3, 2, 2)), "nearest", "border", False),
    Case("grid_sample", real(1, 2, 3, 4, 3), positions(1, 2, 2, 2, 3), "bilinear", "zeros", False),
    Case("affine_grid", real(2, 2, 3), (2, 1, 3, 4), False),
    Case("affine_grid", real(1, 3, 4), (1, 1, 2, 3, 2), True),
]

CASES = CONVOLUTIONS + BLOCKS + POOLS + PADDING + RESAMPLING
