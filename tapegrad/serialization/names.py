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
    "batchnorm": "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d",
    "channelshuffle": "ChannelShuffle",
    "container": "ParameterDict ParameterList",
    "conv": "LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d "
            "LazyConvTranspose3d",
    "instancenorm": "LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d",
    "linear": "Bilinear LazyLinear",
    "linear_cross_entropy_options": "LinearCrossEntropyOptions",
    "loss": "CTCLoss CosineEmbeddingLoss GaussianNLLLoss HingeEmbeddingLoss KLDivLoss "
            "LinearCrossEntropyLoss MarginRankingLoss MultiLabelMarginLoss "
            "MultiLabelSoftMarginLoss MultiMarginLoss PoissonNLLLoss SoftMarginLoss "
            "TripletMarginLoss TripletMarginWithDistanceLoss",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": "FractionalMaxPool2d FractionalMaxPool3d",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "sparse": "EmbeddingBag",
    "transformer": "TransformerDecoderLayer TransformerEncoderLayer",
}  # fmt: skip
_OPTIMIZER_FILES = {
    "Adafactor": "torch.optim", "Muon": "torch.optim", "SparseAdam": "torch.optim.sparse_adam",
}  # fmt: skip
_FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}

_REBUILD = "tapegrad.serialization.rebuild"
_RENAMED = {
    ("tapegrad.nn.parameter", "Parameter"): ("torch.nn.parameter", "Parameter"),
    ("tapegrad.nn.parameter", "_rebuild_parameter"): ("torch._utils", "_rebuild_parameter"),
    ("tapegrad.nn.parameter", "_rebuild_parameter_with_state"): (
        "torch._utils", "_rebuild_parameter_with_state"),
    ("tapegrad._tensor.nodes", "RemovableHandle"): ("torch.utils.hooks", "RemovableHandle"),
    ("tapegrad.nn.attention", "NonDynamicallyQuantizableLinear"): (
        "torch.nn.modules.linear", "NonDynamicallyQuantizableLinear"),
    ("tapegrad.nn._state", "_LoadPreHook"): ("torch.nn.modules.module", "_WrappedHook"),
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
    if path.startswith("nn."):
        return _torch_module(path.removeprefix("nn."), name), name
    if path.startswith("optim.lr_scheduler"):
        return "torch.optim.lr_scheduler", name
    if path.startswith("optim."):
        return _OPTIMIZER_FILES.get(name, f"torch.optim.{name.lower()}"), name
    if path.startswith("ops.") and hasattr(tapegrad, name):
        return "torch", name
    return f"torch.{path}", name


def _torch_module(path: str, name: str) -> str:
    """Where PyTorch keeps what is in a file of ``nn``."""
    if name in _FILE_OF:
        return f"torch.nn.modules.{_FILE_OF[name]}"
    if path.startswith("functional."):
        return "torch.nn.functional"
    is_class = name in tapegrad.nn.__dict__ and path != "parameter" and "." not in path
    return f"torch.nn.modules.{path}" if is_class else f"torch.nn.{path}"


def current_name(module: str, name: str) -> tuple[str, str]:
    """What Python 3 calls a name that Python 2, and with it protocol 2, writes."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))


def _namespace(module: str) -> str:
    """Where a class is found that PyTorch keeps in a file of its own."""
    if module.startswith("torch.nn.modules"):
        return "torch.nn"
    is_optimizer = module.startswith("torch.optim.") and "lr_scheduler" not in module
    return "torch.optim" if is_optimizer else module


def is_storage_name(name: str) -> bool:
    """Whether a name in a file is that of a storage class, old or new."""
    return name.endswith("Storage") and name.removesuffix("Storage") in _STORAGE_STEMS


_STORAGE_STEMS = {*ELEMENT_NAMES, "Untyped"}


def find_torch(module: str, name: str) -> Any:
    """What PyTorch's name means here. Raises AttributeError for what tapegrad does not have."""
    if (module, name) in _OURS:
        module, name = _OURS[module, name]
    else:
        module = "tapegrad" + _namespace(module).removeprefix("torch")
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
