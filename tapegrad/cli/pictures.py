"""Pictures in folders by class, as the data of a training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tapegrad.training import Readable
from tapegrad.utils.data import Subset
from tapegrad.vision.datasets import ImageFolder
from tapegrad.vision.models import get_model_weights
from tapegrad.vision.transforms import (
    Compose,
    Normalize,
    RandomHorizontalFlip,
    RandomResizedCrop,
    ToTensor,
)

_HELD_OUT = ("val", "valid", "validation", "test")


@dataclass
class Pictures:
    """The samples to train on and those held out, and the names of the classes."""

    train: Readable
    held_out: Readable
    classes: list[str]


def preset(arch: str, size: int | None) -> Any:
    """What prepares a picture as the weights of a network expect it, at another size if given."""
    weights: Any = next(iter(get_model_weights(arch)))
    usual = weights.transforms()
    if size is None:
        return usual
    resized = round(usual.resize_size[0] * size / usual.crop_size[0])
    return weights.transforms(crop_size=size, resize_size=resized)


def augmented(usual: Any) -> Compose:
    """Random crops and flips in the place of the preset's middle."""
    return Compose([
        RandomResizedCrop(usual.crop_size, scale=(0.5, 1.0)), RandomHorizontalFlip(), ToTensor(),
        Normalize(usual.mean, usual.std),
    ])  # fmt: skip


def load_pictures(
    folder: str, usual: Any, train: Callable, share: float, seed: int, on_corrupt: Any
) -> Pictures:
    """The pictures of a folder: of its subfolders ``train`` and ``val``, or a share held out.

    ``usual`` prepares those held out, ``train`` the others. Raises ValueError for fewer than two
    classes and for subfolders with different classes, FileNotFoundError for no pictures.
    """
    root = Path(folder)
    if not root.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder")
    held_out = next((root / name for name in _HELD_OUT if (root / name).is_dir()), None)
    if (root / "train").is_dir() and held_out is not None:
        parts = ImageFolder(root / "train", train), ImageFolder(held_out, usual)
        classes = parts[0].classes
        if classes != parts[1].classes:
            raise ValueError(f"{root / 'train'} and {held_out} do not hold the same classes")
        data: Any = parts
    else:
        data = ImageFolder(root, train), ImageFolder(root, usual)
        classes = data[0].classes
        indices = split([target for _, target in data[0].samples], share, seed)
        data = [Subset(one, part) for one, part in zip(data, indices, strict=True)]
    if len(classes) < 2:
        raise ValueError(f"{folder} has to hold two folders of pictures or more, one a class")
    first, second = (Readable(one, on_corrupt) for one in data)
    return Pictures(first, second, classes)


def split(targets: list[int], share: float, seed: int) -> tuple[list[int], list[int]]:
    """Numbers of samples to train on and to hold out: of each class the share, but one at least.

    A class of one sample is trained on.
    """
    draw = np.random.default_rng(seed)
    train: list[int] = []
    held_out: list[int] = []
    for target in sorted(set(targets)):
        members = draw.permutation([k for k, one in enumerate(targets) if one == target]).tolist()
        n = min(max(1, round(share * len(members))), len(members) - 1)
        held_out += members[:n]
        train += members[n:]
    return sorted(train), sorted(held_out)


__all__ = ["Pictures", "augmented", "load_pictures", "preset", "split"]
