"""Layers that take the number of their input's features from the first input."""

from __future__ import annotations

from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from tapegrad.nn.conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from tapegrad.nn.instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from tapegrad.nn.lazy import LazyModuleMixin
from tapegrad.nn.linear import Linear
from tapegrad.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy


class _LazyLayer(LazyModuleMixin):
    """A layer with a weight and a bias, whose draws wait until their shapes are known."""

    _size: str  # the attribute that is 0 until then

    def _leave_open(self: Any, bias: bool, options: dict[str, Any]) -> None:
        for name in ("weight", "bias") if bias else ("weight",):
            setattr(self, name, UninitializedParameter(**options))

    def reset_parameters(self: Any) -> None:
        """Draw weight and bias anew, once there are any."""
        if not self.has_uninitialized_params() and getattr(self, self._size) != 0:
            super().reset_parameters()  # type: ignore[misc]


class LazyLinear(_LazyLayer, Linear):
    """A :class:`Linear` that takes ``in_features`` from its first input."""

    cls_to_become = Linear
    _size = "in_features"

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, 0, False)
        self._leave_open(bias, {"device": device, "dtype": dtype})
        self.out_features = out_features

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the size of the last dimension, and draw the weights."""
        n = input.shape[-1]
        if self.has_uninitialized_params():
            self.in_features = n
            self._materialize("weight", (self.out_features, n))
            if self.bias is not None:
                self._materialize("bias", (self.out_features,))
            self.reset_parameters()
        if self.in_features == 0:
            if n != self.weight.shape[-1]:
                raise AssertionError(
                    f"The in_features inferred from input: {n} is not equal to in_features from "
                    f"self.weight: {self.weight.shape[-1]}"
                )
            self.in_features = n


class _LazyConv(_LazyLayer):
    """A convolution that takes ``in_channels`` from its first input."""

    _size = "in_channels"

    def initialize_parameters(self: Any, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels, and draw the weights."""
        if not self.has_uninitialized_params():
            return
        self.in_channels = self._get_in_channels(input)
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        n_in, n_out = self.in_channels, self.out_channels
        first, second = (n_in, n_out) if self.transposed else (n_out, n_in)
        self._materialize("weight", (first, second // self.groups, *self.kernel_size))
        if self.bias is not None:
            self._materialize("bias", (n_out,))
        self.reset_parameters()

    def _get_in_channels(self: Any, input: Tensor) -> int:
        n = self._get_num_spatial_dims() + 1
        if input.dim() not in (n, n + 1):
            raise RuntimeError(
                f"Expected {n}D (unbatched) or {n + 1}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {input.shape}"
            )
        return input.shape[-n]

    def _get_num_spatial_dims(self: Any) -> int:
        return self._n_dims


class _LazyPlainConv(_LazyConv):
    def __init__(
        self: Any,
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
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode
        )
        self._leave_open(bias, {"device": device, "dtype": dtype})
        self.out_channels = out_channels


class _LazyTransposedConv(_LazyConv):
    def __init__(
        self: Any,
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
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode,
        )  # fmt: skip
        self._leave_open(bias, {"device": device, "dtype": dtype})
        self.out_channels = out_channels


class LazyConv1d(_LazyPlainConv, Conv1d):
    """A :class:`Conv1d` that takes ``in_channels`` from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyPlainConv, Conv2d):
    """A :class:`Conv2d` that takes ``in_channels`` from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyPlainConv, Conv3d):
    """A :class:`Conv3d` that takes ``in_channels`` from its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyTransposedConv, ConvTranspose1d):
    """A :class:`ConvTranspose1d` that takes ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposedConv, ConvTranspose2d):
    """A :class:`ConvTranspose2d` that takes ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyTransposedConv, ConvTranspose3d):
    """A :class:`ConvTranspose3d` that takes ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose3d


class _LazyNorm(_LazyLayer):
    """A normalisation that takes ``num_features`` from its first input."""

    _size = "num_features"

    def __init__(
        self: Any,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, False, bias=False, **options)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self._leave_open(bias, options)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**options)
            self.running_var = UninitializedBuffer(**options)
            self.num_batches_tracked = tapegrad.tensor(0, dtype=tapegrad.long, device=device)

    def initialize_parameters(self: Any, input: Tensor) -> None:
        """Take the number of channels, and set weights and statistics to their first values."""
        if self.has_uninitialized_params():
            self.num_features = input.shape[1]
            for name, tensor in {**self._parameters, **self._buffers}.items():
                if is_lazy(tensor):
                    self._materialize(name, (self.num_features,))
            self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A :class:`BatchNorm1d` that takes ``num_features`` from its first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A :class:`BatchNorm2d` that takes ``num_features`` from its first input."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A :class:`BatchNorm3d` that takes ``num_features`` from its first input."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An :class:`InstanceNorm1d` that takes ``num_features`` from its first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An :class:`InstanceNorm2d` that takes ``num_features`` from its first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An :class:`InstanceNorm3d` that takes ``num_features`` from its first input."""

    cls_to_become = InstanceNorm3d
