"""MobileNetV2: inverted residuals with linear bottlenecks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import Tensor, flatten, nn
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.vision.models._api import WeightsEnum
from tapegrad.vision.models._builders import builder
from tapegrad.vision.models._meta import imagenet
from tapegrad.vision.ops.misc import Conv2dNormActivation, make_divisible

# Expansion of the channels, channels, blocks, stride of the first block.
SETTING = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip


class MobileNet_V2_Weights(WeightsEnum):
    """Of ``mobilenet_v2``."""

    IMAGENET1K_V1 = imagenet(
        "mobilenet_v2-b0353104.pth", 3504872, 71.878, 90.286, 0.301, 13.555,
        "tree/main/references/classification#mobilenetv2",
    )  # fmt: skip
    IMAGENET1K_V2 = imagenet(
        "mobilenet_v2-7ebf99e0.pth", 3504872, 72.154, 90.822, 0.301, 13.598,
        "issues/3995#new-recipe-with-reg-tuning", resize_size=232,
    )  # fmt: skip
    DEFAULT = IMAGENET1K_V2


class InvertedResidual(nn.Module):
    """Widen by 1×1, convolve each channel by 3×3, narrow; added to the input if sizes agree.

    Raises ValueError for a stride that is neither 1 nor 2.
    """

    def __init__(
        self, inp: int, oup: int, stride: int, expand_ratio: float,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        self.stride, self.out_channels = stride, oup
        self.use_res_connect = stride == 1 and inp == oup
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        kinds: dict[str, Any] = {"norm_layer": norm, "activation_layer": nn.ReLU6}
        hidden = round(inp * expand_ratio)
        widen = [] if expand_ratio == 1 else [Conv2dNormActivation(inp, hidden, 1, **kinds)]
        self.conv = nn.Sequential(
            *widen,
            Conv2dNormActivation(hidden, hidden, stride=stride, groups=hidden, **kinds),
            nn.Conv2d(hidden, oup, 1, bias=False),
            norm(oup),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, inp, height, width)`` to ``(batch, oup, height / stride, width / stride)``."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """A convolution, groups of inverted residuals, a wide 1×1 convolution and a linear head.

    ``width_mult`` scales the channels of every layer, to multiples of ``round_nearest``;
    ``inverted_residual_setting`` lists ``(expansion, channels, blocks, stride)`` of each group.
    Shape: ``(batch, 3, height, width)`` to ``(batch, num_classes)``. Raises ValueError for groups
    of another form. Source: Sandler et al. 2018,
    https://docs.pytorch.org/vision/stable/models/mobilenetv2.html
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        round_nearest: int = 8,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        setting = SETTING if inverted_residual_setting is None else inverted_residual_setting
        if len(setting) == 0 or len(setting[0]) != 4:
            raise ValueError(
                "inverted_residual_setting should be non-empty or a 4-element list, got "
                f"{inverted_residual_setting}"
            )
        make = InvertedResidual if block is None else block
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        kinds: dict[str, Any] = {"norm_layer": norm, "activation_layer": nn.ReLU6}
        channels = make_divisible(32 * width_mult, round_nearest)
        self.last_channel = make_divisible(1280 * max(1.0, width_mult), round_nearest)
        features: list[nn.Module] = [Conv2dNormActivation(3, channels, stride=2, **kinds)]
        for expansion, wanted, blocks, stride in setting:
            out = make_divisible(wanted * width_mult, round_nearest)
            for k in range(blocks):
                step = stride if k == 0 else 1
                features.append(
                    make(channels, out, step, expand_ratio=expansion, norm_layer=norm)
                )
                channels = out
        features.append(Conv2dNormActivation(channels, self.last_channel, 1, **kinds))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout), nn.Linear(self.last_channel, num_classes)
        )
        self._initialize()

    def forward(self, x: Tensor) -> Tensor:
        """The score of each class."""
        return self._forward_impl(x)

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(flatten(x, 1))

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                init.ones_(module.weight)
            elif isinstance(module, nn.Linear):
                init.normal_(module.weight, 0, 0.01)
            else:
                continue
            if module.bias is not None:
                init.zeros_(module.bias)


@builder(MobileNet_V2_Weights)
def mobilenet_v2(**kwargs: Any) -> MobileNetV2:
    """MobileNetV2. Source: Sandler et al. 2018."""
    return MobileNetV2(**kwargs)


__all__ = ["MobileNetV2", "MobileNet_V2_Weights", "mobilenet_v2"]
