"""Tones and edges of images, changed or left at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._draws import pair, uniform
from tapegrad.vision.transforms._images import is_number
from tapegrad.vision.transforms._sometimes import Sometimes


class RandomInvert(Sometimes):
    """The negative of the image, with probability ``p``."""

    def changed(self, img: Any) -> Any:
        """The negative."""
        return F.invert(img)


class RandomPosterize(Sometimes):
    """The image with ``bits`` bits a channel, with probability ``p``."""

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def changed(self, img: Any) -> Any:
        """The coarser image."""
        return F.posterize(img, self.bits)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(bits={self.bits},p={self.p})"


class RandomSolarize(Sometimes):
    """The image with all from ``threshold`` up inverted, with probability ``p``."""

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def changed(self, img: Any) -> Any:
        """The image, its light parts inverted."""
        return F.solarize(img, self.threshold)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(threshold={self.threshold},p={self.p})"


class RandomAdjustSharpness(Sometimes):
    """The image as :func:`functional.adjust_sharpness` makes it, with probability ``p``."""

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def changed(self, img: Any) -> Any:
        """The image, sharper or smoother."""
        return F.adjust_sharpness(img, self.sharpness_factor)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(sharpness_factor={self.sharpness_factor},p={self.p})"
        )


class RandomAutocontrast(Sometimes):
    """The image with each channel stretched from black to white, with probability ``p``."""

    def changed(self, img: Any) -> Any:
        """The image in full contrast."""
        return F.autocontrast(img)


class RandomEqualize(Sometimes):
    """The image with all values about as frequent, with probability ``p``."""

    def changed(self, img: Any) -> Any:
        """The image with a flat histogram."""
        return F.equalize(img)


class GaussianBlur(Module):
    """The image blurred by a Gaussian whose ``sigma`` is drawn from a range, or a number.

    ``kernel_size`` is odd, a number or ``(x, y)``. Raises ValueError for other arguments.
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = pair(
            kernel_size, "Kernel size should be a tuple/list of two integers"
        )
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        self.sigma = _range(sigma)

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """The standard deviation."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        """The image."""
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"


def _range(sigma: Any) -> Sequence[float]:
    if is_number(sigma):
        if sigma <= 0:
            raise ValueError("If sigma is a single number, it must be positive.")
        return sigma, sigma
    if not isinstance(sigma, Sequence) or len(sigma) != 2:
        raise ValueError("sigma should be a single number or a list/tuple with length 2.")
    if not 0.0 < sigma[0] <= sigma[1]:
        raise ValueError("sigma values should be positive and of the form (min, max).")
    return sigma
