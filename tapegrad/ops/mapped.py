"""Tensors over the memory of a file."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tapegrad import _types
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
    if n_bytes < 0:
        raise RuntimeError(
            f"unable to mmap {n_bytes} bytes from file <{filename}>: Cannot allocate memory (12)"
        )
    if size == 0:
        return from_numpy(np.empty(0, kind.numpy)).requires_grad_(requires_grad)
    _prepare(filename, bool(shared), n_bytes)
    mapped = np.memmap(filename, kind.numpy, "r+" if shared else "c", shape=(size,))
    return from_numpy(np.asarray(mapped)).requires_grad_(requires_grad)


def _prepare(filename: str, shared: bool, n_bytes: int) -> None:
    """Open the file as it will be mapped, and make it long enough or refuse it."""
    how = "read-write" if shared else "read-only"
    try:
        flags = os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY
        descriptor = os.open(filename, flags, 0o600)
    except OSError as error:
        raise RuntimeError(
            f"unable to open file <{filename}> in {how} mode: {error.strerror} ({error.errno})"
        ) from None
    try:
        held = os.fstat(descriptor).st_size
        if held < n_bytes and not shared:
            raise RuntimeError(
                f"file <{filename}> size <{held}> is smaller than the required mapping size "
                f"<{n_bytes}>"
            )
        if held < n_bytes:
            os.ftruncate(descriptor, n_bytes)
    finally:
        os.close(descriptor)


from_file = public("from_file", _from_file)

__all__ = ["from_file"]
