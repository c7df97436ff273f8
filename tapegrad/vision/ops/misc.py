"""Blocks that several architectures are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapegrad import Tensor, nn
from tapegrad.nn import functional as F


class Conv2dNormActivation(nn.Sequential):
    """A convolution, a norm and an activation, the latter two unless they are None.

    ``padding=None`` keeps the size at stride 1; ``bias=None`` has a bias only without a norm.
    Shape: ``(batch, in_channels, height, width)`` to ``(batch, out_channels, ...)``.
    Source: https://docs.pytorch.org/vision/stable/ops.html
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int] = 3,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str | None = None,
        groups: int = 1,
        norm_layer: Callable[..., nn.Module] | None = nn.BatchNorm2d,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        dilation: int | Sequence[int] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        if padding is None:
            padding = _padding_that_keeps_size(kernel_size, dilation)
        conv: Any = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
            bias=norm_layer is None if bias is None else bias,
        )  # fmt: skip
        layers = [conv]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**{} if inplace is None else {"inplace": inplace}))
        super().__init__(*layers)
        self.out_channels = out_channels


def _padding_that_keeps_size(kernel_size: Any, dilation: Any) -> int | tuple[int, ...]:
    if isinstance(kernel_size, int) and isinstance(dilation, int):
        return (kernel_size - 1) // 2 * dilation
    kernels, dilations = (
        (size, size) if isinstance(size, int) else size for size in (kernel_size, dilation)
    )
    return tuple((k - 1) // 2 * d for k, d in zip(kernels, dilations, strict=True))


class SamePadConv2d(nn.Conv2d):
    """A convolution whose output has ``ceil(size / stride)`` pixels, whatever the size.

    What that takes beyond an even number of pixels is padded below and to the right, as
    TensorFlow's "SAME" does. Shape: ``(batch, in_channels, height, width)`` to ``(batch,
    out_channels, ceil(height / stride), ceil(width / stride))``.
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution of the padded input."""
        missing = [
            max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            for size, k, s, d in zip(
                input.shape[-2:], self.kernel_size, self.stride, self.dilation, strict=True
            )
        ]
        if any(n % 2 for n in missing):
            top, left = missing[0] // 2, missing[1] // 2
            input = F.pad(input, (left, missing[1] - left, top, missing[0] - top))
            missing = [0, 0]
        padding = [n // 2 for n in missing]
        return F.conv2d(input, weight, bias, self.stride, padding, self.dilation, self.groups)


def make_divisible(value: float, divisor: int, min_value: int | None = None) -> int:
    """The multiple of ``divisor`` closest to a number of channels, and at least 90 % of it."""
    rounded = max(min_value or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * value else rounded + divisor


__all__ = ["Conv2dNormActivation", "SamePadConv2d", "make_divisible"]
