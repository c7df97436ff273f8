"""The three products that convolutions consist of, on arrays: nothing else computes them.

For images ``(batch, channels, *size)`` and weights ``(out, channels / groups, *kernel)``

* ``correlate`` slides the weights over the images,
* ``spread`` is its transpose in the images: what each output position read, it adds to,
* ``weight_slope`` its transpose in the weights.

Each is a matrix product with the images' patches. Samples are taken in blocks, so that the patches
of one block take no more than a few megabytes.
"""

from __future__ import annotations

import math

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad.ops.spatial.fold import Blocks, columns_of, image_of

_MATMUL = kernels.numpy_kernel(np.matmul)
_ADD = kernels.numpy_kernel(np.add)
_PATCH_BYTES = 1 << 23


def _in_blocks(n_samples: int, bytes_a_sample: int):
    """Slices of the batch whose patches fit into the space allowed; a sample at least."""
    step = max(1, _PATCH_BYTES // max(1, bytes_a_sample))
    return [slice(start, start + step) for start in range(0, n_samples, step)]


def _patch_bytes(array: np.ndarray, channels: int, blocks: Blocks) -> int:
    return array.itemsize * channels * math.prod(blocks.kernel) * math.prod(blocks.counts)


def _reads_as_it_lies(blocks: Blocks) -> bool:
    """Whether the patches are the image itself."""
    ones = (1,) * len(blocks.kernel)
    return blocks[1:5] == (ones, ones, (0,) * len(ones), ones)


def _patches(images: np.ndarray, blocks: Blocks, groups: int) -> np.ndarray:
    """Patches ``(batch, groups, channels / groups · kernel elements, positions)``."""
    n, channels = images.shape[:2]
    if _reads_as_it_lies(blocks):
        n_positions = math.prod(images.shape[2:])
        return kernels.contiguous(images).reshape(n, groups, channels // groups, n_positions)
    n_rows = channels // groups * math.prod(blocks.kernel)
    return columns_of(images, blocks).reshape(n, groups, n_rows, math.prod(blocks.counts))


def _zeros(shape: tuple, dtype) -> np.ndarray:
    return kernels.fill(kernels.empty(shape, dtype), 0)


def correlate(images: np.ndarray, weight: np.ndarray, blocks: Blocks, groups: int) -> np.ndarray:
    """``(batch, channels, *size)`` and weights to ``(batch, out, *count)``."""
    n, channels = images.shape[:2]
    n_out, n_rows = weight.shape[0], math.prod(weight.shape[1:])
    if channels == 0:
        return _zeros((n, n_out, *blocks.counts), images.dtype)
    matrices = kernels.contiguous(weight).reshape(groups, n_out // groups, n_rows)
    result = kernels.empty((n, groups, n_out // groups, math.prod(blocks.counts)), images.dtype)
    for block in _in_blocks(n, _patch_bytes(images, channels, blocks)):
        _MATMUL(matrices, _patches(images[block], blocks, groups), result[block])
    return result.reshape(n, n_out, *blocks.counts)


def spread(g: np.ndarray, weight: np.ndarray, blocks: Blocks, groups: int) -> np.ndarray:
    """``(batch, out, *count)`` and weights to ``(batch, channels, *size)``."""
    n, n_out = g.shape[:2]
    per_group, n_kernel = weight.shape[1], math.prod(blocks.kernel)
    shape = (n, groups * per_group, *blocks.size)
    if n_out == 0 or per_group == 0:
        return _zeros(shape, g.dtype)
    matrices = kernels.contiguous(weight).reshape(groups, n_out // groups, per_group * n_kernel)
    matrices = matrices.swapaxes(1, 2)
    rows = kernels.contiguous(g).reshape(n, groups, n_out // groups, math.prod(g.shape[2:]))
    result = kernels.empty(shape, g.dtype)
    for block in _in_blocks(n, _patch_bytes(g, shape[1], blocks)):
        patches = kernels.matmul(matrices, rows[block])
        patches = patches.reshape(len(patches), shape[1], n_kernel, math.prod(blocks.counts))
        if _reads_as_it_lies(blocks):
            kernels.copy_array(result[block], patches.reshape(result[block].shape))
        else:
            kernels.copy_array(result[block], image_of(patches, blocks))
    return result


def weight_slope(images: np.ndarray, g: np.ndarray, blocks: Blocks, groups: int) -> np.ndarray:
    """Images ``(batch, channels, *size)`` and ``g`` ``(batch, out, *count)`` to weights."""
    n, channels = images.shape[:2]
    n_out, n_blocks = g.shape[1], math.prod(blocks.counts)
    shape = (n_out, channels // groups, *blocks.kernel)
    if 0 in (n, n_out, channels, n_blocks):
        return _zeros(shape, g.dtype)
    rows = n_out // groups
    parts = []
    for block in _in_blocks(n, _patch_bytes(images, channels, blocks)):
        columns = _columns_of_block(images[block], blocks)
        columns = columns.reshape(groups, -1, len(g[block]) * n_blocks)
        given = kernels.contiguous(g[block].swapaxes(0, 1)).reshape(groups, rows, -1)
        parts.append(kernels.matmul(given, columns.swapaxes(1, 2)))
    total = parts[0]
    for part in parts[1:]:
        kernels.pointwise(_ADD, total, part, out=total)
    return total.reshape(shape)


def _columns_of_block(images: np.ndarray, blocks: Blocks) -> np.ndarray:
    """The patches with the samples side by side: ``(channels, kernel elements, batch, positions)``.

    One product then sums over samples and positions.
    """
    n, channels = images.shape[:2]
    planes = kernels.contiguous(images).reshape(n, channels, -1)
    n_kernel, n_blocks = math.prod(blocks.kernel), math.prod(blocks.counts)
    columns = kernels.empty((channels, n_kernel, n, n_blocks), images.dtype)
    OURS["im2col"](planes, columns.transpose(2, 0, 1, 3), params=blocks.params())
    return columns
