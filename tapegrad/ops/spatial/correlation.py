"""The three sums of products that convolutions consist of, on arrays: nothing else computes them.

For images ``(batch, channels, *size)`` and weights ``(out, channels / groups, *kernel)``

* ``convolve`` slides the weights over the images; transposed, what each output position read, it
  adds to,
* ``weight_slope`` is its transpose in the weights.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad.ops.spatial.fold import Blocks
from tapegrad.ops.spatial.geometry import Geometry
from tapegrad.ops.spatial.sizes import in_3d, remembered

_CORRELATE, _WEIGHT_SLOPE, _SUM = OURS["correlate"], OURS["weight_slope"], OURS["sum"]

# As in convolve.h: images of such rows are computed many samples at a time.
MOST_WOVEN = 7
# As in direct.h: so few output channels are summed in another order.
FEW_ROWS = 2
# How many threads share output channels of one convolution.
MOST_SHARES = 4
# So many places of the images or more are what a part of a sum over samples is worth.
LEAST_PLACES = 1024


def _params(read: tuple, written: tuple, blocks: Blocks, is_turned: bool, n_rows: int) -> tuple:
    """The fields of the kernels' params; ``n_rows`` are a group's output channels."""
    slides = (in_3d(blocks.kernel, 1), in_3d(blocks.stride, 1), in_3d(blocks.padding, 0))
    sizes = (in_3d(read, 1), *slides, in_3d(blocks.dilation, 1), in_3d(written, 1))
    return (0, *(n for each in sizes for n in each), int(is_turned), n_rows)


@remembered
def _planned(read: tuple, weight: tuple, geometry: Geometry) -> tuple[tuple, bytes]:
    """The shape of what a convolution writes, and the kernel's params."""
    size, kernel = read[2:], weight[2:]
    if geometry.transposed:
        n_out, written = geometry.groups * weight[1], geometry.enlarged(size, kernel)
        blocks = geometry.blocks(written, kernel, size)
    else:
        blocks = geometry.blocks(size, kernel)
        n_out, written = weight[0], blocks.counts
    n_rows = n_out // geometry.groups
    params = _params(size, written, blocks, geometry.transposed, n_rows)
    return (read[0], n_out, *written), _CORRELATE.packed(*params)


def convolve(read: np.ndarray, weight, bias, geometry: Geometry) -> np.ndarray:
    """``(batch, channels, *size)``, weights and a bias or None to ``(batch, out, *count)``."""
    shape, params = _planned(read.shape, weight.shape, geometry)
    if geometry.groups == 1 and kernels.thread_count() == 1:
        return _alone(_CORRELATE, (read, weight, bias), shape, params)
    written = kernels.empty(shape, read.dtype)
    bias = kernels.empty((0,), read.dtype) if bias is None else bias
    arrays = kernels.joined(read, 2), kernels.joined(weight, 2), bias, kernels.joined(written, 2)
    if geometry.groups > 1:
        arrays = _groups(*arrays, geometry.groups)
    else:
        arrays = _shares(*arrays, shape[2:], geometry.transposed)
    _run(_CORRELATE, arrays, params)
    return written


def _groups(images, weights, bias, written, n: int) -> tuple:
    """What each group reads and writes."""
    return _parts(images, n), _split(weights, n), _split(bias, n), _parts(written, n)


def _shares(images, weights, bias, written, size: tuple, is_turned: bool) -> tuple:
    """What threads may share: samples, or output channels where weights outweigh small images."""
    if len(images) > 1 and size[-1] > MOST_WOVEN:
        n_threads, n = kernels.thread_count(), len(images)
        n = n_threads if n % n_threads == 0 else n  # each share packs the weights anew
        return _split(images, n), weights, bias, _split(written, n)
    n = _row_parts(written.shape[1], kernels.thread_count())
    weights = _parts(weights, n) if is_turned else _split(weights, n)
    return images, weights, _split(bias, n), _parts(written, n)


