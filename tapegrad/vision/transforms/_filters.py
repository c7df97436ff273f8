"""Images blurred and sharpened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, dtype, float32, linspace, ones
from tapegrad.nn import functional as F
from tapegrad.vision.transforms._color import blend, check_factor, enhanced
from tapegrad.vision.transforms._conversion import as_tensor_image
from tapegrad.vision.transforms._images import (
    as_batch,
    check_channels,
    is_image_tensor,
)  # fmt: skip


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """The image blurred by a Gaussian of standard deviation ``sigma``, mirrored at its edges.

    Both are a number or ``(x, y)``; sizes are odd. ``sigma`` is ``0.15 kernel_size + 0.35`` by
    default. Raises TypeError, ValueError for other arguments.
    """
    sizes = _sizes(kernel_size)
    deviations = _deviations([0.15 * size + 0.35 for size in sizes] if sigma is None else sigma)
    image, back = as_tensor_image(img)
    is_image_tensor(image)
    kind = image.dtype if image.is_floating_point() else float32
    x, y = (_bell(size, one, kind) for size, one in zip(sizes, deviations, strict=True))
    around = [size // 2 for size in sizes for _ in range(2)]
    batch, restore = as_batch(image, kind)
    return back(restore(_convolved(F.pad(batch, around, mode="reflect"), y[:, None] @ x[None])))


def _sizes(kernel_size: Any) -> Sequence[int]:
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(
            f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}"
        )
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
    if len(sizes) != 2:
        raise ValueError(
            f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}"
        )
    if any(size % 2 == 0 or size < 0 for size in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    return sizes


def _deviations(sigma: Any) -> Sequence[float]:
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    values = [float(sigma)] if isinstance(sigma, (int, float)) else sigma
    values = [values[0]] * 2 if len(values) == 1 else values
    if len(values) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(values)}")
    if any(value <= 0.0 for value in values):
        raise ValueError(f"sigma should have positive values. Got {values}")
    return values


def _bell(size: int, sigma: float, kind: dtype) -> Tensor:
    half = (size - 1) * 0.5
    density = (-0.5 * (linspace(-half, half, size, dtype=kind) / sigma).pow(2)).exp()
    return density / density.sum()


def _convolved(batch: Tensor, kernel: Tensor) -> Tensor:
    """Each channel by itself, where the kernel fits."""
    channels = batch.shape[-3]
    return F.conv2d(batch, kernel.expand(channels, 1, *kernel.shape), groups=channels)


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The image between blurred, at 0, and twice as sharp, at 2; its edge stays as it is.

    Raises ValueError for negative factors.
    """
    if not is_image_tensor(img):
        return enhanced(img, "Sharpness", sharpness_factor)
    check_factor("sharpness_factor", sharpness_factor)
    check_channels(img, 1, 3)
    if min(img.shape[-2:]) <= 2:
        return img
    kind = img.dtype if img.is_floating_point() else float32
    kernel = ones(3, 3, dtype=kind)
    kernel[1, 1] = 5.0
    batch, restore = as_batch(img, kind)
    smooth = img.clone()
    smooth[..., 1:-1, 1:-1] = restore(_convolved(batch, kernel / kernel.sum()))
    return blend(img, smooth, sharpness_factor)
