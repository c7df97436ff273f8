"""Transforms as objects that data sets call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import Tensor
from tapegrad.nn import Module
from tapegrad.vision.transforms.functional import normalize, to_tensor


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """The picture after all of them."""
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        steps = "".join(f"\n    {transform}" for transform in self.transforms)
        return f"{self.__class__.__name__}({steps}\n)"


class ToTensor:
    """A picture or an array as a tensor ``(channels, height, width)``, bytes scaled to [0, 1]."""

    def __call__(self, pic: Any) -> Tensor:
        """The tensor."""
        return to_tensor(pic)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"


class Normalize(Module):
    """``(x - mean) / std``, channel by channel. Shape: ``(..., channels, height, width)``."""

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], inplace: bool = False
    ) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor: Tensor) -> Tensor:
        """The normalised picture."""
        return normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(mean={self.mean}, std={self.std})"


class Lambda:
    """Any function of a picture. Raises TypeError unless it can be called."""

    def __init__(self, lambd: Callable) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """What the function gives."""
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}()"


__all__ = ["Compose", "Lambda", "Normalize", "ToTensor"]
