"""Images from arrays and back, other dtypes, normalisation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapegrad import (
    Tensor,
    as_tensor,
    div,
    dtype,
    float32,
    float64,
    from_numpy,
    get_default_dtype,
    int32,
    int64,
    uint8,
)  # fmt: skip
from tapegrad.vision.transforms._images import is_pil, max_value

WIDE_GREY = "I;16" if sys.byteorder == "little" else "I;16B"
ARRAY_TYPES = {"I": np.int32, WIDE_GREY: np.int16, "F": np.float32}
GREY_MODES = {"uint8": "L", "int16": WIDE_GREY, "int32": "I", "float32": "F"}
# Modes that the values of so many channels can be; the first is that of bytes.
COLOUR_MODES = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}


def to_tensor(pic: Any) -> Tensor:
    """A picture as a tensor ``(channels, height, width)``; bytes become floats from 0 to 1.

    Takes a ``PIL.Image`` or an array ``(height, width)`` or ``(height, width, channels)``. Raises
    TypeError for anything else, ValueError for arrays of other shapes.
    """
    if not is_pil(pic) and not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    array = _array_of(pic) if is_pil(pic) else pic
    if array.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    planes = array[:, :, None] if array.ndim == 2 else array
    image = from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)))
    return image.to(get_default_dtype()).div(255) if image.dtype is uint8 else image


def _array_of(picture: Any) -> np.ndarray:
    """The values of a ``PIL.Image``; black and white ones as bytes 0 and 255."""
    array = np.array(picture, ARRAY_TYPES.get(picture.mode, np.uint8))
    return array * np.uint8(255) if picture.mode == "1" else array


def pil_to_tensor(pic: Any) -> Tensor:
    """A ``PIL.Image`` as a tensor ``(channels, height, width)`` of the same values.

    Raises TypeError for anything else.
    """
    if not is_pil(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    array = np.array(pic)
    return from_numpy(array.reshape(pic.height, pic.width, -1)).permute(2, 0, 1)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor ``(channels, height, width)`` or an array ``(height, width, channels)`` as picture.

    Floats from 0 to 1 become bytes, unless ``mode`` is "F". Raises TypeError for what is neither
    or has another dtype, ValueError for other shapes and modes that do not go with the channels.
    """
    from PIL import Image

    if isinstance(pic, Tensor):
        pic = (pic.permute(1, 2, 0) if pic.ndim == 3 else pic).detach().numpy()
    elif not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    array = pic[:, :, None] if pic.ndim == 2 else pic
    if array.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    if array.shape[2] > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {array.shape[2]} channels.")
    if np.issubdtype(array.dtype, np.floating) and mode != "F":
        array = (array * 255).astype(np.uint8)
    mode = _mode_for(array, mode)
    size = (array.shape[1], array.shape[0])
    return Image.frombuffer(mode, size, array.tobytes(), "raw", mode, 0, 1)


def as_tensor_image(img: Any) -> tuple[Tensor, Callable[[Tensor], Any]]:
    """An image as a tensor, and what makes the same kind of image of another such tensor.

    Raises TypeError for what is no image.
    """
    if isinstance(img, Tensor):
        return img, lambda result: result
    if not is_pil(img):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    return pil_to_tensor(img), lambda result: to_pil_image(result, img.mode)


def _mode_for(array: np.ndarray, mode: str | None) -> str:
    """The mode of a picture with these values, which must be ``mode`` if that is given."""
    channels = array.shape[2]
    if channels == 1:
        found = GREY_MODES.get(array.dtype.name)
        if mode is not None and mode != found:
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {found}"
            )
    else:
        modes = COLOUR_MODES.get(channels, COLOUR_MODES[3])
        if mode is not None and mode not in modes:
            raise ValueError(f"Only modes {modes} are supported for {channels}D inputs")
        found = mode or (modes[0] if array.dtype == np.uint8 else None)
    if found is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return found


def convert_image_dtype(image: Tensor, dtype: dtype = float32) -> Tensor:
    """The image in another dtype, its values scaled from the range of one to that of the other.

    Floats have the range from 0 to 1. Raises TypeError for what is no tensor, RuntimeError for
    floats that do not have the digits of the integers asked for.
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    if image.dtype is dtype:
        return image
    if image.is_floating_point():
        return image.to(dtype) if dtype.is_floating_point else _as_integers(image, dtype)
    white, wanted = max_value(image.dtype), max_value(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / white
    if white > wanted:
        factor = (white + 1) // (wanted + 1)
        return div(image, factor, rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((wanted + 1) // (white + 1))


def _as_integers(image: Tensor, kind: dtype) -> Tensor:
    if (image.dtype, kind) in ((float32, int32), (float32, int64), (float64, int64)):
        raise RuntimeError(
            f"The cast from {image.dtype} to {kind} cannot be performed safely."
        )
    # Every integer is what an interval of the same width becomes.
    return image.mul(max_value(kind) + 1.0 - 1e-3).to(kind)


def normalize(
    tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False
) -> Tensor:
    """``(x - mean) / std``, channel by channel, for ``(..., channels, height, width)``.

    Raises TypeError for what is no float tensor, ValueError for too few dimensions or zeros in std.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = "
            f"{tensor.size()}"
        )
    means, stds = (as_tensor(values, dtype=tensor.dtype) for values in (mean, std))
    if (stds == 0).any():
        raise ValueError(
            f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by "
            "zero."
        )
    means, stds = (one.view(-1, 1, 1) if one.ndim == 1 else one for one in (means, stds))
    return (tensor if inplace else tensor.clone()).sub_(means).div_(stds)
