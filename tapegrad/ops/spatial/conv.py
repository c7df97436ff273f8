"""Convolutions and transposed convolutions over one to three dimensions."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad.ops._declare import op, served_by, takes_tensors
from tapegrad.ops.plain_calls import ConvCall
from tapegrad.ops.reduce.sums import sum_dims
from tapegrad.ops.spatial import conv_checks as checks
from tapegrad.ops.spatial import correlation
from tapegrad.ops.spatial.geometry import Geometry, geometry_of
from tapegrad.ops.spatial.pad import constant_pad_nd
from tapegrad.ops.spatial.sizes import remembered


def _convolution(input: np.ndarray, weight, bias, geometry: Geometry) -> np.ndarray:
    if input.dtype.char != "e":
        return correlation.convolve(input, weight, bias, geometry)
    # Sums of float16 are rounded once, at their end.
    wide_bias = None if bias is None else kernels.cast_array(bias, np.float32)
    wide = correlation.convolve(
        kernels.cast_array(input, np.float32), kernels.cast_array(weight, np.float32),
        wide_bias, geometry,
    )  # fmt: skip
    return kernels.cast_array(wide, np.float16)


def _input_slope(g, input_shape, weight, geometry: Geometry) -> Tensor:
    size, kernel = tuple(input_shape[2:]), tuple(weight.shape[2:])
    return convolution_op(g, weight, None, geometry.turned(size, kernel))


def _weight_slope(g, input, weight_shape, geometry: Geometry) -> Tensor:
    image, small = (g, input) if geometry.transposed else (input, g)
    return weight_gradient(image, small, geometry, tuple(weight_shape[2:]))


_ALL_BUT_CHANNELS = {ndim: (0, *range(2, ndim)) for ndim in (3, 4, 5)}

# A formula an input: below a frozen weight no image is saved, above a frozen image no weight.
convolution_op = op(
    "convolution",
    forward=_convolution,
    input=_input_slope,
    weight=_weight_slope,
    bias=lambda g: sum_dims(g, _ALL_BUT_CHANNELS[g.ndim], False),
    doc="Weights slid over images, or spread out from them.",
)


def _weight_gradient(image: np.ndarray, small, geometry: Geometry, kernel: tuple) -> np.ndarray:
    if image.dtype.char == "e":
        wide = _weight_gradient(
            kernels.cast_array(image, np.float32), kernels.cast_array(small, np.float32),
            geometry, kernel,
        )  # fmt: skip
        return kernels.cast_array(wide, np.float16)
    return correlation.weight_slope(image, small, geometry, kernel)


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
    input: Tensor, weight: Tensor, bias: Tensor | None, stride, padding, dilation,
    transposed: bool, output_padding, groups: int,
) -> Tensor:  # fmt: skip
    """A convolution over ``weight.ndim - 2`` dimensions of a batch, or a transposed one.

    Shape: ``(batch, channels, *size)`` and ``(out, channels / groups, *kernel)``; transposed
    ``(channels, out / groups, *kernel)``. Raises RuntimeError for sizes that do not fit.
    """
    n_dims = checks.check_weight(weight)
    per_dim = partial(checks.per_dim, "convolution", n_dims=n_dims, n_weight=n_dims)
    geometry = geometry_of(
        per_dim("stride", stride), per_dim("padding", padding), per_dim("dilation", dilation),
        transposed, per_dim("output_padding", output_padding), groups,
    )  # fmt: skip
    return _checked(input, weight, bias, geometry)


def _checked(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    checks.check_convolution(input, weight, bias, geometry)
    if bias is not None and bias.dtype is not input.dtype:
        bias = bias.to(input.dtype)
    return convolution_op(input, weight, bias, geometry)


@remembered
def _around(kernel: tuple, dilation: tuple) -> tuple[tuple, list | None]:
    """The padding that keeps the size, and that of the input behind where it is uneven."""
    total = [step * (k - 1) for step, k in zip(dilation, kernel, strict=True)]
    is_even = not any(n % 2 for n in total)
    behind = None if is_even else [side for n in reversed(total) for side in (0, n % 2)]
    return tuple(n // 2 for n in total), behind


def _same_padding(input: Tensor, weight: Tensor, dilation: tuple) -> tuple[Tensor, tuple]:
    """The padding that keeps the size; where it is uneven the input is padded behind first."""
    padding, behind = _around(weight.shape[2:], dilation)
    if behind is not None:
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created",
            stacklevel=5,
        )
        input = constant_pad_nd(input, behind)
    return input, padding


def _padding_named(
    padding: str, input: Tensor, weight: Tensor, stride: tuple, dilation: tuple
) -> tuple[Tensor, tuple]:
    if padding == "same":
        if stride != (1,) * len(stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        return _same_padding(input, weight, dilation)
    if padding == "valid":
        return input, (0,) * len(stride)
    raise RuntimeError(f"Invalid padding string: '{padding}'")


@remembered
def _geometry_for(
    n_dims: int, input: tuple, weight: tuple, bias: tuple | None, stride, padding, dilation,
    groups: int,
) -> Geometry:  # fmt: skip
    """The geometry for a batch and a weight of these shapes; refuses what does not fit."""
    each = [checks.per_dim("", "", given, n_dims, n_dims) for given in (stride, padding, dilation)]
    geometry = geometry_of(*each, False, (0,) * n_dims, groups)
    checks.check_shapes(input, weight, bias, geometry)
    return geometry


def _convolve(
    function: str, n_dims: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride, padding,
    dilation, groups: int,
) -> Tensor:  # fmt: skip
    if bias is not None and bias.dtype is not input.dtype and not isinstance(padding, str):
        checks.refuse_bias(input, bias)
    is_batched, n_weight = checks.batched(function, input, n_dims), checks.check_weight(weight)
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
    geometry = geometry_of(stride, padding, dilation, False, (0,) * n_weight, groups)
    result = _checked(input, weight, bias, geometry)
    return result if is_batched else result.squeeze(0)


def _transposed(
    function: str, n_dims: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride, padding,
    output_padding, groups: int, dilation,
) -> Tensor:  # fmt: skip
    is_batched, n_weight = checks.batched(function, input, n_dims), checks.check_weight(weight)
    if not is_batched:
        input = input.unsqueeze(0)
    stride = checks.per_dim(function, "stride", stride, n_dims, n_weight)
    padding = checks.per_dim(function, "padding", padding, n_dims, n_weight)
    dilation = checks.per_dim(function, "dilation", dilation, n_dims, n_weight)
    more = checks.per_dim(function, "output_padding", output_padding, n_dims, n_weight)
    geometry = geometry_of(stride, padding, dilation, True, more, groups)
    result = _checked(input, weight, bias, geometry)
    return result if is_batched else result.squeeze(0)


@served_by(ConvCall(convolution_op, 1, _geometry_for))
@takes_tensors
def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weights slid along sequences.

    Shape: ``(batch, channels, length)`` with weights ``(out, channels / groups, kernel)`` to
    ``(batch, out, places)``; also without the batch. ``padding`` is a number of zeros on either
    side, "valid" or "same". Raises RuntimeError for sizes that do not fit.
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@served_by(ConvCall(convolution_op, 2, _geometry_for))
@takes_tensors
def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weights slid over images; as :func:`conv1d` with two spatial dimensions."""
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@served_by(ConvCall(convolution_op, 3, _geometry_for))
@takes_tensors
def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """Weights slid through volumes; as :func:`conv1d` with three spatial dimensions."""
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@takes_tensors
def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0,
    output_padding=0, groups: int = 1, dilation=1,
) -> Tensor:  # fmt: skip
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
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0,
    output_padding=0, groups: int = 1, dilation=1,
) -> Tensor:  # fmt: skip
    """The transpose of :func:`conv2d`; as :func:`conv_transpose1d` in two dimensions."""
    return _transposed(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


@takes_tensors
def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0,
    output_padding=0, groups: int = 1, dilation=1,
) -> Tensor:  # fmt: skip
    """The transpose of :func:`conv3d`; as :func:`conv_transpose1d` in three dimensions."""
    return _transposed(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "convolution",
]  # fmt: skip
