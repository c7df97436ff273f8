"""What prepares pictures for models with named weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, float32
from tapegrad.nn import Module
from tapegrad.vision.transforms import functional as F
from tapegrad.vision.transforms._images import InterpolationMode


class ImageClassification(Module):
    """Resize, cut out the middle, scale to [0, 1], normalise.

    Takes a ``PIL.Image``, or a tensor ``(..., channels, height, width)``, to a float tensor.
    """

    def __init__(
        self, *, crop_size: int, resize_size: int = 256,
        mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225),
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.crop_size, self.resize_size = [crop_size], [resize_size]
        self.mean, self.std = [*mean], [*std]
        self.interpolation, self.antialias = interpolation, antialias

    def forward(self, img: Any) -> Tensor:
        """The tensor that the model takes."""
        img = F.resize(
            img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias
        )
        img = F.center_crop(img, self.crop_size)
        if not isinstance(img, Tensor):
            img = F.pil_to_tensor(img)
        return F.normalize(F.convert_image_dtype(img, float32), self.mean, self.std)

    def __repr__(self) -> str:
        names = ("crop_size", "resize_size", "mean", "std", "interpolation")
        lines = "".join(f"\n    {name}={getattr(self, name)}" for name in names)
        return f"{self.__class__.__name__}({lines}\n)"
