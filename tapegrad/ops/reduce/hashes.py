"""A hash of the bits of many elements."""

from __future__ import annotations

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._kernels import OURS
from tapegrad._tensor import Tensor
from tapegrad.ops._arguments import check_tensor
from tapegrad.ops._declare import method, op, takes_out
from tapegrad.ops._dims import dims_of


def _hash(input: np.ndarray, dims: tuple | None, keepdim: bool) -> np.ndarray:
    wide = np.float64 if input.dtype.kind == "f" else np.int64
    bits = kernels.contiguous(kernels.cast_array(input, np.dtype(wide))).view(np.int64)
    return kernels.reduce(OURS["exclusive_or"], bits, dims, keepdim)


_hash_op = op("hash_tensor", forward=_hash, doc="Exclusive or of the elements' bits.")


@takes_out("Expected result to be of dtype uint64, but got {out}")
@method()
def hash_tensor(input: Tensor, dim=(), *, keepdim: bool = False, mode: int = 0) -> Tensor:
    """Exclusive or of the bits of all elements, or of those along ``dim``.

    Elements are widened to 64 bits first, to float64 or int64. The result holds the hash as int64,
    as there is no uint64 here. Shape: the reduced dimensions go, or stay as 1 with ``keepdim``.
    Raises RuntimeError for a ``mode`` other than 0, and where there is no element to begin with.
    """
    check_tensor("hash_tensor", "input", input)
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    dims = dims_of(input, dim)
    if input.numel() == 0:
        _refuse_empty(input, dims)
    return _hash_op(input, dims, keepdim)


def _refuse_empty(input: Tensor, dims: tuple | None) -> None:
    if dims is None:
        raise RuntimeError(
            "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify "
            "the reduction dim with the 'dim' argument."
        )
    for dim in dims:
        if input.shape[dim] == 0:
            raise IndexError(
                f"hash_tensor: Expected reduction dim {dim} to have non-zero size."
            )


__all__ = ["hash_tensor"]
