"""Transforms as functions, of tensors ``(..., channels, height, width)`` and ``PIL.Image``."""

from tapegrad.vision.transforms._color import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
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
from tapegrad.vision.transforms._filters import adjust_sharpness, gaussian_blur
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
from tapegrad.vision.transforms._tones import autocontrast, equalize, invert, posterize, solarize
from tapegrad.vision.transforms._warping import elastic_transform, perspective

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
    "adjust_saturation", "adjust_sharpness", "affine", "autocontrast", "center_crop",
    "convert_image_dtype", "crop", "elastic_transform", "equalize", "erase", "five_crop",
    "gaussian_blur", "get_dimensions", "get_image_num_channels", "get_image_size", "hflip",
    "invert", "normalize", "pad", "perspective", "pil_to_tensor", "posterize", "resize",
    "resized_crop", "rgb_to_grayscale", "rotate", "solarize", "ten_crop", "to_grayscale",
    "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip
