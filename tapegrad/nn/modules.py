"""``torch.nn.modules``: the paths under which PyTorch keeps its layers, and pickles name them.

Every name of :mod:`tapegrad.nn` can be had from here and from each of PyTorch's files below.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tapegrad import nn
from tapegrad.nn import _global_hooks

_FILES = frozenset((
    "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance",
    "dropout", "flatten", "fold", "instancenorm", "lazy", "linear", "loss", "module",
    "normalization", "padding", "pixelshuffle", "pooling", "rnn", "sparse", "transformer",
    "upsampling", "utils",
))  # fmt: skip


class _File(ModuleType):
    """One of PyTorch's files: the names of ``nn``, and the hooks of all modules."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_global_hooks if hasattr(_global_hooks, name) else nn, name)


def __getattr__(name: str) -> Any:
    if name in _FILES:
        return globals().setdefault(name, _File(f"{__name__}.{name}", "Names of tapegrad.nn."))
    return getattr(nn, name)
