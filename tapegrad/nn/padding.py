"""Layers that put elements around tensors."""

from __future__ import annotations

from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.conv import repeated
from tapegrad.nn.module import Module


class _PadNd(Module):
    """Elements before and behind each padded dimension, the last dimension first."""

    __constants__ = ["padding"]

    padding: tuple[int, ...]
    _n_dims: int
    _mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * self._n_dims)

    def forward(self, input: Tensor) -> Tensor:
        """Pad ``input``."""
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """List the padding."""
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    __constants__ = ["padding", "value"]

    value: float
    _mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Pad ``input``."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """List padding and value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Put a constant before and behind the last dimension.

    ``padding`` is a number, or ``(before, behind)``; negative numbers cut off.
    Shape: ``(..., length)`` to ``(..., before + length + behind)``.
    """

    _n_dims = 1


class ConstantPad2d(_ConstantPadNd):
    """Put a constant around the last two dimensions: ``(left, right, top, bottom)``."""

    _n_dims = 2


class ConstantPad3d(_ConstantPadNd):
    """Put a constant around the last three dimensions; the last dimension's sides come first."""

    _n_dims = 3


class ZeroPad1d(ConstantPad1d):
    """Put zeros before and behind the last dimension; as :class:`ConstantPad1d`."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """List the padding."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Put zeros around the last two dimensions; as :class:`ConstantPad2d`."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """List the padding."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Put zeros around the last three dimensions; as :class:`ConstantPad3d`."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """List the padding."""
        return f"{self.padding}"


class _ReflectionPadNd(_PadNd):
    _mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirror the last dimension at its ends, without repeating them.

    ``padding`` is a number, or ``(before, behind)``. Shape: ``(channels, length)`` or ``(batch,
    channels, length)``, longer by the padding.
    """

    _n_dims = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Mirror images at their borders; as :class:`ReflectionPad1d` in two dimensions."""

    _n_dims = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Mirror volumes at their borders; as :class:`ReflectionPad1d` in three dimensions."""

    _n_dims = 3


class _ReplicationPadNd(_PadNd):
    _mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeat the ends of the last dimension.

    ``padding`` is a number, or ``(before, behind)``. Shape: ``(channels, length)`` or ``(batch,
    channels, length)``, longer by the padding.
    """

    _n_dims = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeat the borders of images; as :class:`ReplicationPad1d` in two dimensions."""

    _n_dims = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeat the borders of volumes; as :class:`ReplicationPad1d` in three dimensions."""

    _n_dims = 3


class _CircularPadNd(_PadNd):
    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """Pad ``input``."""
        n = self._n_dims
        if input.dim() not in (n + 1, n + 2):
            raise ValueError(f"expected {n + 1}D or {n + 2}D input (got {input.dim()}D input)")
        return F.pad(input, self.padding, "circular")


class CircularPad1d(_CircularPadNd):
    """Continue the last dimension with its other end.

    ``padding`` is a number, or ``(before, behind)``. Shape: ``(channels, length)`` or ``(batch,
    channels, length)``, longer by the padding.
    """

    _n_dims = 1


class CircularPad2d(_CircularPadNd):
    """Continue images with their other side; as :class:`CircularPad1d` in two dimensions."""

    _n_dims = 2


class CircularPad3d(_CircularPadNd):
    """Continue volumes with their other side; as :class:`CircularPad1d` in three dimensions."""

    _n_dims = 3
