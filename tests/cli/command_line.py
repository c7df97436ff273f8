"""Commands in this process, and pictures for them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

COLOURS = ("blue", "green", "red")


def write_pictures(folder: Path, n: int, seed: int) -> None:
    """Write n small pictures a colour, of which each has one channel brighter than the others."""
    from PIL import Image

    draw = np.random.default_rng(seed)
    for k, colour in enumerate(COLOURS):
        (folder / colour).mkdir(parents=True)
        for number in range(n):
            pixels = draw.integers(0, 90, (24, 20, 3), dtype=np.uint8)
            pixels[..., 2 - k] += 140
            Image.fromarray(pixels).save(folder / colour / f"{number}.png")


def register_tiny() -> None:
    """Add ``tiny`` to the networks, which is as quick as they are slow."""
    from tapegrad import nn
    from tapegrad.vision.models import ResNet18_Weights
    from tapegrad.vision.models._api import BUILTIN_MODELS
    from tapegrad.vision.models._builders import builder

    class Tiny(nn.Sequential):
        def __init__(self, num_classes: int = 1000) -> None:
            super().__init__(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(),
                             nn.AdaptiveAvgPool2d(1), nn.Flatten())  # fmt: skip
            self.fc = nn.Linear(8, num_classes)

    def tiny(**kwargs: Any) -> nn.Module:
        return Tiny(**kwargs)

    if "tiny" not in BUILTIN_MODELS:
        builder(ResNet18_Weights)(tiny)


def status(*words: Any) -> int:
    """The status that the command line exits with."""
    from tapegrad.cli.main import main

    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return caught.value.code or 0


def words_of(pictures: Path, weights: Path, run: Path) -> list[Any]:
    """The command line of a short training."""
    return ["finetune", pictures, "--arch", "tiny", "--weights", weights, "--out", run, "--size",
            32, "--batch-size", 6, "--lr", 0.05, "--quiet"]  # fmt: skip


def finetune(pictures: Path, weights: Path, run: Path, *options: Any) -> int:
    """The status of a short training."""
    return status(*words_of(pictures, weights, run), *options)
