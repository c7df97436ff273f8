"""The package ``safetensors``, which need not be there."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise RuntimeError(
            "Attempting to load a safetensors file but safetensors is not installed. Please "
            "install safetensors with: pip install safetensors"
        ) from error
