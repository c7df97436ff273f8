"""Sizes, cuts, flips and turns of images, chosen or random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._draws import (
    check_scale_and_ratio,
    pair,
    place,
    rectangle,
)  # fmt: skip
from tapegrad.vision.transforms._geometry import check_padding, check_padding_mode
from tapegrad.vision.transforms._images import MODES, InterpolationMode, is_number
from tapegrad.vision.transforms._sometimes import Sometimes

TWO_DIMENSIONS = "Please provide only two dimensions (h, w) for size."


def _mode(interpolation: Any) -> Any:
    return MODES[interpolation] if isinstance(interpolation, int) else interpolation


class Resize(Module):
    """The image in another size: ``(height, width)``, or of its shorter side.

    ``max_size`` bounds the longer side. Raises TypeError, ValueError for other sizes.
    Source: https://docs.pytorch.org/vision/stable/transforms.html
    """

    def __init__(
        self, size: Any, interpolation: Any = InterpolationMode.BILINEAR,
        max_size: int | None = None, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size, self.max_size = size, max_size
        self.interpolation, self.antialias = _mode(interpolation), antialias

    def forward(self, img: Any) -> Any:
        """The image."""
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(size={self.size}, interpolation="
            f"{self.interpolation.value}, max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(Module):
    """The rectangle ``(height, width)``, or square, in the middle; zero beyond the image."""

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = pair(size, TWO_DIMENSIONS)

    def forward(self, img: Any) -> Any:
        """The rectangle."""
        return F.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(size={self.size})"


class Pad(Module):
    """The image with a margin, as :func:`functional.pad` says."""

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        if not isinstance(padding, (tuple, list)) and not is_number(padding):
            raise TypeError("Got inappropriate padding arg")
        if not isinstance(fill, (tuple, list)) and not is_number(fill):
            raise TypeError("Got inappropriate fill arg")
        check_padding_mode(padding_mode)
        check_padding(padding)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, img: Any) -> Any:
        """The image."""
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(padding={self.padding}, fill={self.fill}, "
            f"padding_mode={self.padding_mode})"
        )


class FiveCrop(Module):
    """The four corners and the middle, in a tuple."""

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = pair(size, TWO_DIMENSIONS)

    def forward(self, img: Any) -> tuple[Any, ...]:
        """The five."""
        return F.five_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(size={self.size})"


class TenCrop(Module):
    """The four corners and the middle of the image and of its mirror image, in a tuple."""

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__()
        self.size, self.vertical_flip = pair(size, TWO_DIMENSIONS), vertical_flip

    def forward(self, img: Any) -> tuple[Any, ...]:
        """The ten."""
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


class RandomCrop(Module):
    """A rectangle ``(height, width)``, or square, anywhere in the image, after a margin.

    ``pad_if_needed`` makes a smaller image large enough; else it is a ValueError.
    """

    def __init__(
        self, size: Any, padding: Any = None, pad_if_needed: bool = False, fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:  # fmt: skip
        super().__init__()
        self.size = tuple(pair(size, TWO_DIMENSIONS))
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> tuple[int, int, int, int]:
        """Row, column, height and width."""
        _, h, w = F.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(
                f"Required crop size {(height, width)} is larger than input image size {(h, w)}"
            )
        if (h, w) == (height, width):
            return 0, 0, h, w
        return place(height, h), place(width, w), height, width

    def forward(self, img: Any) -> Any:
        """The rectangle."""
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, height, width = F.get_dimensions(img)
            for missing, margin in (
                (self.size[1] - width, (1, 0)), (self.size[0] - height, (0, 1))
            ):  # fmt: skip
                if missing > 0:
                    around = [missing * side for side in margin]
                    img = F.pad(img, around, self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Module):
    """A rectangle of a random share ``scale`` and ratio ``ratio`` of width to height, resized.

    Raises TypeError unless both are sequences. Source: Szegedy et al. 2015.
    """

    def __init__(
        self, size: Any, scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size = pair(size, TWO_DIMENSIONS)
        check_scale_and_ratio(scale, ratio)
        self.interpolation, self.antialias = _mode(interpolation), antialias
        self.scale, self.ratio = scale, ratio

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float]
    ) -> tuple[int, int, int, int]:
        """Row, column, height and width; the largest in the middle if ten choices do not fit."""
        _, height, width = F.get_dimensions(img)
        for _ in range(10):
            h, w = (int(side) for side in rectangle(height, width, scale, ratio))
            if 0 < w <= width and 0 < h <= height:
                return place(h, height), place(w, width), h, w
        h = min(height, round(width / min(ratio)))
        w = min(width, round(height * max(ratio)))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        """The rectangle in its new size."""
        chosen = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(
            img, *chosen, self.size, self.interpolation, antialias=self.antialias
        )

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(x, 4) for x in each) for each in (self.scale, self.ratio))
        return (
            f"{self.__class__.__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomHorizontalFlip(Sometimes):
    """Left and right exchanged, with probability ``p``."""

    def changed(self, img: Any) -> Any:
        """The mirror image."""
        return F.hflip(img)


class RandomVerticalFlip(Sometimes):
    """Top and bottom exchanged, with probability ``p``."""

    def changed(self, img: Any) -> Any:
        """The image upside down."""
        return F.vflip(img)
