"""What programs around a model need: recomputation instead of storage, exchange, hook handles."""

from tapegrad.utils import checkpoint, dlpack, hooks

__all__ = ["checkpoint", "dlpack", "hooks"]
