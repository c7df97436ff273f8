"""Names of types in annotations: what may be given for a device, a number, a file."""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from typing import IO, TypeAlias

from tapegrad import storage
from tapegrad._tensor import Tensor
from tapegrad._types import Size, device, dtype, layout

Number: TypeAlias = int | float | bool
Device: TypeAlias = device | str | int | None
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
Storage: TypeAlias = storage.UntypedStorage
IntLikeType, FloatLikeType, BoolLikeType = int, float, bool

_bool, _bytes, _complex = builtins.bool, builtins.bytes, builtins.complex
_float, _int, _str = builtins.float, builtins.int, builtins.str
_device, _dtype, _layout = device, dtype, layout
_Number = (bool, int, float)
_size: TypeAlias = Size | list[int] | tuple[int, ...]
_TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]

__all__ = ["Device", "FileLike", "Number", "Storage"]
