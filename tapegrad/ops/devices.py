"""Devices: there is the CPU; asking for another fails as it does in PyTorch built without it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from tapegrad import _types
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import NO_CUDA, NO_XPU
from tapegrad.ops._declare import method
from tapegrad.ops.memory_formats import check_format

NO_ACCELERATOR = "Cannot access accelerator device when none is available."


def set_default_device(device: _types.device | str | int | None) -> None:
    """Let tensors that name no device be created on this one; None stands for the CPU.

    For any other device it is their creation that fails, as in a PyTorch without that device.
    """
    _types.DEFAULT_DEVICES[0] = _types.device("cpu" if device is None else device)


def get_default_device() -> _types.device:
    """The device of tensors that name none: set, or that of the innermost ``with device:``."""
    return _types.DEFAULT_DEVICES[-1]


@cache  # refuses what has no hash, as PyTorch's does
def get_device_module(device: _types.device | str | None = None) -> Any:
    """The namespace of a device's functions, ``torch.cpu`` if none is named."""
    if not (device is None or isinstance(device, (str, _types.device))):
        raise RuntimeError(
            f"Invalid value of device '{device}', expect torch.device, str, or None"
        )
    kind = "cpu" if device is None else _types.device(device).type
    if kind not in ("cpu", "cuda", "mps", "xpu"):
        raise RuntimeError(
            f"Device '{kind}' does not have a corresponding module registered as 'torch.{kind}'."
        )
    return import_module(f"tapegrad.{kind}")


@method()
def cpu(input: Tensor, memory_format=_types.preserve_format) -> Tensor:
    """The tensor itself, for it is on the CPU, or a copy in a ``memory_format``'s order."""
    check_format("cpu", memory_format)
    return input.to(memory_format=memory_format)


@method()
def cuda(input: Tensor, device=None, non_blocking: bool = False,
         memory_format=_types.preserve_format) -> Tensor:  # fmt: skip
    """Raises AssertionError: there is no GPU to move the tensor to."""
    if device is not None and _types.device(device).type != "cuda":
        raise RuntimeError("Invalid device, must be cuda device")
    raise AssertionError(NO_CUDA)


@method()
def xpu(input: Tensor, device=None, non_blocking: bool = False,
        memory_format=_types.preserve_format) -> Tensor:  # fmt: skip
    """Raises AssertionError: there is no such device to move the tensor to."""
    if device is not None:
        known = _known_device("xpu", device)
        if isinstance(device, int):
            raise RuntimeError(NO_ACCELERATOR)
        if known.type != "xpu":
            raise RuntimeError("Invalid device, must be xpu device")
    raise AssertionError(NO_XPU)


@method()
def pin_memory(input: Tensor, device=None) -> Tensor:
    """Raises RuntimeError: only with another device is there a reason to pin memory."""
    if device is not None:
        _known_device("pin_memory", device)
    raise RuntimeError(NO_ACCELERATOR)


def _known_device(function: str, value: Any) -> _types.device:
    if not isinstance(value, (str, int, _types.device)):
        raise TypeError(
            f"{function}(): argument 'device' (position 1) must be torch.device, not "
            f"{_types.kind_of(value)}"
        )
    return _types.device(value)


@method()
def is_pinned(input: Tensor, device=None) -> bool:
    """Whether the memory is pinned for another device: it never is."""
    if device is not None:
        _known_device("is_pinned", device)
    return False


@method()
def get_device(input: Tensor) -> int:
    """The number of the tensor's device; -1 for the CPU."""
    return -1


__all__ = ["get_default_device", "get_device_module", "set_default_device"]
