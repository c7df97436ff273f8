"""Layers that reduce windows: means, norms, maxima, and the way back from maxima."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.conv import repeated
from tapegrad.nn.module import Module


class _MaxPoolNd(Module):
    __constants__ = [
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "return_indices",
        "ceil_mode",
    ]

    return_indices: bool
    ceil_mode: bool

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _settings(self) -> tuple:
        return (
            self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """List the settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window of a sequence; with ``return_indices`` also where it is.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    ``stride`` is the windows' size unless given; ``ceil_mode`` also takes a window that reaches
    beyond the end.
    """

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.max_pool1d(input, *self._settings())


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window of images; as :class:`MaxPool1d` in two dimensions."""

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.max_pool2d(input, *self._settings())


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window of volumes; as :class:`MaxPool1d` in three dimensions."""

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.max_pool3d(input, *self._settings())


class _MaxUnpoolNd(Module):
    _n_dims: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = repeated(kernel_size, self._n_dims)
        self.stride = repeated(stride if stride is not None else kernel_size, self._n_dims)
        self.padding = repeated(padding, self._n_dims)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """Put ``input`` where ``indices`` say."""
        unpool = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[self._n_dims - 1]
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """List the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Put maxima back where :class:`MaxPool1d` found them, among zeros.

    Shape: ``(batch, channels, places)`` to ``(batch, channels, length)``; also without the batch.
    """

    _n_dims = 1


class MaxUnpool2d(_MaxUnpoolNd):
    """Put maxima back where :class:`MaxPool2d` found them; as :class:`MaxUnpool1d`."""

    _n_dims = 2


class MaxUnpool3d(_MaxUnpoolNd):
    """Put maxima back where :class:`MaxPool3d` found them; as :class:`MaxUnpool1d`."""

    _n_dims = 3


class _AvgPoolNd(Module):
    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"]

    def extra_repr(self) -> str:
        """List the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of a sequence.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    ``stride`` is the windows' size unless given; ``ceil_mode`` also takes a window that reaches
    beyond the end; ``count_include_pad`` lets zeros in the padding count.
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = repeated(kernel_size, 1)
        self.stride = repeated(stride if stride is not None else kernel_size, 1)
        self.padding = repeated(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class _AvgPoolWithDivisor(_AvgPoolNd):
    __constants__ = [*_AvgPoolNd.__constants__, "divisor_override"]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _settings(self) -> tuple:
        return (
            self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
            self.divisor_override,
        )  # fmt: skip

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        for name, usual in (("padding", 0), ("ceil_mode", False), ("count_include_pad", True)):
            self.__dict__.setdefault(name, usual)


class AvgPool2d(_AvgPoolWithDivisor):
    """The mean of each window of images; as :class:`AvgPool1d` in two dimensions.

    ``divisor_override`` divides the sums instead of the windows' sizes.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        return F.avg_pool2d(input, *self._settings())


class AvgPool3d(_AvgPoolWithDivisor):
    """The mean of each window of volumes; as :class:`AvgPool2d` in three dimensions."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        return F.avg_pool3d(input, *self._settings())


class _LPPoolNd(Module):
    __constants__ = ["norm_type", "kernel_size", "stride", "ceil_mode"]

    norm_type: float
    ceil_mode: bool

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """List the settings."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The ``norm_type``-norm of each window of a sequence: ``(sum of x**p) ** (1/p)``.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, places)``; also without the batch.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        norm_type = float(self.norm_type)
        return F.lp_pool1d(input, norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """The norm of each window of images; as :class:`LPPool1d` in two dimensions."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        norm_type = float(self.norm_type)
        return F.lp_pool2d(input, norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """The norm of each window of volumes; as :class:`LPPool1d` in three dimensions."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        norm_type = float(self.norm_type)
        return F.lp_pool3d(input, norm_type, self.kernel_size, self.stride, self.ceil_mode)


class _AdaptiveAvgPoolNd(Module):
    __constants__ = ["output_size"]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """List the sizes."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Means over ``output_size`` windows that share a sequence out evenly.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, output_size)``; also without the
    batch.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Means over windows that share images out evenly; None keeps a dimension's size."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """Means over windows that share volumes out evenly; None keeps a dimension's size."""

    def forward(self, input: Tensor) -> Tensor:
        """Pool ``input``."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPoolNd(Module):
    __constants__ = ["output_size", "return_indices"]

    return_indices: bool

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """List the sizes."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Maxima over ``output_size`` windows that share a sequence out evenly.

    Shape: ``(batch, channels, length)`` to ``(batch, channels, output_size)``; also without the
    batch. With ``return_indices`` also where they are.
    """

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """Maxima over windows that share images out evenly; None keeps a dimension's size."""

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """Maxima over windows that share volumes out evenly; None keeps a dimension's size."""

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
