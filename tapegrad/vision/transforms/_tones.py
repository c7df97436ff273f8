"""Tones of images: inverted, coarser, spread over the whole range."""

from __future__ import annotations

from typing import Any

from tapegrad import Tensor, arange, bincount, div, float32, int64, uint8, where
from tapegrad.nn import functional as F
from tapegrad.vision.transforms._images import (
    check_channels,
    check_planes,
    is_image_tensor,
    max_value,
)  # fmt: skip


def invert(img: Any) -> Any:
    """The negative of the image. Raises TypeError for other than 1 or 3 channels."""
    if not is_image_tensor(img):
        return _by_pillow("invert", img)
    check_planes(img)
    return max_value(img.dtype) - img


def posterize(img: Any, bits: int) -> Any:
    """The image with that many bits a channel.

    Raises ValueError unless they are from 0 to 8, TypeError for a tensor of other than bytes.
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    if not is_image_tensor(img):
        return _by_pillow("posterize", img, bits)
    if img.ndim >= 3:
        _check_bytes(img)
    check_planes(img)
    return img & -int(2 ** (8 - bits))


def solarize(img: Any, threshold: float) -> Any:
    """The image with all from ``threshold`` up inverted. Raises TypeError if nothing can be."""
    if not is_image_tensor(img):
        return _by_pillow("solarize", img, threshold)
    check_planes(img)
    if threshold > max_value(img.dtype):
        raise TypeError("Threshold should be less than bound of img.")
    return where(img >= threshold, invert(img), img)


def autocontrast(img: Any) -> Any:
    """The image with each channel stretched, so that its darkest is black, its lightest white."""
    if not is_image_tensor(img):
        return _by_pillow("autocontrast", img)
    check_planes(img)
    white = max_value(img.dtype)
    kind = img.dtype if img.is_floating_point() else float32
    darkest = img.amin((-2, -1), keepdim=True).to(kind)
    scale = white / (img.amax((-2, -1), keepdim=True).to(kind) - darkest)
    can_stretch = scale.isfinite()
    darkest, scale = darkest.where(can_stretch, 0), scale.where(can_stretch, 1)
    return ((img - darkest) * scale).clamp(0, white).to(img.dtype)


def equalize(img: Any) -> Any:
    """The image with its values mapped so that all are about as frequent, in each channel.

    Raises TypeError for tensors that are no bytes or have other than 3 or 4 dimensions.
    """
    if not is_image_tensor(img):
        return _by_pillow("equalize", img)
    if img.ndim not in (3, 4):
        raise TypeError(f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}")
    _check_bytes(img)
    check_channels(img, 1, 3)
    if img.numel() == 0:
        return img
    return _equalized(img.flatten(-2).flatten(0, -2).to(int64)).view(img.shape).to(uint8)


def _equalized(planes: Tensor) -> Tensor:
    """Each of ``(planes, pixels)`` by itself; one of too few pixels or a single tone stays."""
    n, n_pixels = planes.shape
    of_plane = 256 * arange(n)[:, None]
    counts = bincount((planes + of_plane).flatten(), minlength=256 * n).view(n, 256)
    lightest = counts.gather(1, planes.amax(1, keepdim=True))
    step = (n_pixels - lightest) // 255
    below = F.pad(counts.cumsum(1), (1, 0))[:, :-1]
    mapped = div(below + step // 2, step.clamp(min=1), rounding_mode="floor").clamp(0, 255)
    return where(step == 0, planes, mapped.gather(1, planes))


def _check_bytes(img: Tensor) -> None:
    if img.dtype is not uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")


def _by_pillow(name: str, picture: Any, *arguments: Any) -> Any:
    from PIL import ImageOps

    return getattr(ImageOps, name)(picture, *arguments)
