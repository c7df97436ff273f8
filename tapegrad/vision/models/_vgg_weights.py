"""Sets of weights of VGG networks, trained by torchvision; the features also by their authors."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from tapegrad.vision.models._api import Weights, WeightsEnum
from tapegrad.vision.models._meta import imagenet

_trained = partial(
    imagenet, recipe="tree/main/references/classification#alexnet-and-vgg", min_size=(32, 32)
)


def _features(file: str, num_params: int, ops: float, size: float, **preset: Any) -> Weights:
    """Weights whose classifier holds nothing: as VGG's authors trained them, on other pictures."""
    weights = _trained(file, num_params, math.nan, math.nan, ops, size, **preset)
    weights.meta |= {
        "categories": None, "recipe": "https://github.com/amdegroot/ssd.pytorch#training-ssd"
    }  # fmt: skip
    return weights


class VGG11_Weights(WeightsEnum):
    """Of ``vgg11``."""

    IMAGENET1K_V1 = _trained("vgg11-8a719046.pth", 132863336, 69.02, 88.628, 7.609, 506.84)
    DEFAULT = IMAGENET1K_V1


class VGG11_BN_Weights(WeightsEnum):
    """Of ``vgg11_bn``."""

    IMAGENET1K_V1 = _trained("vgg11_bn-6002323d.pth", 132868840, 70.37, 89.81, 7.609, 506.881)
    DEFAULT = IMAGENET1K_V1


class VGG13_Weights(WeightsEnum):
    """Of ``vgg13``."""

    IMAGENET1K_V1 = _trained("vgg13-19584684.pth", 133047848, 69.928, 89.246, 11.308, 507.545)
    DEFAULT = IMAGENET1K_V1


class VGG13_BN_Weights(WeightsEnum):
    """Of ``vgg13_bn``."""

    IMAGENET1K_V1 = _trained("vgg13_bn-abd245e5.pth", 133053736, 71.586, 90.374, 11.308, 507.59)
    DEFAULT = IMAGENET1K_V1


class VGG16_Weights(WeightsEnum):
    """Of ``vgg16``; ``IMAGENET1K_FEATURES`` only of its ``features``."""

    IMAGENET1K_V1 = _trained("vgg16-397923af.pth", 138357544, 71.592, 90.382, 15.47, 527.796)
    IMAGENET1K_FEATURES = _features(
        "vgg16_features-amdegroot-88682ab5.pth", 138357544, 15.47, 527.802,
        mean=(0.48235, 0.45882, 0.40784), std=(1 / 255, 1 / 255, 1 / 255),
    )  # fmt: skip
    DEFAULT = IMAGENET1K_V1


class VGG16_BN_Weights(WeightsEnum):
    """Of ``vgg16_bn``."""

    IMAGENET1K_V1 = _trained("vgg16_bn-6c64b313.pth", 138365992, 73.36, 91.516, 15.47, 527.866)
    DEFAULT = IMAGENET1K_V1


class VGG19_Weights(WeightsEnum):
    """Of ``vgg19``."""

    IMAGENET1K_V1 = _trained("vgg19-dcbb9e9d.pth", 143667240, 72.376, 90.876, 19.632, 548.051)
    DEFAULT = IMAGENET1K_V1


class VGG19_BN_Weights(WeightsEnum):
    """Of ``vgg19_bn``."""

    IMAGENET1K_V1 = _trained("vgg19_bn-c79401a0.pth", 143678248, 74.218, 91.842, 19.632, 548.143)
    DEFAULT = IMAGENET1K_V1
