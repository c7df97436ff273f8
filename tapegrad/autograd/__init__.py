"""Gradients: running backward, switching recording, custom Functions, checks of derivatives."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tapegrad._core import SavedTensor
from tapegrad._tape import TapeInfo, tape_info
from tapegrad.autograd import grad_mode, graph
from tapegrad.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from tapegrad.autograd.backward import backward, grad
from tapegrad.autograd.function import Function, FunctionCtx
from tapegrad.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from tapegrad.autograd.variable import Variable

# isort: split
from tapegrad.autograd import function
from tapegrad.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck

if TYPE_CHECKING:
    from tapegrad.autograd import functional

_LAZY = ("functional", "profiler")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Function",
    "FunctionCtx",
    "GradcheckError",
    "SavedTensor",
    "TapeInfo",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "tape_info",
]