class _SlopePlan(NamedTuple):
    """How the slopes of weights are found."""

    n_sums: int  # of parts of the samples, which are added up
    n_shares: int  # of the output channels
    shape: tuple[int, ...]
    params: bytes


@remembered
def _slope_plan(
    images: tuple, g: tuple, geometry: Geometry, kernel: tuple, n_threads: int
) -> _SlopePlan:
    """What follows from shapes alone, for images and ``g`` as in :func:`weight_slope`."""
    groups, rows, channels = geometry.groups, g[1], images[1] // geometry.groups
    blocks = geometry.blocks(images[2:], kernel, g[2:])
    n_sums = _sample_shares(g[0], g[2:]) if groups == 1 else 1
    n_shares = groups if groups > 1 else 1 if n_sums > 1 else _row_parts(rows, n_threads)
    params = _params(images[2:], g[2:], blocks, False, rows // groups)
    shape = (rows, channels, *kernel)
    return _SlopePlan(n_sums, n_shares, shape, _WEIGHT_SLOPE.packed(*params))


def weight_slope(
    images: np.ndarray, g: np.ndarray, geometry: Geometry, kernel: tuple
) -> np.ndarray:
    """Images ``(batch, channels, *size)`` and ``g`` ``(batch, out, *count)`` to weights."""
    n_sums, n_shares, shape, params = _slope_plan(
        images.shape, g.shape, geometry, kernel, kernels.thread_count()
    )
    if n_sums == n_shares == 1:
        return _alone(_WEIGHT_SLOPE, (images, g), shape, params)
    images, g = kernels.joined(images, 2), kernels.joined(g, 2)
    flat = (*shape[:2], math.prod(kernel))
    slopes = kernels.empty(flat if n_sums == 1 else (n_sums, *flat), images.dtype)
    if n_sums > 1:
        _run(_WEIGHT_SLOPE, (_split(images, n_sums), _split(g, n_sums), slopes), params)
        slopes = kernels.reduce(_SUM, slopes, (0,), False)
    else:
        read = _parts(images, n_shares) if geometry.groups > 1 else images
        _run(_WEIGHT_SLOPE, (read, _parts(g, n_shares), _split(slopes, n_shares)), params)
    return slopes.reshape(shape)


def _row_parts(n_rows: int, n_threads: int) -> int:
    """In how many parts output channels are shared: no more than needed, for each copies images."""
    n_threads = min(n_threads, MOST_SHARES)
    most = 1 << (n_threads - 1).bit_length() if n_rows > FEW_ROWS * MOST_SHARES else 1
    return math.gcd(n_rows, most)


def _sample_shares(n_samples: int, count: tuple) -> int:
    """In how many parts samples are added up, where there is far more to add than to place."""
    n = math.gcd(n_samples, MOST_SHARES)
    return n if n_samples // n * math.prod(count) >= LEAST_PLACES else 1


def _split(array: np.ndarray, n: int) -> np.ndarray:
    return array.reshape(n, len(array) // n, *array.shape[1:])


def _parts(images: np.ndarray, n: int) -> np.ndarray:
    """``(batch, channels, ...)`` as ``(n, batch, channels / n, ...)``."""
    batch, channels, places = images.shape
    return images.reshape(batch, n, channels // n, places).swapaxes(0, 1)


def _alone(kernel: kernels.Kernel, inputs: tuple, shape: tuple, params: bytes) -> np.ndarray:
    """What a kernel makes of whole images, where no part of the work is shared."""
    try:
        return kernels.by_places(kernel, inputs, shape, params)
    except kernels.KernelRefusal:
        raise _no_memory(kernel) from None


def _run(kernel: kernels.Kernel, arrays: tuple, params: bytes) -> None:
    try:
        kernel(*arrays, params=params)
    except kernels.KernelRefusal:
        raise _no_memory(kernel) from None


def _no_memory(kernel: kernels.Kernel) -> MemoryError:
    return MemoryError(f"no memory for a block of {kernel.name}")
