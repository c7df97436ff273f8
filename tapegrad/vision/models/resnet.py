"""Residual networks: ResNet, ResNeXt and wide ResNets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import Tensor, flatten, nn
from tapegrad.nn import init
from tapegrad.vision.models._builders import builder, fixed
from tapegrad.vision.models._resnet_weights import (
    ResNet18_Weights,
    ResNet34_Weights,
    ResNet50_Weights,
    ResNet101_Weights,
    ResNet152_Weights,
    ResNeXt50_32X4D_Weights,
    ResNeXt101_32X8D_Weights,
    ResNeXt101_64X4D_Weights,
    Wide_ResNet50_2_Weights,
    Wide_ResNet101_2_Weights,
)

Norm = Callable[..., nn.Module]


def conv3x3(
    in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1
) -> nn.Conv2d:
    """A 3×3 convolution without bias that keeps the size at stride 1."""
    return nn.Conv2d(
        in_planes, out_planes, 3, stride, padding=dilation, dilation=dilation, groups=groups,
        bias=False,
    )  # fmt: skip


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 1×1 convolution without bias."""
    return nn.Conv2d(in_planes, out_planes, 1, stride, bias=False)


class _Block(nn.Module):
    """``relu(residual(x) + x)``, where ``downsample`` brings x to the size of the residual."""

    expansion: int = 1
    downsample: nn.Module | None
    relu: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, channels, height, width)`` to ``(batch, planes * expansion, ...)``."""
        out = self.residual(x)
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)

    def residual(self, x: Tensor) -> Tensor:
        """What is added to the input."""
        raise NotImplementedError


class BasicBlock(_Block):
    """Two 3×3 convolutions. Raises ValueError, NotImplementedError for groups and dilation."""

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None,
        groups: int = 1, base_width: int = 64, dilation: int = 1, norm_layer: Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def residual(self, x: Tensor) -> Tensor:
        """Convolution, norm and ReLU; convolution and norm."""
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))


class Bottleneck(_Block):
    """A 3×3 convolution, which has the stride, between two 1×1 ones. This is "ResNet v1.5"."""

    expansion: int = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None,
        groups: int = 1, base_width: int = 64, dilation: int = 1, norm_layer: Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def residual(self, x: Tensor) -> Tensor:
        """Narrow, convolve, widen."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.bn3(self.conv3(out))


