"""Modules, layers, losses and their first values."""

from tapegrad.nn import functional, init, parameter
from tapegrad.nn.activation import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    SiLU,
    Threshold,
)
from tapegrad.nn.batchnorm import BatchNorm1d
from tapegrad.nn.container import ModuleDict, ModuleList, Sequential
from tapegrad.nn.dropout import Dropout
from tapegrad.nn.flatten import Flatten, Unflatten
from tapegrad.nn.linear import Identity, Linear
from tapegrad.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from tapegrad.nn.module import Module
from tapegrad.nn.normalization import LayerNorm
from tapegrad.nn.parameter import Buffer, Parameter
from tapegrad.nn.parameter_container import ParameterDict, ParameterList
from tapegrad.nn.smooth_activation import (
    LogSigmoid,
    Sigmoid,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)
from tapegrad.nn.softmax import LogSoftmax, Softmax, Softmin
from tapegrad.nn.sparse import Embedding

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "Buffer",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HuberLoss",
    "Identity",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "PReLU",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "ReLU",
    "ReLU6",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "Unflatten",
    "functional",
    "init",
    "parameter",
]
