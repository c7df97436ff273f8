"""A rectifier whose slope on the left is learned."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method
from tapegrad.ops.piecewise import prelu_kernel
from tapegrad.ops.tensor_types import type_name


@method()
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """``x`` where positive, ``weight · x`` elsewhere, with one weight or one for each of the
    second dimension.
    """
    if weight.dtype is not input.dtype:
        types = f"{type_name(input)} and {type_name(weight)}"
        raise RuntimeError(f"prelu: Type promoting not supported. Got {types}")
    n_weights, ndim = weight.numel(), input.ndim
    if n_weights != 1:
        _check_channels(input, weight)
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )
    if weight.ndim != ndim:
        weight = weight.reshape((1, n_weights, *(1,) * (ndim - 2)) if ndim > 1 else (1,) * ndim)
    return prelu_kernel(input, weight)


def _check_channels(input: Tensor, weight: Tensor) -> None:
    if input.dim() == 0:
        raise RuntimeError("Not allow zero-dim input tensor.")
    n_channels = input.shape[1] if input.dim() > 1 else 1
    if weight.numel() != n_channels:
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{weight.numel()} and channel size = {n_channels}."
        )


__all__ = ["prelu"]
