"""Tensors over the memory of a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapegrad import _types
from tapegrad._mapping import map_file
from tapegrad._tensor import Tensor, get_default_dtype
from tapegrad.ops._declare import public
from tapegrad.ops.create import from_numpy


def _from_file(
    filename: str,
    shared: bool | None = None,
    size: int = 0,
    *,
    dtype: _types.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A vector of the first ``size`` elements of a file, which is mapped and not read.

    If ``shared``, what is written to the tensor is written to the file, which is made, or made
    longer, where it must be; otherwise writes stay in memory. Raises RuntimeError for a file that
    cannot be opened or is too short.
    Source: https://docs.pytorch.org/docs/2.13/generated/torch.from_file.html
    """
    if not isinstance(filename, str):
        raise TypeError("a file is given by its name")  # which is told in PyTorch's words
    kind = get_default_dtype() if dtype is None else dtype
    n_bytes = size * kind.itemsize
    if size == 0:
        return from_numpy(np.empty(0, kind.numpy)).requires_grad_(requires_grad)
    mapped = map_file(filename, bool(shared), n_bytes)
    return from_numpy(mapped.view(kind.numpy)).requires_grad_(requires_grad)


from_file = public("from_file", _from_file)

__all__ = ["from_file"]
