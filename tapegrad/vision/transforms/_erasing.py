"""Rectangles of images overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, empty, float32, tensor
from tapegrad.nn import Module
from tapegrad.vision.transforms._draws import check_scale_and_ratio, happens, place, rectangle
from tapegrad.vision.transforms._images import is_image_tensor, is_number


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Tensor:
    """The image with the rectangle at row ``i``, column ``j`` set to ``v``. Others: TypeError."""
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    is_image_tensor(img)
    out = img if inplace else img.clone()
    out[..., i : i + h, j : j + w] = v
    return out


class RandomErasing(Module):
    """Overwrite a random rectangle of a tensor, with probability ``p``.

    It has a share ``scale`` of the area and the ratio ``ratio`` of sides; ``value`` is a number,
    one for each channel, or "random". Raises TypeError, ValueError for other arguments.
    Source: Zhong et al. 2017.
    """

    def __init__(
        self, p: float = 0.5, scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3), value: Any = 0, inplace: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(value, (str, tuple, list)) and not is_number(value):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        check_scale_and_ratio(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p, self.scale, self.ratio = p, scale, ratio
        self.value, self.inplace = value, inplace

    @staticmethod
    def get_params(
        img: Tensor, scale: Sequence[float], ratio: Sequence[float],
        value: Sequence[float] | None = None,
    ) -> tuple[int, int, int, int, Tensor]:  # fmt: skip
        """Row, column, height, width and contents; those of the whole image if none fits."""
        channels, height, width = img.shape[-3:]
        for _ in range(10):
            # Here the ratio is that of height to width.
            w, h = (int(side) for side in rectangle(height, width, scale, ratio))
            if h >= height or w >= width:
                continue
            contents = (
                empty([channels, h, w], dtype=float32).normal_()
                if value is None
                else tensor(value)[:, None, None]
            )
            return place(h, height), place(w, width), h, w, contents
        return 0, 0, height, width, img

    def forward(self, img: Tensor) -> Tensor:
        """The image, or a copy of it with the rectangle."""
        if not happens(self.p):
            return img
        value: Any = None
        if not isinstance(self.value, str):
            values: Any = [self.value] if is_number(self.value) else self.value
            value = [float(each) for each in values]
            if len(value) not in (1, img.shape[-3]):
                raise ValueError(
                    "If value is a sequence, it should have either a single value or "
                    f"{img.shape[-3]} (number of input channels)"
                )
        return erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )
