"""What is known about ImageNet-1k, in the names that torchvision gives it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from tapegrad.vision.models._api import Weights
from tapegrad.vision.transforms._presets import ImageClassification

# The 1,000 classes in the order of their numbers.
IMAGENET_CATEGORIES = (
    Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8").splitlines()
)
PLACE = "https://download.pytorch.org/models/"
RECIPES = "https://github.com/pytorch/vision/"


def imagenet(
    file: str, num_params: int, acc1: float, acc5: float, ops: float, size: float, recipe: str,
    *, min_size: tuple[int, int] = (1, 1), **preset: Any,
) -> Weights:  # fmt: skip
    """Weights trained on ImageNet-1k: file, accuracies in percent, GFLOPs, MB, how it was trained.

    ``min_size`` is that of the smallest pictures it takes; ``preset`` says how pictures are
    prepared, beyond a crop of 224 pixels.
    """
    meta = {
        "min_size": min_size,
        "categories": IMAGENET_CATEGORIES,
        "num_params": num_params,
        "recipe": RECIPES + recipe,
        "_metrics": {"ImageNet-1K": {"acc@1": acc1, "acc@5": acc5}},
        "_ops": ops,
        "_file_size": size,
    }
    return Weights(PLACE + file, partial(ImageClassification, crop_size=224, **preset), meta)