class ResNet(nn.Module):
    """Four groups of residual blocks, the later three at half the size each, and a linear head.

    ``layers`` counts the blocks of each group. ``replace_stride_with_dilation`` says for which of
    the later three the size stays and the convolutions are dilated. ``zero_init_residual`` makes
    each block the identity at first. Shape: ``(batch, 3, height, width)`` to ``(batch,
    num_classes)``. Raises ValueError unless the three are three.
    Source: He et al. 2015; https://docs.pytorch.org/vision/stable/models/resnet.html
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Norm | None = None,
    ) -> None:
        super().__init__()
        dilated = replace_stride_with_dilation
        if dilated is not None and len(dilated) != 3:
            raise ValueError(
                "replace_stride_with_dilation should be None or a 3-element tuple, got "
                f"{replace_stride_with_dilation}"
            )
        first, second, third = dilated or (False, False, False)
        self._norm_layer = nn.BatchNorm2d if norm_layer is None else norm_layer
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], stride=2, dilate=first)
        self.layer3 = self._make_layer(block, 256, layers[2], stride=2, dilate=second)
        self.layer4 = self._make_layer(block, 512, layers[3], stride=2, dilate=third)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self._initialize(zero_init_residual)

    def forward(self, x: Tensor) -> Tensor:
        """The score of each class."""
        return self._forward_impl(x)

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(flatten(self.avgpool(x), 1))

    def _make_layer(
        self, block: Any, planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> nn.Sequential:
        """A group of blocks; the first changes channels and size."""
        first_dilation, outplanes = self.dilation, planes * block.expansion
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        downsample = None
        if stride != 1 or self.inplanes != outplanes:
            downsample = nn.Sequential(
                conv1x1(self.inplanes, outplanes, stride), self._norm_layer(outplanes)
            )
        shape = (self.groups, self.base_width)
        first = block(
            self.inplanes, planes, stride, downsample, *shape, first_dilation, self._norm_layer
        )
        self.inplanes = outplanes
        others = (
            block(outplanes, planes, 1, None, *shape, self.dilation, self._norm_layer)
            for _ in range(1, blocks)
        )
        return nn.Sequential(first, *others)

    def _initialize(self, zero_init_residual: bool) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                init.ones_(module.weight)
                init.zeros_(module.bias)
        for module in self.modules() if zero_init_residual else ():
            if isinstance(module, (BasicBlock, Bottleneck)):
                last = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                if last.weight is not None:
                    init.zeros_(last.weight)


@builder(ResNet18_Weights)
def resnet18(**kwargs: Any) -> ResNet:
    """18 layers, in basic blocks. Source: He et al. 2015."""
    return ResNet(BasicBlock, (2, 2, 2, 2), **kwargs)


@builder(ResNet34_Weights)
def resnet34(**kwargs: Any) -> ResNet:
    """34 layers, in basic blocks. Source: He et al. 2015."""
    return ResNet(BasicBlock, (3, 4, 6, 3), **kwargs)


@builder(ResNet50_Weights)
def resnet50(**kwargs: Any) -> ResNet:
    """50 layers, in bottlenecks. Source: He et al. 2015."""
    return ResNet(Bottleneck, (3, 4, 6, 3), **kwargs)


@builder(ResNet101_Weights)
def resnet101(**kwargs: Any) -> ResNet:
    """101 layers, in bottlenecks. Source: He et al. 2015."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **kwargs)


@builder(ResNet152_Weights)
def resnet152(**kwargs: Any) -> ResNet:
    """152 layers, in bottlenecks. Source: He et al. 2015."""
    return ResNet(Bottleneck, (3, 8, 36, 3), **kwargs)


@builder(ResNeXt50_32X4D_Weights)
def resnext50_32x4d(**kwargs: Any) -> ResNet:
    """50 layers with 32 groups of 4 channels. Source: Xie et al. 2017."""
    return ResNet(Bottleneck, (3, 4, 6, 3), **fixed(kwargs, groups=32, width_per_group=4))


@builder(ResNeXt101_32X8D_Weights)
def resnext101_32x8d(**kwargs: Any) -> ResNet:
    """101 layers with 32 groups of 8 channels. Source: Xie et al. 2017."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **fixed(kwargs, groups=32, width_per_group=8))


@builder(ResNeXt101_64X4D_Weights)
def resnext101_64x4d(**kwargs: Any) -> ResNet:
    """101 layers with 64 groups of 4 channels. Source: Xie et al. 2017."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **fixed(kwargs, groups=64, width_per_group=4))


@builder(Wide_ResNet50_2_Weights)
def wide_resnet50_2(**kwargs: Any) -> ResNet:
    """50 layers, twice as wide inside the bottlenecks. Source: Zagoruyko and Komodakis 2016."""
    return ResNet(Bottleneck, (3, 4, 6, 3), **fixed(kwargs, width_per_group=128))


@builder(Wide_ResNet101_2_Weights)
def wide_resnet101_2(**kwargs: Any) -> ResNet:
    """101 layers, twice as wide inside the bottlenecks. Source: Zagoruyko and Komodakis 2016."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **fixed(kwargs, width_per_group=128))


__all__ = [
    "ResNeXt50_32X4D_Weights",
    "ResNeXt101_32X8D_Weights",
    "ResNeXt101_64X4D_Weights",
    "ResNet",
    "ResNet18_Weights",
    "ResNet34_Weights",
    "ResNet50_Weights",
    "ResNet101_Weights",
    "ResNet152_Weights",
    "Wide_ResNet50_2_Weights",
    "Wide_ResNet101_2_Weights",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
]
