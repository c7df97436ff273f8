"""Images read at other places than their pixels."""

from __future__ import annotations

from typing import Any

from tapegrad import Tensor, cat, float32, ones, stack, tensor
from tapegrad.nn import functional as F
from tapegrad.vision.transforms._images import as_batch, get_dimensions


def kind_of_grid(img: Tensor) -> Any:
    """The dtype in which places in an image are computed: its own, of bytes float32."""
    return img.dtype if img.is_floating_point() else float32


def check_sampling(img: Tensor, mode: str, fill: Any) -> None:
    """Raise ValueError for another mode, and unless ``fill`` has a value for each channel."""
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"Interpolation mode '{mode}' is unsupported with Tensor input")
    channels, values = get_dimensions(img)[0], _values(fill)
    if len(values) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(values)} != {channels})"
        )


def homogeneous(x: Tensor, y: Tensor) -> Tensor:
    """The points ``(x, y, 1)`` of a grid, row by row. Shape: ``(height * width, 3)``."""
    size = len(y), len(x)
    columns = x.expand(size), y[:, None].expand(size), ones(size, dtype=x.dtype)
    return stack(columns, -1).view(-1, 3)


def sampled(img: Tensor, grid: Tensor, mode: str, fill: Any) -> Tensor:
    """The image read at the places of ``grid``, and ``fill`` outside of it.

    Shape: ``(1, height, width, 2)`` of the grid, whose edges are at ±1.
    """
    batch, restore = as_batch(img, grid.dtype)
    grid = grid.expand(len(batch), *grid.shape[1:])
    if fill is None:
        return restore(F.grid_sample(batch, grid, mode, "zeros", align_corners=False))
    is_image = ones(len(batch), 1, *batch.shape[-2:], dtype=grid.dtype)
    out = F.grid_sample(cat((batch, is_image), 1), grid, mode, "zeros", align_corners=False)
    out, share = out[:, :-1], out[:, -1:]
    colour = tensor(_values(fill), dtype=grid.dtype).view(1, -1, 1, 1)
    if mode == "nearest":
        return restore(out.where(share >= 0.5, colour))
    return restore(out * share + (1.0 - share) * colour)


def _values(fill: Any) -> list[float]:
    return list(fill) if isinstance(fill, (list, tuple)) else [0.0 if fill is None else float(fill)]
