"""Colours of images, changed at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, randperm
from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._draws import uniform
from tapegrad.vision.transforms._images import is_number
from tapegrad.vision.transforms._sometimes import Sometimes

Range = Sequence[float] | None
PROPERTIES = ("brightness", "contrast", "saturation", "hue")


class ColorJitter(Module):
    """Brightness, contrast, saturation and hue changed by random factors, in random order.

    Each is a range of factors, or a number: how far they may be from 1, of hue from 0. Raises
    TypeError, ValueError for others. Source: https://docs.pytorch.org/vision/stable/transforms.html
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        super().__init__()
        self.brightness = _factors(brightness, "brightness")
        self.contrast = _factors(contrast, "contrast")
        self.saturation = _factors(saturation, "saturation")
        self.hue = _factors(hue, "hue", center=0, bounds=(-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: Range, contrast: Range, saturation: Range, hue: Range
    ) -> tuple[Tensor, float | None, float | None, float | None, float | None]:
        """The order, as a permutation of four, and the factors."""
        order = randperm(4)
        b, c, s, h = (
            None if each is None else uniform(each[0], each[1])
            for each in (brightness, contrast, saturation, hue)
        )
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        """The image."""
        order, *factors = self.get_params(
            self.brightness, self.contrast, self.saturation, self.hue
        )
        for k in order.tolist():
            if factors[k] is not None:
                img = getattr(F, f"adjust_{PROPERTIES[k]}")(img, factors[k])
        return img

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)}" for name in PROPERTIES)
        return f"{self.__class__.__name__}({inside})"


def _factors(
    value: Any, name: str, center: int = 1, bounds: tuple[float, float] = (0, float("inf"))
) -> tuple[float, float] | None:
    """The range; None if it changes nothing."""
    if is_number(value):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        reach = float(value)
        chosen = [center - reach, center + reach]
        if center:
            chosen[0] = max(chosen[0], 0.0)
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        chosen = [float(value[0]), float(value[1])]
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not bounds[0] <= chosen[0] <= chosen[1] <= bounds[1]:
        raise ValueError(f"{name} values should be between {bounds}, but got {chosen}.")
    return None if chosen[0] == chosen[1] == center else (chosen[0], chosen[1])


class Grayscale(Module):
    """The lightness, in one channel or three alike."""

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """The image."""
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Sometimes):
    """The image without its colours, with probability ``p``; as many channels as before."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    def changed(self, img: Any) -> Any:
        """The grey image."""
        return F.rgb_to_grayscale(img, F.get_image_num_channels(img))
