"""Norms as PyTorch's compiled functions: with the statistics that they used."""

from __future__ import annotations

from collections.abc import Sequence

from tapegrad._tensor import Tensor
from tapegrad.autograd import no_grad
from tapegrad.nn.functional.normalizations import batch_norm as functional_batch_norm
from tapegrad.nn.functional.normalizations import layer_norm
from tapegrad.ops._declare import takes_tensors
from tapegrad.ops.group_norm import group_norm

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
    result = functional_batch_norm(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )
    if not training:
        return result, input.new_empty(0), input.new_empty(0)
    channels = input.transpose(0, 1).flatten(1)
    mean, deviation = _statistics(channels, 1, eps)
    return result, mean.squeeze(1), deviation.squeeze(1)


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
    result = layer_norm(input, shape, weight, bias, eps)
    return (result, *_statistics(input, len(shape), eps))


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
    result = group_norm(input, group, weight, bias, eps)
    mean, deviation = _statistics(input.reshape(N, group, C // group * HxW), 1, eps)
    return result, mean.squeeze(2), deviation.squeeze(2)


def _statistics(input: Tensor, n_last: int, eps: float) -> tuple[Tensor, Tensor]:
    """Mean and ``1 / sqrt(var + eps)`` over the last dimensions, which stay with size 1."""
    dims = tuple(range(-n_last, 0))
    with no_grad():
        mean = input.mean(dims, keepdim=True)
        return mean, (input.var(dims, correction=0, keepdim=True) + eps).rsqrt()


__all__ = ["batch_norm", "native_batch_norm", "native_group_norm", "native_layer_norm"]
