"""Names of PyTorch's compiled module by which programs catch errors and check types."""  # noqa: N999 - its name there

from __future__ import annotations

from tapegrad.linalg import LinAlgError as _LinAlgError
from tapegrad.ops.generators import Generator

__all__ = ["Generator", "_LinAlgError"]
