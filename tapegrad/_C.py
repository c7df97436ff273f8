"""Names of PyTorch's compiled module that programs use: errors and types, and what they report."""  # noqa: N999 - its name there

from __future__ import annotations

from tapegrad.linalg import LinAlgError as _LinAlgError
from tapegrad.ops.generators import Generator


def _log_api_usage_once(event: str) -> None:
    """Count nothing: PyTorch's hook for those who watch which parts of libraries are used."""


__all__ = ["Generator", "_LinAlgError", "_log_api_usage_once"]
