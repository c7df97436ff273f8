"""``torch.nn.modules``: the paths under which PyTorch keeps its layers, and pickles name them.

Every name of :mod:`tapegrad.nn` can be had from here and from each of PyTorch's files below; from
the files also what PyTorch keeps out of ``nn`` and programs name all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
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

# Not in ``nn``: base classes that programs test for and derive from, by our file.
_UNLISTED = {
    "attention": ("NonDynamicallyQuantizableLinear",),
    "batchnorm": ("_BatchNorm", "_NormBase"),
    "conv": ("_ConvNd", "_ConvTransposeNd"),
    "dropout": ("_DropoutNd",),
    "instancenorm": ("_InstanceNorm",),
    "lazy": ("LazyModuleMixin",),
    "loss": ("_Loss", "_WeightedLoss"),
    "modules": ("_ntuple", "_pair", "_quadruple", "_single", "_triple"),
    "padding": ("_CircularPadNd", "_ConstantPadNd", "_ReflectionPadNd", "_ReplicationPadNd"),
    "pooling": (
        "_AdaptiveAvgPoolNd", "_AdaptiveMaxPoolNd", "_AvgPoolNd", "_LPPoolNd", "_MaxPoolNd",
        "_MaxUnpoolNd",
    ),
}  # fmt: skip
_HOMES = {name: home for home, names in _UNLISTED.items() for name in names}


class _File(ModuleType):
    """One of PyTorch's files: the names of ``nn``, and those that are only in such files."""

    def __getattr__(self, name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(f"tapegrad.nn.{_HOMES[name]}"), name)
        return getattr(_global_hooks if hasattr(_global_hooks, name) else nn, name)


def _ntuple(n: int) -> Callable[[Any], tuple]:
    """A function that repeats a value ``n`` times and leaves several values as they are."""

    def spread(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    return spread


_single, _pair, _triple, _quadruple = map(_ntuple, (1, 2, 3, 4))


def __getattr__(name: str) -> Any:
    if name in _FILES:
        return globals().setdefault(name, _File(f"{__name__}.{name}", "Names of tapegrad.nn."))
    return getattr(nn, name)
