"""Transforms as functions, of tensors ``(..., channels, height, width)`` and ``PIL.Image``."""

from tapegrad.vision.transforms._color import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    invert,
    rgb_to_grayscale,
    to_grayscale,
)  # fmt: skip
from tapegrad.vision.transforms._conversion import (
    convert_image_dtype,
    normalize,
    pil_to_tensor,
    to_pil_image,
    to_tensor,
)  # fmt: skip
from tapegrad.vision.transforms._erasing import erase
from tapegrad.vision.transforms._geometry import (
    center_crop,
    crop,
    five_crop,
    hflip,
    pad,
    resize,
    resized_crop,
    ten_crop,
    vflip,
)  # fmt: skip
from tapegrad.vision.transforms._images import (
    InterpolationMode,
    get_dimensions,
    get_image_num_channels,
    get_image_size,
)  # fmt: skip
from tapegrad.vision.transforms._rotation import affine, rotate

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
    "adjust_saturation", "affine", "center_crop", "convert_image_dtype", "crop", "erase",
    "five_crop", "get_dimensions", "get_image_num_channels", "get_image_size", "hflip", "invert",
    "normalize", "pad", "pil_to_tensor", "resize", "resized_crop", "rgb_to_grayscale", "rotate",
    "ten_crop", "to_grayscale", "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip
