"""Maxima over windows of uneven sizes, which random numbers choose."""

from __future__ import annotations

from typing import Any

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import written_as
from tapegrad.ops.random import rand
from tapegrad.ops.spatial.fractional_pool import fractional_max_pool


def _pool(
    input: Tensor, kernel_size: Any, output_size: Any, ratio: Any, samples: Any, n_dims: int
) -> tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{n_dims}d"
    if output_size is None:
        if ratio is None:
            raise ValueError(
                f"{name} requires specifying either an output_size or an output_ratio"
            )
        ratios = (ratio,) * n_dims if isinstance(ratio, (int, float)) else ratio
        if n_dims == 2 and len(ratios) > 2:
            raise ValueError(
                f"{name} requires output_ratio to either be a single Int or tuple of Ints."
            )
        output_size = [int(input.size(d - n_dims) * ratios[d]) for d in range(n_dims)]
    if samples is None:
        n_batch = 1 if input.dim() == n_dims + 1 else input.size(0)
        samples = rand(n_batch, input.size(-n_dims - 1), n_dims, dtype=input.dtype)
    return fractional_max_pool(input, kernel_size, output_size, samples, n_dims)


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of images, and where they are; see :func:`fractional_max_pool2d`."""
    return _pool(input, kernel_size, output_size, output_ratio, _random_samples, 2)


@written_as("functional.fractional_max_pool2d")
def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Maxima over windows that random numbers place unevenly; with ``return_indices`` also where.

    Shape: ``(batch, channels, height, width)`` to ``(batch, channels, *output_size)``; also without
    the batch. ``output_ratio`` gives the sizes as parts of the input's instead. Window i starts at
    ``floor(a(i + u)) - floor(a u)`` with one u in [0, 1) for each plane and dimension. Raises
    ValueError without a size, RuntimeError where the windows do not fit. Source: Graham 2014.
    """
    result = _pool(input, kernel_size, output_size, output_ratio, _random_samples, 2)
    return result if return_indices else result[0]


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of volumes, and where they are; see :func:`fractional_max_pool3d`."""
    return _pool(input, kernel_size, output_size, output_ratio, _random_samples, 3)


@written_as("functional.fractional_max_pool3d")
def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """As :func:`fractional_max_pool2d`, of volumes."""
    result = _pool(input, kernel_size, output_size, output_ratio, _random_samples, 3)
    return result if return_indices else result[0]


__all__ = [
    "fractional_max_pool2d", "fractional_max_pool2d_with_indices", "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]  # fmt: skip
