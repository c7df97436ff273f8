"""Modules whose parameters nobody has filled yet."""

from __future__ import annotations

import inspect
from typing import Any

import tapegrad
from tapegrad.nn.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A module with uninitialised parameters and buffers; the random numbers stay where they were.

    Raises RuntimeError for what is no module class, and for one without a ``device`` argument.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.skip_init.html
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    device = kwargs.pop("device", "cpu")
    state = tapegrad.get_rng_state()
    try:
        return module_cls(*args, **kwargs).to_empty(device=device)
    finally:
        tapegrad.set_rng_state(state)
