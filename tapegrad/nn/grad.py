"""Gradients of convolutions, from the gradient of the output: ``torch.nn.grad``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from tapegrad._tensor import Tensor
from tapegrad.ops.spatial import conv, conv_checks
from tapegrad.ops.spatial.geometry import Geometry

_Sizes: TypeAlias = int | Sequence[int]


def _geometry(
    n_dims: int, input: Tensor, weight: Tensor, grad_output: Tensor,
    stride: _Sizes, padding: _Sizes, dilation: _Sizes, groups: int,
) -> Geometry:  # fmt: skip
    """How the weights lay on the input. Refuses what no convolution can have met."""
    n_weight = conv_checks.check_weight(weight)
    named = {"stride": stride, "padding": padding, "dilation": dilation}
    sizes = conv_checks.each_per_dim("convolution_backward", n_dims, n_weight, named)
    geometry = Geometry(
        transposed=False, output_padding=(0,) * n_weight, groups=groups, **sizes
    )
    conv_checks.check_convolution(input, weight, None, geometry)
    conv_checks.check_dtypes(grad_output, weight, None, geometry)
    counts = geometry.blocks(input.shape[2:], weight.shape[2:]).counts
    wanted = (input.shape[0], weight.shape[0], *counts)
    if tuple(grad_output.shape) != wanted:
        raise RuntimeError(
            "could not create a primitive descriptor for the convolution: grad_output must have "
            f"shape {list(wanted)}, but got {list(grad_output.shape)}"
        )
    return geometry


def _input(
    n_dims: int, input_size: Sequence[int], weight: Tensor, grad_output: Tensor,
    *settings: Any,
) -> Tensor:  # fmt: skip
    unread = grad_output.new_empty(1).expand(input_size)
    geometry = _geometry(n_dims, unread, weight, grad_output, *settings)
    turned = geometry.turned(tuple(unread.shape[2:]), tuple(weight.shape[2:]))
    return conv.convolution_op(grad_output, weight, None, turned)


def _weight(
    n_dims: int, input: Tensor, weight_size: Sequence[int], grad_output: Tensor,
    *settings: Any,
) -> Tensor:  # fmt: skip
    unread = grad_output.new_empty(1).expand(weight_size)
    geometry = _geometry(n_dims, input, unread, grad_output, *settings)
    return conv.weight_gradient(input, grad_output, geometry, tuple(unread.shape[2:]))


def conv1d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor,
    stride: _Sizes = 1, padding: _Sizes = 0, dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`~tapegrad.nn.functional.conv1d` for an input of ``input_size``.

    Shape: ``grad_output`` is ``(batch, out, places)``, the result ``input_size``. Raises
    RuntimeError for sizes that do not fit.
    """
    return _input(1, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor,
    stride: _Sizes = 1, padding: _Sizes = 0, dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of :func:`~tapegrad.nn.functional.conv1d` for weights of ``weight_size``.

    Shape: ``grad_output`` is ``(batch, out, places)``, the result ``weight_size``. Raises
    RuntimeError for sizes that do not fit.
    """
    return _weight(1, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor,
    stride: _Sizes = 1, padding: _Sizes = 0, dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_input` of images."""
    return _input(2, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor,
    stride: _Sizes = 1, padding: _Sizes = 0, dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_weight` of images."""
    return _weight(2, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Sequence[int], weight: Tensor, grad_output: Tensor,
    stride: _Sizes = 1, padding: _Sizes = 0, dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_input` of volumes."""
    return _input(3, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Tensor, weight_size: Sequence[int], grad_output: Tensor,
    stride: _Sizes = 1, padding: _Sizes = 0, dilation: _Sizes = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """:func:`conv1d_weight` of volumes."""
    return _weight(3, input, weight_size, grad_output, stride, padding, dilation, groups)


__all__ = [
    "conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input",
    "conv3d_weight",
]  # fmt: skip
