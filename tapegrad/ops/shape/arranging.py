"""The same elements at other places, in new memory: flipped, rolled, turned."""

from __future__ import annotations

from itertools import repeat

import numpy as np

from tapegrad import _kernels as kernels
from tapegrad._tensor import Tensor
from tapegrad._types import Ints
from tapegrad.ops._declare import method, op, takes_tensors
from tapegrad.ops._dims import named_sizes, normal_dim, normal_dims, sizes_of


def _flipped(input: np.ndarray, dims: tuple) -> np.ndarray:
    result = kernels.empty_like(input)
    kernels.copy_array(result, kernels.backwards(input, dims))
    return result


def _rolled(input: np.ndarray, shift: int, dim: int) -> np.ndarray:
    """One dimension rolled: its last ``shift`` positions come first."""
    if not shift:
        return kernels.row_major(input)
    first = input.shape[dim] - shift
    ahead, behind = kernels.pieces(input, dim, (first, shift))
    return kernels.join([behind, ahead], dim, (shift, first))


def _roll(input: np.ndarray, shifts: tuple, dims: tuple) -> np.ndarray:
    if not input.size:
        return kernels.empty(input.shape, input.dtype)
    if not dims:
        row = kernels.flat(input)
        return kernels.reshaped_view(_rolled(row, shifts[0] % row.size, 0), input.shape)
    result = input
    for shift, dim in zip(shifts, dims, strict=True):
        result = _rolled(result, shift % input.shape[dim], dim)
    return result


def _turned(input: np.ndarray, k: int, dims: tuple) -> np.ndarray:
    a, b = dims
    turned = input
    if k in (1, 2):
        turned = kernels.backwards(turned, (b,))
    if k in (2, 3):
        turned = kernels.backwards(turned, (a,))
    if k in (1, 3):
        turned = turned.swapaxes(a, b)
    result = kernels.empty_like(input.swapaxes(a, b) if k in (1, 3) else input)
    kernels.copy_array(result, turned)
    return result


flip_op = op(
    "flip",
    forward=_flipped,
    input=lambda g, dims: flip_op(g, dims),
    doc="Some dimensions in reverse order.",
)
roll_op = op(
    "roll",
    forward=_roll,
    input=lambda g, shifts, dims: roll_op(g, tuple(-shift for shift in shifts), dims),
    doc="Positions along dimensions moved on; what leaves at the end comes in at the start.",
)
rot90_op = op(
    "rot90",
    forward=_turned,
    input=lambda g, k, dims: rot90_op(g, -k % 4, dims),
    doc="Quarter turns in the plane of two dimensions.",
)


@takes_tensors
def flip(input: Tensor, dims: Ints) -> Tensor:
    """A copy in which the dimensions ``dims`` run backwards.

    Raises RuntimeError for a dimension named twice, IndexError for one that is not there.
    """
    return flip_op(input, normal_dims(dims, input.ndim))


@method("flip")
def _flipped_by(self: Tensor, *dims, **keyword) -> Tensor:
    """As :func:`flip`, of dimensions that may stand one by one."""
    return flip_op(self, normal_dims(named_sizes("flip", dims, keyword, "dims"), self.ndim))


@method("__reversed__")
def _reversed(self: Tensor) -> Tensor:
    """What ``reversed`` gives: a copy in which dimension 0 runs backwards; a number as it is."""
    return flip_op(self, (0,)) if self.ndim else self


@method()
def fliplr(input: Tensor) -> Tensor:
    """A copy with the columns, positions of dimension 1, in reverse order."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip_op(input, (1,))


@method()
def flipud(input: Tensor) -> Tensor:
    """A copy with the rows, positions of dimension 0, in reverse order."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip_op(input, (0,))


@method()
def roll(input: Tensor, shifts, dims=None) -> Tensor:
    """A copy with the positions along each of ``dims`` moved on by the shift that belongs to it.

    ``out[(i + shift) % n] = input[i]``. Without ``dims`` the tensor is rolled as one row of its
    elements. Shape: any, to the same.
    """
    shifts = sizes_of("roll", (shifts,), (), "shifts")
    dims = () if dims is None else sizes_of("roll", (dims,), (), "dims")
    if not shifts:
        raise RuntimeError("`shifts` required")
    if len(shifts) != len(dims) and (dims or len(shifts) > 1):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}"
        )
    if input.numel() == 0:
        return input.clone()
    if dims and input.ndim == 0:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    return roll_op(input, shifts, tuple(map(normal_dim, dims, repeat(input.ndim))))


@method()
def rot90(input: Tensor, k: int = 1, dims=(0, 1)) -> Tensor:
    """A copy turned ``k`` times by 90 degrees, from the first of two dimensions to the second.

    Raises RuntimeError unless ``dims`` are two different dimensions.
    """
    dims = sizes_of("rot90", (dims,), (), "dims")
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == input.ndim:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return rot90_op(input, k % 4, tuple(map(normal_dim, dims, repeat(input.ndim))))


__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]
