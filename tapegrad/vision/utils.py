"""Several pictures in one, and pictures as files."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, cat, full, is_tensor, no_grad, stack, uint8


@no_grad()
def make_grid(
    tensor: Tensor | Sequence[Tensor], nrow: int = 8, padding: int = 2, normalize: bool = False,
    value_range: tuple[float, float] | None = None, scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:  # fmt: skip
    """A batch of pictures as one, ``nrow`` in each row, ``padding`` pixels apart.

    Shape: ``(n, channels, height, width)``, or a list of ``(channels, height, width)``, to one
    picture of three channels if there was one. ``normalize`` shifts values to [0, 1], from
    ``value_range`` or their own, for ``scale_each`` picture apart.
    """
    if not is_tensor(tensor) and not (
        isinstance(tensor, list) and all(map(is_tensor, tensor))
    ):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    images = _as_batch(tensor)
    if normalize:
        images = images.clone()
        for image in images if scale_each else [images]:
            _stretch(image, value_range)
    if images.size(0) == 1:
        return images.squeeze(0)
    return _arranged(images, nrow, padding, pad_value)


def _as_batch(tensor: Any) -> Tensor:
    images = stack(tensor, dim=0) if isinstance(tensor, list) else tensor
    if images.dim() == 2:
        images = images.unsqueeze(0)
    if images.dim() == 3:
        if images.size(0) == 1:
            images = cat((images, images, images), 0)
        images = images.unsqueeze(0)
    if images.dim() == 4 and images.size(1) == 1:
        images = cat((images, images, images), 1)
    return images


def _stretch(image: Tensor, value_range: tuple[float, float] | None) -> None:
    if value_range is not None and not isinstance(value_range, tuple):
        raise TypeError(
            "value_range has to be a tuple (min, max) if specified. min and max are numbers"
        )
    low, high = value_range or (float(image.min()), float(image.max()))
    image.clamp_(min=low, max=high)
    image.sub_(low).div_(max(high - low, 1e-5))


def _arranged(images: Tensor, nrow: int, padding: int, pad_value: float) -> Tensor:
    count, channels = images.size(0), images.size(1)
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = images.size(2) + padding, images.size(3) + padding
    shape = (channels, height * rows + padding, width * columns + padding)
    grid = full(shape, pad_value, dtype=images.dtype)
    for k in range(count):
        top, left = (k // columns) * height + padding, (k % columns) * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = images[k]
    return grid


@no_grad()
def save_image(
    tensor: Tensor | Sequence[Tensor], fp: str | os.PathLike | Any, format: str | None = None,
    **kwargs: Any,
) -> None:  # fmt: skip
    """Write a batch of pictures with values in [0, 1] as one picture file, through Pillow.

    ``kwargs`` are those of :func:`make_grid`. Raises ImportError without Pillow.
    """
    from PIL import Image

    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0).to("cpu", uint8).numpy()
    Image.fromarray(pixels).save(fp, format=format)


__all__ = ["make_grid", "save_image"]
