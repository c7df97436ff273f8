"""What data sets of pictures share: a root folder, and transforms of picture and target."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tapegrad.utils.data import Dataset


class StandardTransform:
    """A transform of the picture and one of the target, either of which may be missing."""

    def __init__(
        self, transform: Callable | None = None, target_transform: Callable | None = None
    ) -> None:
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        """The transformed pair."""
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        body = [self.__class__.__name__]
        for heading, transform in (
            ("Transform: ", self.transform), ("Target transform: ", self.target_transform)
        ):  # fmt: skip
            if transform is not None:
                first, *rest = f"{transform!r}".splitlines()
                body += [heading + first, *(" " * len(heading) + line for line in rest)]
        return "\n".join(body)


class VisionDataset(Dataset):
    """Base class: ``root`` is the folder of the files; ``transforms`` takes picture and target.

    Raises ValueError if both ``transforms`` and one of the other two are given.
    """

    def __init__(
        self, root: str | os.PathLike | None = None, transforms: Callable | None = None,
        transform: Callable | None = None, target_transform: Callable | None = None,
    ) -> None:  # fmt: skip
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.transform, self.target_transform = transform, target_transform
        if transform is not None or target_transform is not None:
            transforms = StandardTransform(transform, target_transform)
        self.transforms = transforms

    def __len__(self) -> int:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """What the printed form says beside size and place."""
        return ""

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body += [repr(self.transforms)]
        return "\n".join([f"Dataset {self.__class__.__name__}", *(" " * 4 + one for one in body)])


def as_picture(array: np.ndarray) -> Any:
    """Pixels as a ``PIL.Image`` if Pillow is installed, else as they are."""
    try:
        from PIL import Image
    except ImportError:
        return array
    return Image.fromarray(array)


__all__ = ["StandardTransform", "VisionDataset", "as_picture"]
