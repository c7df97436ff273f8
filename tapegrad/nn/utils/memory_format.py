"""The order in which the weights of convolutions lie in memory."""

from __future__ import annotations

from typing import TypeVar

from tapegrad._types import memory_format as format_
from tapegrad.nn.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from tapegrad.nn.module import Module

_M = TypeVar("_M", bound=Module)


def _convert(module: Module, kinds: tuple[type, ...], memory_format: format_) -> None:
    for layer in module.modules():
        if isinstance(layer, kinds):
            layer.weight.data = layer.weight.detach().clone(memory_format=memory_format)


def convert_conv2d_weight_memory_format(module: _M, memory_format: format_) -> _M:
    """Lay out anew the weights of all ``Conv2d`` and ``ConvTranspose2d`` below; gives the module.

    Numbers and shapes stay. Raises RuntimeError for the format of another rank.
    """
    _convert(module, (Conv2d, ConvTranspose2d), memory_format)
    return module


def convert_conv3d_weight_memory_format(module: _M, memory_format: format_) -> _M:
    """As :func:`convert_conv2d_weight_memory_format`, of ``Conv3d`` and ``ConvTranspose3d``."""
    _convert(module, (Conv3d, ConvTranspose3d), memory_format)
    return module


__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]
