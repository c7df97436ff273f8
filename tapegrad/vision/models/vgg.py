"""VGG: stages of 3×3 convolutions, each followed by a maximum over 2×2 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad import Tensor, flatten, nn
from tapegrad.nn import init
from tapegrad.vision.models._builders import builder
from tapegrad.vision.models._vgg_weights import (
    VGG11_BN_Weights,
    VGG11_Weights,
    VGG13_BN_Weights,
    VGG13_Weights,
    VGG16_BN_Weights,
    VGG16_Weights,
    VGG19_BN_Weights,
    VGG19_Weights,
)

CHANNELS = (64, 128, 256, 512, 512)  # of the stages
# How many convolutions each stage has, by the number of layers with weights.
CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4),
}  # fmt: skip


class VGG(nn.Module):
    """Features of pictures, their means over 7×7 places, and a head of three linear layers.

    Shape: ``(batch, 3, height, width)`` to ``(batch, num_classes)``. Source: Simonyan and Zisserman
    2014, https://docs.pytorch.org/vision/stable/models/vgg.html
    """

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True,
        dropout: float = 0.5,
    ) -> None:  # fmt: skip
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(CHANNELS[-1] * 7 * 7, 4096), nn.ReLU(True), nn.Dropout(p=dropout),
            nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )  # fmt: skip
        if init_weights:
            self._initialize()

    def forward(self, x: Tensor) -> Tensor:
        """The score of each class."""
        return self.classifier(flatten(self.avgpool(self.features(x)), 1))

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                init.normal_(module.weight, 0, 0.01)
            if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
                init.zeros_(module.bias)


def _stages(convolutions: Sequence[int], batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    n_in = 3
    for n_out, count in zip(CHANNELS, convolutions, strict=True):
        for _ in range(count):
            norm = [nn.BatchNorm2d(n_out)] if batch_norm else []
            layers += [nn.Conv2d(n_in, n_out, 3, padding=1), *norm, nn.ReLU(inplace=True)]
            n_in = n_out
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)


def _vgg(n_layers: int, batch_norm: bool, options: dict[str, Any]) -> VGG:
    return VGG(_stages(CONVOLUTIONS[n_layers], batch_norm), **options)


@builder(VGG11_Weights, init_weights=False)
def vgg11(**kwargs: Any) -> VGG:
    """VGG with 11 layers; ``weights`` as for the others."""
    return _vgg(11, False, kwargs)


@builder(VGG11_BN_Weights, init_weights=False)
def vgg11_bn(**kwargs: Any) -> VGG:
    """VGG with 11 layers, each convolution followed by batch norm."""
    return _vgg(11, True, kwargs)


@builder(VGG13_Weights, init_weights=False)
def vgg13(**kwargs: Any) -> VGG:
    """VGG with 13 layers."""
    return _vgg(13, False, kwargs)


@builder(VGG13_BN_Weights, init_weights=False)
def vgg13_bn(**kwargs: Any) -> VGG:
    """VGG with 13 layers, each convolution followed by batch norm."""
    return _vgg(13, True, kwargs)


@builder(VGG16_Weights, init_weights=False)
def vgg16(**kwargs: Any) -> VGG:
    """VGG with 16 layers."""
    return _vgg(16, False, kwargs)


@builder(VGG16_BN_Weights, init_weights=False)
def vgg16_bn(**kwargs: Any) -> VGG:
    """VGG with 16 layers, each convolution followed by batch norm."""
    return _vgg(16, True, kwargs)


@builder(VGG19_Weights, init_weights=False)
def vgg19(**kwargs: Any) -> VGG:
    """VGG with 19 layers."""
    return _vgg(19, False, kwargs)


@builder(VGG19_BN_Weights, init_weights=False)
def vgg19_bn(**kwargs: Any) -> VGG:
    """VGG with 19 layers, each convolution followed by batch norm."""
    return _vgg(19, True, kwargs)


__all__ = [
    "VGG", "VGG11_BN_Weights", "VGG11_Weights", "VGG13_BN_Weights", "VGG13_Weights",
    "VGG16_BN_Weights", "VGG16_Weights", "VGG19_BN_Weights", "VGG19_Weights", "vgg11", "vgg11_bn",
    "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn",
]  # fmt: skip
