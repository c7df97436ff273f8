"""Transforms of pictures as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapegrad import Tensor, as_tensor, from_numpy, get_default_dtype, uint8


def to_tensor(pic: Any) -> Tensor:
    """A picture as a float tensor ``(channels, height, width)``; bytes are scaled to [0, 1].

    Takes a ``PIL.Image`` or an array ``(height, width)`` or ``(height, width, channels)``. Raises
    TypeError for anything else, ValueError for arrays of other shapes.
    """
    is_array = isinstance(pic, np.ndarray)
    if not is_array and not hasattr(pic, "getbands"):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    array = pic if is_array else _array_of(pic)
    if array.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    planes = array[:, :, None] if array.ndim == 2 else array
    image = from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)))
    return image.to(get_default_dtype()).div(255) if image.dtype is uint8 else image


def _array_of(picture: Any) -> np.ndarray:
    """The values of a ``PIL.Image``; black and white ones as bytes 0 and 255."""
    array = np.array(picture)
    return array.astype(np.uint8) * 255 if picture.mode == "1" else array


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


__all__ = ["normalize", "to_tensor"]
