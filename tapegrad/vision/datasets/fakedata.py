"""Noise in the place of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import get_rng_state, int64, manual_seed, randint, randn, set_rng_state
from tapegrad.vision.datasets.vision import VisionDataset
from tapegrad.vision.transforms.functional import to_pil_image


class FakeData(VisionDataset):
    """``size`` pictures of noise with random classes; each is the same whenever it is asked for.

    An item is a ``PIL.Image`` and a number; ``image_size`` is ``(channels, height, width)``. The
    default generator is left as it was.
    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html
    """

    def __init__(
        self, size: int = 1000, image_size: Sequence[int] = (3, 224, 224), num_classes: int = 10,
        transform: Callable | None = None, target_transform: Callable | None = None,
        random_offset: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(transform=transform, target_transform=target_transform)
        self.size, self.num_classes = size, num_classes
        self.image_size, self.random_offset = image_size, random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{self.__class__.__name__} index out of range")
        state = get_rng_state()
        manual_seed(index + self.random_offset)
        noise = randn(*self.image_size)
        target: Any = randint(0, self.num_classes, size=(1,), dtype=int64)[0]
        set_rng_state(state)
        image = to_pil_image(noise)
        if self.transforms is not None:
            image, target = self.transforms(image, target)
        return image, target.item()

    def __len__(self) -> int:
        return self.size


__all__ = ["FakeData"]
