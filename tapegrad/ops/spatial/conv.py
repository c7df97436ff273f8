"""Convolutions and transposed convolutions over one to three dimensions."""

from __future__ import annotations

import warnings

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op, takes_tensors
from tapegrad.ops.spatial import conv_checks as checks
from tapegrad.ops.spatial import correlation
from tapegrad.ops.spatial.geometry import Geometry
from tapegrad.ops.spatial.pad import constant_pad_nd


def _convolution(input: np.ndarray, weight, bias, geometry: Geometry) -> np.ndarray:
    if input.dtype == np.float16:  # sums are rounded once, at their end
        wide_bias = None if bias is None else kernels.cast_array(bias, np.float32)
        wide = _convolution(
            kernels.cast_array(input, np.float32), kernels.cast_array(weight, np.float32),
            wide_bias, geometry,
        )  # fmt: skip
        return kernels.cast_array(wide, np.float16)
    kernel = weight.shape[2:]
    if geometry.transposed:
        size = geometry.enlarged(input.shape[2:], kernel)
        blocks = geometry.blocks(size, kernel, input.shape[2:])
        return correlation.spread(input, weight, bias, blocks, geometry.groups)
    blocks = geometry.blocks(input.shape[2:], kernel)
    return correlation.correlate(input, weight, bias, blocks, geometry.groups)


def _input_slope(g, input_shape, weight, geometry: Geometry) -> Tensor:
    size, kernel = tuple(input_shape[2:]), tuple(weight.shape[2:])
    return convolution_op(g, weight, None, geometry.turned(size, kernel))


def _weight_slope(g, input, weight_shape, geometry: Geometry) -> Tensor:
    image, small = (g, input) if geometry.transposed else (input, g)
    return weight_gradient(image, small, geometry, tuple(weight_shape[2:]))


# A formula an input: below a frozen weight no image is saved, above a frozen image no weight.
convolution_op = op(
    "convolution",
    forward=_convolution,
    input=_input_slope,
    weight=_weight_slope,
    bias=lambda g: g.sum((0, *range(2, g.ndim))),
    doc="Weights slid over images, or spread out from them.",
)


def _weight_gradient(image: np.ndarray, small, geometry: Geometry, kernel: tuple) -> np.ndarray:
    if image.dtype == np.float16:
        wide = _weight_gradient(
            kernels.cast_array(image, np.float32), kernels.cast_array(small, np.float32),
            geometry, kernel,
        )  # fmt: skip
        return kernels.cast_array(wide, np.float16)
    blocks = geometry.blocks(image.shape[2:], kernel, small.shape[2:])
    return correlation.weight_slope(image, small, blocks, geometry.groups)


def _weight_gradient_slopes(g, image, small, geometry: Geometry, kernel, needs):
    plain = geometry._replace(
        transposed=False, output_padding=(0,) * len(kernel), counts=tuple(small.shape[2:])
    )
    size = tuple(image.shape[2:])
    return (
        convolution_op(small, g, None, plain.turned(size, kernel)) if needs[0] else None,
        convolution_op(image, g, None, plain) if needs[1] else None,
    )


weight_gradient = op(
    "convolution_weight_gradient",
    forward=_weight_gradient,
    inputs=("image", "small"),
    gradients=lambda g, image, small, geometry, kernel, needs: _weight_gradient_slopes(
        g, image, small, geometry, kernel, needs
    ),
    doc="For each weight the sum of products of what it met, in the image and in the smaller one.",
)

# ------------------------------------------------------------------------- public


@takes_tensors
def convolution(
    input, weight, bias, stride, padding, dilation, transposed, output_padding, groups
) -> Tensor:
    """A convolution over ``weight.ndim - 2`` dimensions of a batch, or a transposed one.

    Shape: ``(batch, channels, *size)`` and ``(out, channels / groups, *kernel)``; transposed
    ``(channels, out / groups, *kernel)``. Raises RuntimeError for sizes that do not fit.
    """
    checks.check_tensors("convolution", input, weight, bias)
    n_dims = checks.check_weight(weight)
    named = {
        "stride": stride, "padding": padding, "dilation": dilation,
        "output_padding": output_padding,
    }  # fmt: skip
    sizes = checks.each_per_dim("convolution", n_dims, n_dims, named)
    geometry = Geometry(groups=groups, transposed=bool(transposed), **sizes)
    return _checked(input, weight, bias, geometry)


