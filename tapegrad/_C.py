"""Names of PyTorch's compiled module that programs ask for: to catch an error, or to check a type."""

from __future__ import annotations

from tapegrad.linalg import LinAlgError as _LinAlgError
from tapegrad.ops.generators import Generator

__all__ = ["Generator", "_LinAlgError"]
