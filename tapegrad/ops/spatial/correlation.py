"""The three sums of products that convolutions consist of, on arrays: nothing else computes them.

For images ``(batch, channels, *size)`` and weights ``(out, channels / groups, *kernel)``

* ``convolve`` slides the weights over the images; transposed, what each output position read, it
  adds to,
* ``weight_slope`` is its transpose in the weights.
"""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad.ops.spatial.fold import Blocks
from tapegrad.ops.spatial.geometry import Geometry
from tapegrad.ops.spatial.sizes import in_3d, remembered

_CORRELATE, _WEIGHT_SLOPE, _SUM = OURS["correlate"], OURS["weight_slope"], OURS["sum"]

# As in convolve.h: images of such rows are computed many samples at a time.
MOST_WOVEN = 4
# As in direct.h: so few output channels are summed in another order.
FEW_ROWS = 2
# How many threads share output channels of one convolution.
MOST_SHARES = 4
# So many places of the images or more are what a part of a sum over samples is worth.
LEAST_PLACES = 1024


@remembered
def _params(read: tuple, written: tuple, blocks: Blocks, is_turned: bool, n_rows: int) -> tuple:
    """The fields of the kernels' params; ``n_rows`` are a group's output channels."""
    slides = (in_3d(blocks.kernel, 1), in_3d(blocks.stride, 1), in_3d(blocks.padding, 0))
    sizes = (in_3d(read, 1), *slides, in_3d(blocks.dilation, 1), in_3d(written, 1))
    return (0, *(n for each in sizes for n in each), int(is_turned), n_rows)


@remembered
def _planned(read: tuple, weight: tuple, geometry: Geometry) -> tuple[tuple, tuple]:
    """The shape of what a convolution writes, and the kernel's params."""
    size, kernel = read[2:], weight[2:]
    if geometry.transposed:
        n_out, written = geometry.groups * weight[1], geometry.enlarged(size, kernel)
        blocks = geometry.blocks(written, kernel, size)
    else:
        blocks = geometry.blocks(size, kernel)
        n_out, written = weight[0], blocks.counts
    n_rows = n_out // geometry.groups
    return (read[0], n_out, *written), _params(size, written, blocks, geometry.transposed, n_rows)


def convolve(read: np.ndarray, weight, bias, geometry: Geometry) -> np.ndarray:
    """``(batch, channels, *size)``, weights and a bias or None to ``(batch, out, *count)``."""
    shape, params = _planned(read.shape, weight.shape, geometry)
    written = kernels.empty(shape, read.dtype)
    bias = kernels.empty((0,), read.dtype) if bias is None else bias
    arrays = kernels.joined(read, 2), kernels.joined(weight, 2), bias, kernels.joined(written, 2)
    if geometry.groups > 1:
        arrays = _groups(*arrays, geometry.groups)
    elif kernels.thread_count() > 1:
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
    n = _row_parts(written.shape[1])
    weights = _parts(weights, n) if is_turned else _split(weights, n)
    return images, weights, _split(bias, n), _parts(written, n)


def weight_slope(images: np.ndarray, g: np.ndarray, blocks: Blocks, groups: int) -> np.ndarray:
    """Images ``(batch, channels, *size)`` and ``g`` ``(batch, out, *count)`` to weights."""
    rows, channels, n_taps = g.shape[1], images.shape[1] // groups, math.prod(blocks.kernel)
    arrays = kernels.joined(images, 2), kernels.joined(g, 2)
    params = _params(images.shape[2:], g.shape[2:], blocks, False, rows // groups)
    n = _sample_shares(g) if groups == 1 else 1
    if n > 1:
        slopes = kernels.empty((n, rows, channels, n_taps), images.dtype)
        _run(_WEIGHT_SLOPE, (*(_split(each, n) for each in arrays), slopes), params)
        slopes = kernels.reduce(_SUM, slopes, (0,), False)
    else:
        slopes = kernels.empty((rows, channels, n_taps), images.dtype)
        _run(_WEIGHT_SLOPE, _row_shares(*arrays, slopes, groups), params)
    return slopes.reshape(rows, channels, *blocks.kernel)


def _row_parts(n_rows: int) -> int:
    """In how many parts output channels are shared: no more than needed, for each copies images."""
    n_threads = min(kernels.thread_count(), MOST_SHARES)
    most = 1 << (n_threads - 1).bit_length() if n_rows > FEW_ROWS * MOST_SHARES else 1
    return math.gcd(n_rows, most)


def _sample_shares(g: np.ndarray) -> int:
    """In how many parts samples are added up, where there is far more to add than to place."""
    n = math.gcd(len(g), MOST_SHARES)
    return n if len(g) // n * math.prod(g.shape[2:]) >= LEAST_PLACES else 1


def _row_shares(images: np.ndarray, g: np.ndarray, slopes: np.ndarray, groups: int) -> tuple:
    """What each group, or each thread's share of the output channels, reads and writes."""
    n = groups if groups > 1 else _row_parts(len(slopes))
    if n == 1:
        return images, g, slopes
    read = images if groups == 1 else _parts(images, n)
    return read, _parts(g, n), _split(slopes, n)


def _split(array: np.ndarray, n: int) -> np.ndarray:
    return array.reshape(n, len(array) // n, *array.shape[1:])


def _parts(images: np.ndarray, n: int) -> np.ndarray:
    """``(batch, channels, ...)`` as ``(n, batch, channels / n, ...)``."""
    batch, channels, places = images.shape
    return images.reshape(batch, n, channels // n, places).swapaxes(0, 1)


def _run(kernel: kernels.Kernel, arrays: tuple, params: tuple) -> None:
    try:
        kernel(*arrays, params=params)
    except kernels.KernelRefusal:
        raise MemoryError(f"no memory for a block of {kernel.name}") from None
