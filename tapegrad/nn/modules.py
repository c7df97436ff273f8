"""``torch.nn.modules``: the paths under which PyTorch keeps its layers, and pickles name them.

Every name of :mod:`tapegrad.nn` can be had from here and from each of PyTorch's files below; from
the files also what PyTorch keeps out of ``nn`` and programs name all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

from tapegrad import nn
from tapegrad.nn import _global_hooks

_FILES = (
    "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance",
    "dropout", "flatten", "fold", "instancenorm", "lazy", "linear", "linear_cross_entropy_options",
    "loss", "module", "normalization", "padding", "pixelshuffle", "pooling", "rnn", "sparse",
    "transformer", "upsampling", "utils",
)  # fmt: skip
__path__: list[str] = []  # a package, whose files are made below

# Not in ``nn``: base classes that programs test for and derive from, by our file.
_UNLISTED = {
    "_loading": ("consume_prefix_in_state_dict_if_present",),
    "attention": ("NonDynamicallyQuantizableLinear",),
    "batchnorm": ("_BatchNorm", "_NormBase"),
    "conv": ("_ConvNd", "_ConvTransposeNd"),
    "dropout": ("_DropoutNd",),
    "instancenorm": ("_InstanceNorm",),
    "lazy": ("LazyModuleMixin",),
    "loss": ("_Loss", "_WeightedLoss"),
    "module": ("_IncompatibleKeys",),
    "modules": ("_addindent", "_ntuple", "_pair", "_quadruple", "_single", "_triple"),
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
        _refuse_special(name)
        if name in _HOMES:
            return getattr(import_module(f"tapegrad.nn.{_HOMES[name]}"), name)
        return getattr(_global_hooks if hasattr(_global_hooks, name) else nn, name)


def _refuse_special(name: str) -> None:
    """Keep what Python asks of modules to ourselves: with the path of ``nn`` files load twice."""
    if name.startswith("__"):
        raise AttributeError(name)


def _addindent(s_: str, numSpaces: int) -> str:  # noqa: N803  PyTorch's names
    """The text with all lines but the first indented, and blank ones emptied."""
    first, *rest = s_.split("\n")
    return "\n".join([first, *(" " * numSpaces + line if line.strip() else "" for line in rest)])


def _ntuple(n: int) -> Callable[[Any], tuple]:
    """A function that repeats a value ``n`` times and leaves several values as they are."""

    def spread(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    return spread


_single, _pair, _triple, _quadruple = map(_ntuple, (1, 2, 3, 4))


def __getattr__(name: str) -> Any:
    _refuse_special(name)
    return getattr(nn, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *nn.__all__})


for _name in _FILES:
    _file = _File(f"{__name__}.{_name}", "Names of tapegrad.nn.")
    globals()[_name] = sys.modules[_file.__name__] = _file
