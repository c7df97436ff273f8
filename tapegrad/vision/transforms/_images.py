"""What an image is: a tensor ``(..., channels, height, width)`` or a ``PIL.Image``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum
from numbers import Number
from typing import Any, TypeGuard

from tapegrad import Tensor, dtype, float32, float64


class InterpolationMode(Enum):
    """How values between pixels are found. The last three are for pictures of Pillow only."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


# Pillow's numbers. The reverse has NEAREST for 0.
PIL_MODES = {
    InterpolationMode.NEAREST_EXACT: 0,
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
}
MODES = {number: mode for mode, number in PIL_MODES.items()}


def interpolation_mode(mode: Any) -> InterpolationMode:
    """The mode, also of Pillow's number. Raises TypeError for what is neither."""
    if isinstance(mode, int):
        return MODES[mode]
    if not isinstance(mode, InterpolationMode):
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow "
            "integer constant"
        )
    return mode


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is one number, also of NumPy."""
    return isinstance(value, Number)


def is_pil(img: Any) -> bool:
    """Whether it is a ``PIL.Image``; without Pillow nothing is."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(img, module.Image)


def is_image_tensor(img: Any) -> bool:
    """Whether it is a tensor and not a ``PIL.Image``. Raises TypeError for what is no image."""
    if isinstance(img, Tensor):
        if img.ndim < 2:
            raise TypeError("Tensor is not a torch image.")
        return True
    if not is_pil(img):
        raise TypeError(f"img should be PIL Image. Got {type(img)}")
    return False


def get_dimensions(img: Any) -> list[int]:
    """``[channels, height, width]`` of an image. Raises TypeError for anything else."""
    if not isinstance(img, Tensor) and not is_pil(img):
        raise TypeError(f"Unexpected type {type(img)}")
    if is_image_tensor(img):
        channels = 1 if img.ndim == 2 else img.shape[-3]
        return [channels, *img.shape[-2:]]
    return [len(img.getbands()), img.height, img.width]


def get_image_size(img: Any) -> list[int]:
    """``[width, height]`` of an image. Raises TypeError for anything else."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """The number of channels of an image. Raises TypeError for anything else."""
    return get_dimensions(img)[0]


def check_channels(img: Tensor, *allowed: int) -> None:
    """Raise TypeError unless a tensor has one of these numbers of channels."""
    found = get_dimensions(img)[0]
    if found not in allowed:
        raise TypeError(
            f"Input image tensor permitted channel values are {[*allowed]}, but found {found}"
        )


def check_planes(img: Tensor) -> None:
    """Raise TypeError unless a tensor has three dimensions or more, and 1 or 3 channels."""
    if img.ndim < 3:
        raise TypeError(
            f"Input image tensor should have at least 3 dimensions, but found {img.ndim}"
        )
    check_channels(img, 1, 3)


def fill_for(img: Any, fill: Any) -> Any:
    """A colour as it goes with an image: of a tensor a number for each channel, or None."""
    channels = get_dimensions(img)[0]
    if fill is None or not isinstance(img, Tensor):
        return fill
    values = [fill] * channels if isinstance(fill, (int, float)) else fill
    return [float(value) for value in values]


def max_value(kind: dtype) -> int:
    """What white is: the largest number of an integer dtype, 1 of floats."""
    return 1 if kind.is_floating_point else 2 ** (8 * kind.itemsize - kind.is_signed) - 1


def as_batch(
    img: Tensor, *dtypes: dtype
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """A batch of the first of ``dtypes``, unless it has one; and what undoes that."""
    is_single, kind = img.ndim < 4, img.dtype
    batch = img.unsqueeze(0) if is_single else img
    if kind not in (dtypes or (float32, float64)):
        batch = batch.to(dtypes[0] if dtypes else float32)

    def restore(result: Tensor) -> Tensor:
        result = result.squeeze(0) if is_single else result
        if result.dtype is kind:
            return result
        return (result if kind.is_floating_point else result.round()).to(kind)

    return batch, restore
