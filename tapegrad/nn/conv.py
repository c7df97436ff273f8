"""Convolutional layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn import init
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def repeated(given: Any, n: int) -> tuple:
    """One number for each of ``n`` dimensions."""
    return tuple(given) if isinstance(given, (tuple, list)) else (given,) * n


class _ConvNd(Module):
    """Weights that slide: their sizes, how they slide, and their first values."""

    __constants__ = [
        "stride",
        "padding",
        "dilation",
        "groups",
        "padding_mode",
        "output_padding",
        "in_channels",
        "out_channels",
        "kernel_size",
    ]

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int
    padding_mode: str
    weight: Tensor
    _n_dims: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        transposed: bool,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        n = self._n_dims
        stride = repeated(stride, n)
        _check_settings(in_channels, out_channels, stride, padding, groups, padding_mode)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = repeated(kernel_size, n)
        self.stride = stride
        self.padding = padding if isinstance(padding, str) else repeated(padding, n)
        self.dilation = repeated(dilation, n)
        self.transposed = transposed
        self.output_padding = repeated(output_padding, n)
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._sides()
        first, second = (
            (in_channels, out_channels) if transposed else (out_channels, in_channels)
        )
        options = {"device": device, "dtype": dtype}
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(tapegrad.empty(shape, **options))
        if bias:
            self.bias = Parameter(tapegrad.empty(out_channels, **options))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _sides(self) -> list[int] | tuple[int, ...]:
        """How many elements to put before and behind each dimension, the last one first."""
        # Pickled as PyTorch has it: a list where it is computed, a tuple where it is repeated.
        if not isinstance(self.padding, str):
            return tuple(n for n in reversed(self.padding) for _ in range(2))
        sides: list[int] = []
        for step, k in zip(reversed(self.dilation), reversed(self.kernel_size), strict=False):
            reach = step * (k - 1) if self.padding == "same" else 0
            sides += [reach // 2, reach - reach // 2]
        return sides

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """List the settings that are not the usual ones."""
        n = len(self.kernel_size)
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        usual = {
            "padding": (0,) * n,
            "dilation": (1,) * n,
            "output_padding": (0,) * n,
            "groups": 1,
        }
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if not hasattr(self, "padding_mode"):
            self.padding_mode = "zeros"


def _check_settings(
    in_channels: int, out_channels: int, stride: tuple, padding: Any, groups: int, mode: str
) -> None:
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if in_channels % groups != 0:
        raise ValueError("in_channels must be divisible by groups")
    if out_channels % groups != 0:
        raise ValueError("out_channels must be divisible by groups")
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}"
            )
        if padding == "same" and any(n != 1 for n in stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if mode not in _PADDING_MODES:
        raise ValueError(
            f"padding_mode must be one of {set(_PADDING_MODES)}, but got padding_mode='{mode}'"
        )


class _PlainConv(_ConvNd):
    """A convolution; subclasses say over how many dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, False, 0, groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Convolve ``input``."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self._n_dims - 1]
        padding = self.padding
        if self.padding_mode != "zeros":
            sides = self._reversed_padding_repeated_twice
            input, padding = F.pad(input, sides, mode=self.padding_mode), 0  # type: ignore[assignment]
        return convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_PlainConv):
    """Slide weights along sequences.

    ``y[o, t] = bias[o] + Σ weight[o, c, k] · x[c, t·stride + k·dilation - padding]`` over c and k.
    Shape: ``(batch, in_channels, length)`` to ``(batch, out_channels, (length + 2·padding -
    dilation·(kernel_size - 1) - 1) // stride + 1)``; also without the batch. ``groups`` convolves
    that many parts of the channels apart. Weight and bias start uniform in ``±1 / sqrt(n)`` with
    n the number of weights that make one output.
    """

    _n_dims = 1


class Conv2d(_PlainConv):
    """Slide weights over images; as :class:`Conv1d` with two spatial dimensions."""

    _n_dims = 2


class Conv3d(_PlainConv):
    """Slide weights through volumes; as :class:`Conv1d` with three spatial dimensions."""

    _n_dims = 3


class _ConvTransposeNd(_ConvNd):
    """A transposed convolution; subclasses say over how many dimensions."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            kind = type(self).__name__
            raise ValueError(f'Only "zeros" padding mode is supported for {kind}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, True,
            output_padding, groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spread ``input`` out, to ``output_size`` if that is given."""
        spread = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self._n_dims - 1]
        more = self.output_padding if output_size is None else self._more(input, output_size)
        return spread(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups,
            self.dilation,
        )  # fmt: skip

    def _more(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that leads to a size."""
        n, sizes = self._n_dims, list(output_size)
        is_batched = input.dim() == n + 2
        if len(sizes) == n + (2 if is_batched else 1):
            sizes = sizes[-n:]
        if len(sizes) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or "
                f"{n + (2 if is_batched else 1)} elements (got {len(sizes)})"
            )
        least = [
            (input.size(k - n) - 1) * self.stride[k]
            - 2 * int(self.padding[k])
            + self.dilation[k] * (self.kernel_size[k] - 1)
            + 1
            for k in range(n)
        ]
        most = [low + self.stride[k] - 1 for k, low in enumerate(least)]
        if any(not low <= size <= high for size, low, high in zip(sizes, least, most, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {least} to "
                f"{most} (for an input of {input.size()[-n:]})"
            )
        return tuple(size - low for size, low in zip(sizes, least, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of :class:`Conv1d`: each element spreads the weights out around its place.

    Shape: ``(batch, in_channels, length)`` to ``(batch, out_channels, (length - 1)·stride -
    2·padding + dilation·(kernel_size - 1) + output_padding + 1)``; also without the batch.
    """

    _n_dims = 1


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of :class:`Conv2d`; as :class:`ConvTranspose1d` in two dimensions."""

    _n_dims = 2


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of :class:`Conv3d`; as :class:`ConvTranspose1d` in three dimensions."""

    _n_dims = 3