def _checked(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    checks.check_convolution(input, weight, bias, geometry)
    if bias is not None and bias.dtype is not input.dtype:
        bias = bias.to(input.dtype)
    return convolution_op(input, weight, bias, geometry)


def _same_padding(input: Tensor, weight: Tensor, dilation: tuple) -> tuple[Tensor, tuple]:
    """The padding that keeps the size; where it is uneven the input is padded behind first."""
    total = [step * (k - 1) for step, k in zip(dilation, weight.shape[2:], strict=True)]
    if any(n % 2 for n in total):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created",
            stacklevel=5,
        )
        behind = [side for n in reversed(total) for side in (0, n % 2)]
        input = constant_pad_nd(input, behind)
    return input, tuple(n // 2 for n in total)


def _padding_named(
    padding: str, input: Tensor, weight: Tensor, stride: tuple, dilation: tuple
) -> tuple[Tensor, tuple]:
    if padding == "same":
        if any(n != 1 for n in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        return _same_padding(input, weight, dilation)
    if padding == "valid":
        return input, (0,) * len(stride)
    raise RuntimeError(f"Invalid padding string: '{padding}'")


def _convolve(function: str, n_dims: int, input, weight, bias, stride, padding, dilation, groups):
    checks.check_tensors(function, input, weight, bias)
    is_batched = checks.batched(function, input, n_dims)
    n_weight = checks.check_weight(weight)
    if not is_batched:
        input = input.unsqueeze(0)
    if padding == "same":
        checks.check_ranks(input.shape, weight.shape, "")
    stride = checks.per_dim(function, "stride", stride, n_dims, n_weight)
    dilation = checks.per_dim(function, "dilation", dilation, n_dims, n_weight)
    if isinstance(padding, str):
        input, padding = _padding_named(padding, input, weight, stride, dilation)
    else:
        padding = checks.per_dim(function, "padding", padding, n_dims, n_weight)
    geometry = Geometry(stride, padding, dilation, False, (0,) * n_weight, groups)
    result = _checked(input, weight, bias, geometry)
    return result if is_batched else result.squeeze(0)


def _transposed(
    function: str, n_dims: int, input, weight, bias, stride, padding, more, groups, dilation
):
    checks.check_tensors(function, input, weight, bias)
    is_batched = checks.batched(function, input, n_dims)
    n_weight = checks.check_weight(weight)
    if not is_batched:
        input = input.unsqueeze(0)
    named = {
        "stride": stride, "padding": padding, "dilation": dilation, "output_padding": more,
    }  # fmt: skip
    sizes = checks.each_per_dim(function, n_dims, n_weight, named)
    geometry = Geometry(groups=groups, transposed=True, **sizes)
    result = _checked(input, weight, bias, geometry)
    return result if is_batched else result.squeeze(0)


@takes_tensors
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups: int = 1) -> Tensor:
    """Weights slid along sequences.

    Shape: ``(batch, channels, length)`` with weights ``(out, channels / groups, kernel)`` to
    ``(batch, out, places)``; also without the batch. ``padding`` is a number of zeros on either
    side, "valid" or "same". Raises RuntimeError for sizes that do not fit.
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@takes_tensors
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups: int = 1) -> Tensor:
    """Weights slid over images; as :func:`conv1d` with two spatial dimensions."""
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@takes_tensors
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups: int = 1) -> Tensor:
    """Weights slid through volumes; as :func:`conv1d` with three spatial dimensions."""
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@takes_tensors
def conv_transpose1d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups: int = 1, dilation=1
) -> Tensor:
    """The transpose of a convolution: each element spreads the weights out around its place.

    Shape: ``(batch, channels, length)`` with weights ``(channels, out / groups, kernel)`` to
    ``(batch, out, (length - 1)·stride - 2·padding + dilation·(kernel - 1) + output_padding + 1)``.
    """
    return _transposed(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


@takes_tensors
def conv_transpose2d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups: int = 1, dilation=1
) -> Tensor:
    """The transpose of :func:`conv2d`; as :func:`conv_transpose1d` in two dimensions."""
    return _transposed(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


@takes_tensors
def conv_transpose3d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups: int = 1, dilation=1
) -> Tensor:
    """The transpose of :func:`conv3d`; as :func:`conv_transpose1d` in three dimensions."""
    return _transposed(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "convolution",
]  # fmt: skip
