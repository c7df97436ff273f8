"""Sliding blocks of images as columns, and columns summed into images."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op
from tapegrad.ops._dims import plain_ints
from tapegrad.ops.spatial.sizes import as_planes, in_3d, remembered, scalar_name


class Blocks(NamedTuple):
    """Where a window slides: one number a spatial dimension, one to three of them."""

    size: tuple
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    counts: tuple

    @remembered
    def params(self) -> tuple:
        """The fields of the kernels' params."""
        fillers = (1, 1, 1, 0, 1, 1)
        fields = [in_3d(sizes, one) for sizes, one in zip(self, fillers, strict=True)]
        return (0, *(n for sizes in fields for n in sizes))


@remembered
def block_counts(size, kernel, stride, padding, dilation) -> tuple:
    """How many places a window has along each dimension."""
    return tuple(
        (n + 2 * pad - step * (k - 1) - 1) // every + 1
        for n, k, every, pad, step in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def columns_of(input: np.ndarray, blocks: Blocks) -> np.ndarray:
    """The blocks of ``(..., *size)`` as ``(..., kernel elements, blocks)``."""
    planes = as_planes(input, len(blocks.size))
    shape = (*planes.shape[:-1], math.prod(blocks.kernel), math.prod(blocks.counts))
    return kernels.outputs(OURS["im2col"], (planes,), (shape,), blocks.params())


def image_of(columns: np.ndarray, blocks: Blocks) -> np.ndarray:
    """Columns ``(..., kernel elements, blocks)`` added up where they lie in ``(..., *size)``."""
    shape = (*columns.shape[:-2], math.prod(blocks.size))
    image = kernels.outputs(OURS["col2im"], (columns,), (shape,), blocks.params())
    return image.reshape((*columns.shape[:-2], *blocks.size))


def _im2col(input: np.ndarray, blocks: Blocks) -> np.ndarray:
    if input.dtype.kind in "iu":
        raise NotImplementedError(f'"im2col_out_cpu" not implemented for \'{scalar_name(input)}\'')
    columns = columns_of(input, blocks)
    *batch, channels, n_kernel, n_blocks = columns.shape
    return columns.reshape((*batch, channels * n_kernel, n_blocks))


def _col2im(input: np.ndarray, blocks: Blocks) -> np.ndarray:
    if input.dtype.kind in "iu":
        raise NotImplementedError(f'"col2im_out_cpu" not implemented for \'{scalar_name(input)}\'')
    n_kernel = math.prod(blocks.kernel)
    *batch, rows, n_blocks = input.shape
    return image_of(input.reshape((*batch, rows // n_kernel, n_kernel, n_blocks)), blocks)


im2col = op(
    "im2col",
    forward=_im2col,
    grad_name="Im2ColBackward0",
    input=lambda g, blocks: col2im(g, blocks),
    doc="Sliding blocks as columns.",
)
col2im = op(
    "col2im",
    forward=_col2im,
    grad_name="Col2ImBackward0",
    input=lambda g, blocks: im2col(g, blocks),
    doc="Columns added up where their blocks lie.",
)


def _pair(name: str, given) -> tuple[int, ...]:
    if type(given) is int:
        return given, given
    given = tuple(given) if isinstance(given, Iterable) else (given, given)
    plain = plain_ints(given, 2)
    if plain is not None and len(given) == 2:
        return plain
    if given and isinstance(given[0], bool):
        raise TypeError(f"{name} is no truth value")
    sizes = tuple(map(operator.index, given))
    if len(sizes) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(sizes)}")
    return sizes


@remembered
def _check_window(kernel: tuple, stride: tuple, padding: tuple, dilation: tuple) -> None:
    rows = (
        ("kernel size", "kernel", kernel, 1),
        ("dilation", "dilation", dilation, 1),
        ("padding", "pad", padding, 0),
        ("stride", "stride", stride, 1),
    )
    for what, short, (height, width), lowest in rows:
        if min(height, width) < lowest:
            bound = "greater than zero" if lowest else "non-negative"
            raise RuntimeError(
                f"{what} should be {bound}, but got {short}_height: {height} {short}_width: {width}"
            )


def unfold(input: Tensor, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """The sliding blocks of images as columns.

    Shape: ``(batch, channels, height, width)`` to ``(batch, channels·kernel elements, blocks)``;
    also without the batch. Raises RuntimeError where no block fits.
    """
    kernel, dilation = _pair("kernel_size", kernel_size), _pair("dilation", dilation)
    padding, stride = _pair("padding", padding), _pair("stride", stride)
    _check_window(kernel, stride, padding, dilation)
    _check_image(input)
    size = tuple(input.shape[-2:])
    count = block_counts(size, kernel, stride, padding, dilation)
    if min(count) < 1:
        raise RuntimeError(
            f"Given input with spatial size {size}, kernel_size={kernel}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as {count}, but "
            "its components must be at least one."
        )
    return im2col(input, Blocks(size, kernel, stride, padding, dilation, count))


def _check_image(input: Tensor) -> None:
    if input.ndim < 3:
        for dim in (1, 2):
            input.size(dim)
    batched = input.ndim == 4
    if input.ndim not in (3, 4) or 0 in input.shape[1 if batched else 0 :]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )


def fold(input: Tensor, output_size, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """Columns added up to images: what :func:`unfold` took apart, overlaps counted repeatedly.

    Shape: ``(batch, channels·kernel elements, blocks)`` to ``(batch, channels, *output_size)``;
    also without the batch.
    """
    size, kernel = _pair("output_size", output_size), _pair("kernel_size", kernel_size)
    dilation, padding = _pair("dilation", dilation), _pair("padding", padding)
    stride = _pair("stride", stride)
    _check_window(kernel, stride, padding, dilation)
    _check_columns(input, kernel)
    count = block_counts(size, kernel, stride, padding, dilation)
    given = (
        f"Given output_size={size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, "
        f"stride={stride}, "
    )
    if input.shape[-1] != count[0] * count[1]:
        raise RuntimeError(
            f"{given}expected size of input's dimension 2 to match "
            f"the calculated number of sliding blocks {count[0]} * {count[1]} = "
            f"{count[0] * count[1]}, but got input.size(2)={input.shape[-1]}."
        )
    if min(count) < 1:
        raise RuntimeError(
            f"{given}calculated shape of the array of sliding blocks as {count}, which is too "
            "small (non-positive)"
        )
    return col2im(input, Blocks(size, kernel, stride, padding, dilation, count))


def _check_columns(input: Tensor, kernel: tuple) -> None:
    if input.ndim not in (2, 3) or 0 in input.shape[input.ndim - 2 :]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    rows = input.shape[-2]
    if rows % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={rows} and kernel_size={kernel}."
        )
