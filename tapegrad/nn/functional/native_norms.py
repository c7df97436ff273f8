"""Norms as PyTorch's compiled functions: with the statistics that they used."""

from __future__ import annotations

from collections.abc import Sequence

from tapegrad._kernels import cast_array, reshaped_view
from tapegrad._tensor import Tensor
from tapegrad.nn.functional.normalizations import batch_norm as functional_batch_norm
from tapegrad.nn.functional.normalizations import batch_norm_with_moments, layer_norm_with_moments
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.convert import in_dtype
from tapegrad.ops.group_norm import group_norm_with_moments

_Three = tuple[Tensor, Tensor, Tensor]


@takes_tensors
def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """``nn.functional.batch_norm`` in the order of PyTorch's compiled function."""
    return functional_batch_norm(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )


@takes_tensors
def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> _Three:
    """``batch_norm``, and mean and inverse deviation of the batch: empty in evaluation."""
    if training and not input.numel():
        raise RuntimeError("input tensor must have at least one element, but got input_sizes = "
                           f"{list(input.shape)}")
    result, mean, var = batch_norm_with_moments(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )
    if mean is None or var is None:
        return result, input.new_empty(0), input.new_empty(0)
    return result, _constant(mean, input, mean.shape), _inverse_deviation(var, eps, input)


@takes_tensors
def native_layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> _Three:
    """``layer_norm``, and mean and inverse deviation of each group: ``(..., 1, 1)``."""
    shape = tuple(normalized_shape)
    result, mean, deviation = layer_norm_with_moments(input, shape, weight, bias, eps)
    sizes = (*input.shape[: -len(shape)], *(1,) * len(shape))
    return result, _constant(mean, input, sizes), _constant(deviation, input, sizes)


@takes_tensors
def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,  # noqa: N803 - PyTorch's name
    C: int,  # noqa: N803 - PyTorch's name
    HxW: int,  # noqa: N803 - PyTorch's name
    group: int,
    eps: float,
) -> _Three:
    """``group_norm``, and mean and inverse deviation of each group: ``(batch, groups)``."""
    result, mean, var = group_norm_with_moments(input, group, weight, bias, eps)
    return result, _constant(mean, input, mean.shape), _inverse_deviation(var, eps, input)


def _constant(moments: Tensor, input: Tensor, shape: tuple) -> Tensor:
    """Moments without a gradient, in the dtype of what they are of."""
    if moments.dtype is input.dtype:
        moments = moments.detach()
        return moments if moments.shape == shape else moments.view(shape)
    return Tensor._wrap(reshaped_view(cast_array(moments._array, input.dtype.numpy), shape))


def _inverse_deviation(var: Tensor, eps: float, input: Tensor) -> Tensor:
    return in_dtype((var.detach() + eps).rsqrt(), input.dtype)


__all__ = ["batch_norm", "native_batch_norm", "native_group_norm", "native_layer_norm"]
