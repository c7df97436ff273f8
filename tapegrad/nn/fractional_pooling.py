"""Layers that take maxima over windows of uneven sizes."""

from __future__ import annotations

from typing import Any, ClassVar

from tapegrad._tensor import Tensor
from tapegrad.nn import functional as F
from tapegrad.nn.conv import repeated
from tapegrad.nn.module import Module


class _FractionalMaxPoolNd(Module):
    __constants__ = ["kernel_size", "return_indices", "output_size", "output_ratio"]

    _n_dims: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = repeated(kernel_size, self._n_dims)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size, self.output_ratio = (
            given if given is None else repeated(given, self._n_dims)
            for given in (output_size, output_ratio)
        )
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"{type(self).__name__} requires specifying either an output size, or a pooling "
                "ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def _settings(self) -> tuple:
        return (
            self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            self._random_samples,
        )  # fmt: skip


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """Maxima over windows of images that random numbers place unevenly, anew at each call.

    Shape: ``(batch, channels, height, width)`` to ``(batch, channels, *output_size)``, or to
    ``output_ratio`` times the sizes; also without the batch. With ``return_indices`` also where the
    maxima are, for ``MaxUnpool2d``. Raises ValueError unless exactly one of the two is given.
    Source: Graham 2014.
    """

    _n_dims = 2

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.fractional_max_pool2d(input, *self._settings())


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """As :class:`FractionalMaxPool2d`, of volumes: ``(batch, channels, depth, height, width)``."""

    _n_dims = 3

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        if not all(k > 0 for k in repeated(kernel_size, 3)):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        super().__init__(kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Tensor) -> Any:
        """Pool ``input``."""
        return F.fractional_max_pool3d(input, *self._settings())
