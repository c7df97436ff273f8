"""Sizes, cuts, margins and flips of images."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapegrad import Tensor, float32, float64, tensor, uint8
from tapegrad.nn import functional as F
from tapegrad.vision.transforms._images import (
    PIL_MODES,
    InterpolationMode,
    as_batch,
    get_dimensions,
    interpolation_mode,
    is_image_tensor,
    is_number,
)  # fmt: skip  # fmt: skip

PADDING_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "symmetric": ""}


def resize(
    img: Any, size: Any, interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None, antialias: bool | None = True,
) -> Any:  # fmt: skip
    """The image in another size: ``(height, width)``, or of its shorter side.

    ``max_size`` bounds the longer side. ``antialias`` widens the filter when a tensor becomes
    smaller; Pillow always does. Raises TypeError, ValueError for other sizes and modes.
    """
    mode = interpolation_mode(interpolation)
    if isinstance(size, (list, tuple)):
        if len(size) not in (1, 2):
            raise ValueError(
                f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element "
                "tuple/list"
            )
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, "
                "i.e. size should be an int or a sequence of length 1 in torchscript mode."
            )
    _, height, width = get_dimensions(img)
    wanted = _new_size(height, width, [size] if isinstance(size, int) else size, max_size)
    if wanted == [height, width]:
        return img
    if is_image_tensor(img):
        return _interpolated(img, wanted, mode.value, bool(antialias))
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is "
            "ignored.",
            stacklevel=2,
        )
    return img.resize(wanted[::-1], PIL_MODES[mode])


def _new_size(height: int, width: int, size: Sequence[int], max_size: int | None) -> list[int]:
    """Height and width, of which ``size`` may give the smaller one only."""
    if len(size) != 1:
        return [*size]
    short, long = sorted((height, width))
    new_short, new_long = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= new_short:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the "
                f"smaller edge size = {size}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return [new_long, new_short] if width <= height else [new_short, new_long]


def _interpolated(img: Tensor, size: list[int], mode: str, antialias: bool) -> Tensor:
    if mode == "lanczos":
        raise ValueError("Lanczos mode requires antialias=True")
    is_smooth = mode in ("bilinear", "bicubic")
    batch, restore = as_batch(img)
    batch = F.interpolate(
        batch, size=size, mode=mode, align_corners=False if is_smooth else None,
        antialias=antialias and is_smooth,
    )  # fmt: skip
    overshoots = mode == "bicubic" and img.dtype is uint8
    return restore(batch.clamp(min=0, max=255) if overshoots else batch)


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """The image with a margin: of ``padding`` pixels, or ``(x, y)``, or left, top, right, bottom.

    The margin is ``fill``, or repeats the image's edge, or mirrors the image without it
    ("reflect") or with it ("symmetric"). Negative numbers cut off.
    Raises TypeError, ValueError for other arguments.
    """
    is_tensor = is_image_tensor(img)
    if not is_number(padding) and not isinstance(padding, (tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    fill = 0 if fill is None else fill
    if not is_number(fill) and (is_tensor or not isinstance(fill, (tuple, list))):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    margins = _margins(padding)
    check_padding_mode(padding_mode)
    return (_pad_tensor if is_tensor else _pad_picture)(img, margins, fill, padding_mode)


def check_padding_mode(padding_mode: str) -> None:
    """Raise ValueError for an unknown kind of margin."""
    if padding_mode not in PADDING_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


def check_padding(padding: Any) -> None:
    """Raise ValueError unless a sequence of paddings has a length that can be meant."""
    if isinstance(padding, (tuple, list)) and len(padding) not in (1, 2, 4):
        raise ValueError(
            f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element "
            "tuple"
        )


def _margins(padding: Any) -> tuple[int, int, int, int]:
    """Left, top, right, bottom."""
    check_padding(padding)
    values = (padding,) if is_number(padding) else tuple(padding)
    left, top, right, bottom = values * (4 // len(values))
    return left, top, right, bottom


def _pad_tensor(img: Tensor, margins: Sequence[int], fill: Any, padding_mode: str) -> Tensor:
    left, top, right, bottom = margins
    if padding_mode == "symmetric":
        return _mirrored(_mirrored(img, -2, top, bottom), -1, left, right)
    around, mode = [left, right, top, bottom], PADDING_MODES[padding_mode]
    if mode == "constant":
        return F.pad(img, around, value=float(fill))
    batch, restore = as_batch(img, float32, float64)
    return restore(F.pad(batch, around, mode=mode))


def _mirrored(img: Tensor, dim: int, before: int, after: int) -> Tensor:
    """The image between its mirror images along ``dim``; less of it where sizes are negative."""
    first, end = max(-before, 0), img.shape[dim] + min(after, 0)
    places = [
        *range(first + before - 1, first - 1, -1), *range(first, end),
        *range(end - 1, end - 1 - after, -1),
    ]  # fmt: skip
    return img.index_select(dim, tensor(places))


def _pad_picture(img: Any, margins: Sequence[int], fill: Any, padding_mode: str) -> Any:
    from PIL import Image, ImageOps

    if padding_mode == "constant":
        padded = ImageOps.expand(img, tuple(margins), fill=picture_fill(fill, img))
    else:
        left, top, right, bottom = (max(n, 0) for n in margins)
        cut = [-min(n, 0) for n in margins]
        array = np.asarray(img.crop((*cut[:2], img.width - cut[2], img.height - cut[3])))
        around = [(top, bottom), (left, right), (0, 0)]
        mode: Any = padding_mode
        padded = Image.fromarray(np.pad(array, around[: array.ndim], mode))
    if img.mode == "P":
        padded.putpalette(img.getpalette())
    return padded


def picture_fill(fill: Any, img: Any) -> Any:
    """A colour of a picture's mode. Raises ValueError unless there is a value for each channel."""
    channels = len(img.getbands())
    kind = float if img.mode == "F" else int
    if is_number(fill):
        return kind(fill) if channels == 1 else (kind(fill),) * channels
    values = tuple(kind(value) for value in fill or (0,))
    if len(values) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(values)} != {channels})"
        )
    return values * channels if len(values) == 1 else values


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A rectangle of the image; what lies outside is zero."""
    right, bottom = left + width, top + height
    if not is_image_tensor(img):
        return img.crop((left, top, right, bottom))
    _, h, w = get_dimensions(img)
    inside = img[..., max(top, 0) : bottom, max(left, 0) : right]
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return inside
    missing = [
        max(-left + min(0, right), 0), max(-top + min(0, bottom), 0),
        max(right - max(w, left), 0), max(bottom - max(h, top), 0),
    ]  # fmt: skip
    return pad(inside, missing)


def center_crop(img: Any, output_size: Any) -> Any:
    """The rectangle ``(height, width)``, or square, in the middle; zero where there is no image."""
    height, width = _pair(output_size)
    _, image_height, image_width = get_dimensions(img)
    below, beside = max(height - image_height, 0), max(width - image_width, 0)
    if below or beside:
        img = pad(img, [beside // 2, below // 2, (beside + 1) // 2, (below + 1) // 2])
        _, image_height, image_width = get_dimensions(img)
        if (height, width) == (image_height, image_width):
            return img
    top, left = round((image_height - height) / 2.0), round((image_width - width) / 2.0)
    return crop(img, top, left, height, width)


def _pair(size: Any) -> Any:
    if is_number(size):
        return int(size), int(size)
    return (size[0], size[0]) if len(size) == 1 else size


def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: Any,
    interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
) -> Any:  # fmt: skip
    """A rectangle of the image, in another size."""
    rectangle = crop(img, top, left, height, width)
    return resize(rectangle, size, interpolation, antialias=antialias)


def hflip(img: Any) -> Any:
    """The image with left and right exchanged."""
    return img.flip(-1) if is_image_tensor(img) else img.transpose(0)


def vflip(img: Any) -> Any:
    """The image with top and bottom exchanged."""
    return img.flip(-2) if is_image_tensor(img) else img.transpose(1)


def five_crop(img: Any, size: Any) -> tuple[Any, Any, Any, Any, Any]:
    """The four corners and the middle. Raises ValueError if they are larger than the image."""
    size = _pair(size)
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    (_, h, w), (height, width) = get_dimensions(img), size
    if width > w or height > h:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(h, w)}")
    corners = [(0, 0), (0, w - width), (h - height, 0), (h - height, w - width)]
    first, second, third, fourth = (crop(img, *corner, height, width) for corner in corners)
    return first, second, third, fourth, center_crop(img, [height, width])


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    """:func:`five_crop` of the image and of its mirror image."""
    five = five_crop(img, size)
    return five + five_crop(vflip(img) if vertical_flip else hflip(img), size)
