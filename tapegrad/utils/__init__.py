"""What programs around a model need: data, recomputation instead of storage, exchange, hooks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tapegrad.utils import checkpoint, dlpack, hooks

if TYPE_CHECKING:
    from tapegrad.utils import data


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module("tapegrad.utils.data")
    raise AttributeError(f"module 'tapegrad.utils' has no attribute '{name}'")


__all__ = ["checkpoint", "data", "dlpack", "hooks"]
