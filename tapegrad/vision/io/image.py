"""Files of pictures to tensors of bytes and back, through Pillow."""

from __future__ import annotations

import os
from enum import Enum
from typing import Any

from tapegrad import Tensor, uint8
from tapegrad.vision.transforms.functional import pil_to_tensor, to_pil_image


class ImageReadMode(Enum):
    """The channels that a picture is given; UNCHANGED keeps those of the file."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4
    RGBA = RGB_ALPHA


PIL_MODES = {
    ImageReadMode.GRAY: "L", ImageReadMode.GRAY_ALPHA: "LA", ImageReadMode.RGB: "RGB",
    ImageReadMode.RGB_ALPHA: "RGBA",
}  # fmt: skip


def read_image(
    path: str | os.PathLike, mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Tensor:  # fmt: skip
    """The picture in a file. Shape: ``(channels, height, width)``, dtype uint8.

    ``mode`` may be its name; ``apply_exif_orientation`` turns it as the camera noted. Raises
    RuntimeError, with the path, for what is no picture, FileNotFoundError, KeyError for a mode.
    Source: https://docs.pytorch.org/vision/stable/io.html
    """
    from PIL import Image, ImageOps

    wanted = ImageReadMode[mode.upper()] if isinstance(mode, str) else mode
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file) if apply_exif_orientation else file
            picture = picture.convert(PIL_MODES.get(wanted) or _mode_of_bytes(picture))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RuntimeError(f"{os.fspath(path)} cannot be read as a picture: {error}") from error
    return pil_to_tensor(picture).contiguous()


def _mode_of_bytes(picture: Any) -> str:
    """The mode with the channels of the file, in bytes."""
    if picture.mode in ("P", "PA"):
        return "RGBA" if "transparency" in picture.info else "RGB"
    return {1: "L", 2: "LA", 4: "RGBA"}.get(len(picture.getbands()), "RGB")


def write_png(input: Tensor, filename: str | os.PathLike, compression_level: int = 6) -> None:
    """Write ``(1 or 3, height, width)`` bytes as a PNG file. Raises RuntimeError for others."""
    _picture_of(input).save(filename, format="png", compress_level=compression_level)


def write_jpeg(input: Tensor, filename: str | os.PathLike, quality: int = 75) -> None:
    """Write ``(1 or 3, height, width)`` bytes as a JPEG file. Raises RuntimeError for others."""
    _picture_of(input).save(filename, format="jpeg", quality=quality)


def _picture_of(input: Tensor) -> Any:
    if input.dtype is not uint8:
        raise RuntimeError("Input tensor dtype should be uint8")
    if input.ndim != 3:
        raise RuntimeError("Input data should be a 3-dimensional tensor")
    if input.shape[0] not in (1, 3):
        raise RuntimeError(f"The number of channels should be 1 or 3, got: {input.shape[0]}")
    return to_pil_image(input)


__all__ = ["ImageReadMode", "read_image", "write_jpeg", "write_png"]
