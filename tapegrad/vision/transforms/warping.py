"""Images seen from elsewhere or through water, at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, concat, rand, randint
from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._draws import happens
from tapegrad.vision.transforms._images import (
    MODES,
    InterpolationMode,
    fill_for,
    is_number,
)  # fmt: skip


class RandomPerspective(Module):
    """The image with its corners moved inwards, with probability ``p``.

    ``distortion_scale`` is the largest share of half a side that a corner moves. Raises TypeError
    for a ``fill`` that is no colour.
    """

    def __init__(
        self, distortion_scale: float = 0.5, p: float = 0.5,
        interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if not (fill is None or is_number(fill) or isinstance(fill, Sequence)):
            raise TypeError("Fill should be either a sequence or a number.")
        self.p, self.distortion_scale = p, distortion_scale
        self.fill: Any = 0 if fill is None else fill
        self.interpolation = (
            MODES[interpolation] if isinstance(interpolation, int) else interpolation
        )

    def forward(self, img: Any) -> Any:
        """The image, changed or as it was."""
        fill = fill_for(img, self.fill)
        if not happens(self.p):
            return img
        width, height = F.get_image_size(img)
        corners = self.get_params(width, height, self.distortion_scale)
        return F.perspective(img, *corners, self.interpolation, fill)

    @staticmethod
    def get_params(
        width: int, height: int, distortion_scale: float
    ) -> tuple[list[list[int]], list[list[int]]]:
        """The corners before and after, from the upper left one with the clock."""
        right, bottom = width - 1, height - 1
        start = [[0, 0], [right, 0], [right, bottom], [0, bottom]]
        reach = [int(distortion_scale * (size // 2)) for size in (width, height)]
        end = [
            [_inwards(place, room) for place, room in zip(corner, reach, strict=True)]
            for corner in start
        ]
        return start, end

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(p={self.p})"


def _inwards(edge: int, reach: int) -> int:
    """A place from an edge inwards: from the first one, at 0, or the last."""
    low, high = (0, reach + 1) if edge == 0 else (edge - reach, edge + 1)
    return int(randint(low, high, size=(1,)).item())


class ElasticTransform(Module):
    """The image as through moving water: displaced by noise, blurred over ``sigma`` pixels.

    ``alpha`` is the strength; both are floats, or ``[x, y]``. Raises TypeError, ValueError for
    other arguments. Source: Simard, Steinkraus and Platt 2003.
    """

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0,
        interpolation: Any = InterpolationMode.BILINEAR, fill: Any = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.alpha, self.sigma = _two_floats(alpha, "alpha"), _two_floats(sigma, "sigma")
        self.interpolation = (
            MODES[interpolation] if isinstance(interpolation, int) else interpolation
        )
        if not isinstance(fill, (int, float, list, tuple)):
            raise TypeError(
                f"fill should be int or float or a list or tuple of them. Got {type(fill)}"
            )
        values = [fill] if isinstance(fill, (int, float)) else fill
        self.fill = [float(value) for value in values]

    @staticmethod
    def get_params(alpha: list[float], sigma: list[float], size: list[int]) -> Tensor:
        """How far each pixel moves. Shape: ``(1, height, width, 2)``."""
        parts = [
            _smooth_noise(size, sigma[k], sigma) * alpha[k] / size[1 - k] for k in range(2)
        ]
        return concat(parts, 1).permute([0, 2, 3, 1])

    def forward(self, tensor: Any) -> Any:
        """The image."""
        _, *size = F.get_dimensions(tensor)
        displacement = self.get_params(self.alpha, self.sigma, size)
        return F.elastic_transform(tensor, displacement, self.interpolation, self.fill)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(alpha={self.alpha}, sigma={self.sigma}, "
            f"interpolation={self.interpolation}, fill={self.fill})"
        )


def _smooth_noise(size: list[int], reach: float, sigma: list[float]) -> Tensor:
    """Noise from -1 to 1, blurred by a square kernel that is wide enough for ``reach``."""
    noise = rand([1, 1, *size]) * 2 - 1
    width = int(8 * reach + 1) | 1
    return F.gaussian_blur(noise, [width, width], sigma) if reach > 0.0 else noise


def _two_floats(value: Any, name: str) -> Any:
    if isinstance(value, float):
        return [value, value]
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be float or a sequence of floats. Got {type(value)}")
    if len(value) != 2:
        raise ValueError(
            f"If {name} is a sequence its length should be 2. Got {len(value)}"
        )
    for one in value:
        if not isinstance(one, float):
            raise TypeError(f"{name} should be a sequence of floats. Got {type(one)}")
    return value
