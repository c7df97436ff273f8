"""What transforms share that change an image or leave it."""

from __future__ import annotations

from typing import Any

from tapegrad.nn import Module
from tapegrad.vision.transforms._draws import happens


class Sometimes(Module):
    """Base class: the image is changed with probability ``p``; subclasses say how."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def changed(self, img: Any) -> Any:
        """The image as it is after the change."""
        raise NotImplementedError

    def forward(self, img: Any) -> Any:
        """The image, changed or as it was."""
        return self.changed(img) if happens(self.p) else img

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(p={self.p})"
