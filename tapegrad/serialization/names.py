"""What PyTorch calls our classes and functions, and which of ours a name of PyTorch means."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from importlib import import_module
from typing import Any

import tapegrad
from tapegrad._core import Op
from tapegrad._tensor import Tensor
from tapegrad.storage import ELEMENT_NAMES

# Classes that PyTorch keeps in another file of torch/nn/modules than we do.
_FILES = {
    "activation": "GLU Hardshrink LogSigmoid LogSoftmax MultiheadAttention RReLU Sigmoid Softmax "
                  "Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink",
    "channelshuffle": "ChannelShuffle",
    "container": "ParameterDict ParameterList",
    "linear": "Bilinear",
    "linear_cross_entropy_options": "LinearCrossEntropyOptions",
    "loss": "CTCLoss CosineEmbeddingLoss GaussianNLLLoss HingeEmbeddingLoss KLDivLoss "
            "LinearCrossEntropyLoss MarginRankingLoss MultiLabelMarginLoss "
            "MultiLabelSoftMarginLoss MultiMarginLoss PoissonNLLLoss SoftMarginLoss "
            "TripletMarginLoss TripletMarginWithDistanceLoss",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "sparse": "EmbeddingBag",
}  # fmt: skip
_FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}

_REBUILD = "tapegrad.serialization.rebuild"
_RENAMED = {
    ("tapegrad.nn.parameter", "Parameter"): ("torch.nn.parameter", "Parameter"),
    ("tapegrad.nn.parameter", "_rebuild_parameter"): ("torch._utils", "_rebuild_parameter"),
    ("tapegrad.nn.parameter", "_rebuild_parameter_with_state"): (
        "torch._utils", "_rebuild_parameter_with_state"),
    (_REBUILD, "_rebuild_tensor"): ("torch._utils", "_rebuild_tensor"),
    (_REBUILD, "_rebuild_tensor_v2"): ("torch._utils", "_rebuild_tensor_v2"),
    (_REBUILD, "_rebuild_tensor_v3"): ("torch._utils", "_rebuild_tensor_v3"),
    (_REBUILD, "_rebuild_from_type_v2"): ("torch._tensor", "_rebuild_from_type_v2"),
    (_REBUILD, "_get_layout"): ("torch.serialization", "_get_layout"),
}  # fmt: skip
_OURS = {theirs: ours for ours, theirs in _RENAMED.items()}


def torch_name(value: Any) -> tuple[str, str]:
    """The module and name under which PyTorch's files refer to a class or function."""
    if value is Tensor:
        return "torch", "Tensor"
    if isinstance(value, Op):
        return "torch", value.name
    module, name = value.__module__ or "builtins", getattr(value, "__qualname__", value.__name__)
    if (module, name) in _RENAMED:
        return _RENAMED[module, name]
    library, _, path = module.partition(".")
    if library != "tapegrad":
        return module, name
    if path.startswith("nn.functional."):
        return "torch.nn.functional", name
    if path.startswith("nn.") and name in tapegrad.nn.__dict__ and path != "nn.parameter":
        return f"torch.nn.modules.{_FILE_OF.get(name, path[3:])}", name
    if path.startswith("ops.") and hasattr(tapegrad, name):
        return "torch", name
    return f"torch.{path}", name


def current_name(module: str, name: str) -> tuple[str, str]:
    """What Python 3 calls a name that Python 2, and with it protocol 2, writes."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))


def is_storage_name(name: str) -> bool:
    """Whether a name in a file is that of a storage class, old or new."""
    return name.endswith("Storage") and name.removesuffix("Storage") in _STORAGE_STEMS


_STORAGE_STEMS = {*ELEMENT_NAMES, "Untyped"}


def find_torch(module: str, name: str) -> Any:
    """What PyTorch's name means here. Raises AttributeError for what tapegrad does not have."""
    if (module, name) in _OURS:
        module, name = _OURS[module, name]
    else:
        if module.startswith("torch.nn.modules"):
            module = "torch.nn"
        module = "tapegrad" + module.removeprefix("torch")
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        raise AttributeError(
            f"Can't get attribute '{name}' on module '{module}': the file needs what tapegrad does "
            "not have"
        ) from None
    return found
