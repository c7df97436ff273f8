"""Brightness, contrast, colours of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import (
    Tensor,
    arange,
    float32,
    fmod,
    int32,
    is_floating_point,
    ones_like,
    stack,
    where,
    zeros_like,
)  # fmt: skip
from tapegrad.vision.transforms._conversion import convert_image_dtype
from tapegrad.vision.transforms._images import (
    check_channels,
    check_planes,
    is_image_tensor,
    is_pil,
    max_value,
)  # fmt: skip


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The image between black, at 0, and twice as bright, at 2. Negative: ValueError."""
    if not is_image_tensor(img):
        return enhanced(img, "Brightness", brightness_factor)
    check_factor("brightness_factor", brightness_factor)
    check_channels(img, 1, 3)
    return blend(img, zeros_like(img), brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The image between its mean grey, at 0, and twice the contrast, at 2. Negative: ValueError."""
    if not is_image_tensor(img):
        return enhanced(img, "Contrast", contrast_factor)
    check_factor("contrast_factor", contrast_factor)
    check_channels(img, 3, 1)
    grey = rgb_to_grayscale(img) if img.ndim > 2 and img.shape[-3] == 3 else img
    kind = img.dtype if is_floating_point(img) else float32
    return blend(img, grey.to(kind).mean((-3, -2, -1), keepdim=True), contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """The image between grey, at 0, and twice the colour, at 2. Negative: ValueError."""
    if not is_image_tensor(img):
        return enhanced(img, "Color", saturation_factor)
    check_factor("saturation_factor", saturation_factor)
    check_channels(img, 1, 3)
    if img.ndim == 2 or img.shape[-3] == 1:
        return img
    return blend(img, rgb_to_grayscale(img), saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The image with its hues turned by a share of the circle, from -0.5 to 0.5, else ValueError.

    What has no colours stays as it is.
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if not is_image_tensor(img):
        return _hue_of_picture(img, hue_factor)
    check_channels(img, 1, 3)
    if img.ndim == 2 or img.shape[-3] == 1:
        return img
    hue, saturation, value = _rgb_to_hsv(convert_image_dtype(img, float32))
    return convert_image_dtype(_hsv_to_rgb((hue + hue_factor) % 1.0, saturation, value), img.dtype)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """``gain * img ** gamma`` of values from 0 to 1. Negative gamma: ValueError."""
    is_tensor = is_image_tensor(img)
    if is_tensor:
        check_channels(img, 1, 3)
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if not is_tensor:
        curve = [int((255 + 1 - 1e-3) * gain * pow(k / 255.0, gamma)) for k in range(256)]
        return img.convert("RGB").point(curve * 3).convert(img.mode)
    light = img if is_floating_point(img) else convert_image_dtype(img, float32)
    return convert_image_dtype((gain * light.pow(gamma)).clamp(0, 1), img.dtype)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The lightness, in one channel or three alike. Other numbers: ValueError."""
    if not is_image_tensor(img):
        return to_grayscale(img, num_output_channels)
    check_planes(img)
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if img.shape[-3] == 3:
        red, green, blue = img.unbind(-3)
        light = 0.2989 * red + 0.587 * green + 0.114 * blue
        grey = light.to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey.expand(img.shape) if num_output_channels == 3 else grey


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """:func:`rgb_to_grayscale` of a ``PIL.Image`` only. Raises TypeError for anything else."""
    if not is_pil(img):
        raise TypeError("Input should be PIL Image")
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    grey = img.convert("L")
    return grey if num_output_channels == 1 else grey.convert("RGB")


def check_factor(name: str, factor: float) -> None:
    """Raise ValueError for a negative factor."""
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def enhanced(picture: Any, name: str, factor: float) -> Any:
    """A picture changed by a class of ``PIL.ImageEnhance``."""
    from PIL import ImageEnhance

    return getattr(ImageEnhance, name)(picture).enhance(factor)


def blend(img: Tensor, other: Tensor, ratio: float) -> Tensor:
    """``ratio`` of an image and the rest of another, within what the dtype can hold."""
    mixed = float(ratio) * img + (1.0 - float(ratio)) * other
    return mixed.clamp(0, max_value(img.dtype)).to(img.dtype)


def _hue_of_picture(img: Any, hue_factor: float) -> Any:
    from PIL import Image

    if img.mode in ("L", "1", "I", "F"):
        return img
    hue, saturation, value = img.convert("HSV").split()
    turned = np.array(hue) + np.int32(hue_factor * 255).astype(np.uint8)  # modulo 256
    return Image.merge("HSV", (Image.fromarray(turned), saturation, value)).convert(img.mode)


def _rgb_to_hsv(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value of a float image, from 0 to 1. Source: Smith 1978."""
    red, green, blue = img.unbind(-3)
    value = img.amax(-3)
    spread = value - img.amin(-3)
    is_grey, one = spread == 0, ones_like(value)
    divisor = where(is_grey, one, spread)
    from_red, from_green, from_blue = ((value - c) / divisor for c in (red, green, blue))
    sector = where(
        value == red,
        from_blue - from_green,
        where(value == green, 2.0 + from_red - from_blue, 4.0 + from_green - from_red),
    )
    hue = fmod(sector / 6.0 + 1.0, 1.0)
    return hue, spread / where(is_grey, one, value), value


def _hsv_to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """The inverse: in each of six sectors of hue one colour is full, one empty, one between."""
    sector = (hue * 6.0).floor()
    rest = hue * 6.0 - sector
    p = (value * (1.0 - saturation)).clamp(0.0, 1.0)
    q = (value * (1.0 - saturation * rest)).clamp(0.0, 1.0)
    t = (value * (1.0 - saturation * (1.0 - rest))).clamp(0.0, 1.0)
    six = arange(6).view(-1, 1, 1)
    chosen = ((sector.to(int32) % 6).unsqueeze(-3) == six).to(value.dtype)
    colours = (
        (value, q, p, p, t, value), (t, value, value, q, p, p), (p, p, t, value, value, q),
    )  # fmt: skip
    return stack([(chosen * stack(one, -3)).sum(-3) for one in colours], -3)
