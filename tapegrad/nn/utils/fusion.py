"""Folding a batch norm that follows a linear map into the map's own weights.

In evaluation ``bn(Wx + b) = s (Wx + b - mean) + shift`` with ``s = scale / sqrt(var + eps)``, which
is the linear map of weight ``sW`` and bias ``s (b - mean) + shift``.
"""

from __future__ import annotations

import copy
from typing import Any

import tapegrad
from tapegrad._tensor import Tensor
from tapegrad.nn.module import Module
from tapegrad.nn.parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """A convolution that computes ``bn(conv(x))``; ``transpose`` for a transposed one.

    Raises AssertionError in training mode or without running statistics.
    """
    return _fused(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the convolution followed by batch norm, as one convolution."""
    scale = (tapegrad.ones_like(bn_rm) if bn_w is None else bn_w) * tapegrad.rsqrt(bn_rv + bn_eps)
    channel_dim = 1 if transpose else 0
    shape = [-1 if dim == channel_dim else 1 for dim in range(conv_w.ndim)]
    return _folded(conv_w, conv_b, bn_rm, bn_b, scale, scale.reshape(shape))


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that computes ``bn(linear(x))``.

    Raises AssertionError in training mode, without running statistics, and where the numbers of
    features do not fit.
    """
    _check_eval(linear, bn)
    if bn.num_features not in (1, linear.out_features):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    return _fused(linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the linear layer followed by batch norm, as one linear layer."""
    scale = bn_w * tapegrad.rsqrt(bn_rv + bn_eps)
    return _folded(linear_w, linear_b, bn_rm, bn_b, scale, scale.unsqueeze(-1))


def _check_eval(module: Module, bn: Module) -> None:
    if module.training or bn.training:
        raise AssertionError("Fusion only for eval!")


def _fused(module: Any, bn: Any, fuse_weights: Any, *options: Any) -> Any:
    _check_eval(module, bn)
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    fused = copy.deepcopy(module)
    fused.weight, fused.bias = fuse_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        *options,
    )  # fmt: skip
    return fused


def _folded(
    weight: Tensor, bias: Tensor | None, mean: Tensor, shift: Any, scale: Tensor, spread: Tensor
) -> tuple[Parameter, Parameter]:
    """``spread`` is ``scale`` laid along the weight's output channels."""
    before = tapegrad.zeros_like(mean) if bias is None else bias
    fused_weight = (weight * spread).to(weight.dtype)
    fused_bias = (before - mean) * scale + (0.0 if shift is None else shift)
    fused_bias = fused_bias.to(weight.dtype if bias is None else bias.dtype)
    return (
        Parameter(fused_weight, weight.requires_grad),
        Parameter(fused_bias, before.requires_grad),
    )
