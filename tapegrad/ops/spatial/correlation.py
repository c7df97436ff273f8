"""The three sums of products that convolutions consist of, on arrays: nothing else computes them.

For images ``(batch, channels, *size)`` and weights ``(out, channels / groups, *kernel)``

* ``correlate`` slides the weights over the images,
* ``spread`` is its transpose in the images: what each output position read, it adds to,
* ``weight_slope`` its transpose in the weights.
"""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad.ops.spatial.fold import Blocks
from tapegrad.ops.spatial.sizes import in_3d

_CORRELATE, _WEIGHT_SLOPE = OURS["correlate"], OURS["weight_slope"]


def _params(read: tuple, written: tuple, blocks: Blocks, groups: int, is_turned: bool) -> tuple:
    """The fields of the kernels' params."""
    slides = (in_3d(blocks.kernel, 1), in_3d(blocks.stride, 1), in_3d(blocks.padding, 0))
    sizes = (in_3d(read, 1), *slides, in_3d(blocks.dilation, 1), in_3d(written, 1))
    return (0, *(n for each in sizes for n in each), groups, int(is_turned))


def _run(kernel: kernels.Kernel, inputs: tuple, shape: tuple, params: tuple) -> np.ndarray:
    try:
        return kernels.outputs(kernel, inputs, (shape,), params)
    except kernels.KernelRefusal:
        raise MemoryError(f"no memory for a block of {kernel.name}") from None


def correlate(images: np.ndarray, weight, bias, blocks: Blocks, groups: int) -> np.ndarray:
    """``(batch, channels, *size)``, weights and a bias or None to ``(batch, out, *count)``."""
    shape = (len(images), len(weight), math.prod(blocks.counts))
    return _images(images, weight, bias, shape, blocks.counts, blocks, groups, False)


def spread(g: np.ndarray, weight, bias, blocks: Blocks, groups: int) -> np.ndarray:
    """``(batch, out, *count)``, weights and a bias or None to ``(batch, channels, *size)``."""
    shape = (len(g), groups * weight.shape[1], math.prod(blocks.size))
    return _images(g, weight, bias, shape, blocks.size, blocks, groups, True)


def _images(read, weight, bias, shape, size, blocks, groups, is_turned) -> np.ndarray:
    bias = kernels.empty((0,), read.dtype) if bias is None else bias
    params = _params(read.shape[2:], size, blocks, groups, is_turned)
    inputs = (kernels.joined(read, 2), kernels.joined(weight, 2), bias)
    return _run(_CORRELATE, inputs, shape, params).reshape(*shape[:2], *size)


def weight_slope(images: np.ndarray, g: np.ndarray, blocks: Blocks, groups: int) -> np.ndarray:
    """Images ``(batch, channels, *size)`` and ``g`` ``(batch, out, *count)`` to weights."""
    params = _params(images.shape[2:], g.shape[2:], blocks, 1, False)
    inputs = (_parts(kernels.joined(images, 2), groups), _parts(kernels.joined(g, 2), groups))
    (channels, rows), n_taps = (one.shape[2] for one in inputs), math.prod(blocks.kernel)
    slopes = _run(_WEIGHT_SLOPE, inputs, (groups, rows, channels, n_taps), params)
    return slopes.reshape(groups * rows, channels, *blocks.kernel)


def _parts(images: np.ndarray, n: int) -> np.ndarray:
    """``(batch, channels, ...)`` as ``(n, batch, channels / n, ...)``."""
    batch, channels, places = images.shape
    return images.reshape(batch, n, channels // n, places).swapaxes(0, 1)
