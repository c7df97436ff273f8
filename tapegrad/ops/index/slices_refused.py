"""How PyTorch refuses positions of slices, of which a tensor without elements has none."""

from __future__ import annotations

import numpy as np


def no_such_slice(array: np.ndarray, dim: int, index: np.ndarray) -> Exception:
    """The error of positions among which some are not there."""
    if array.ndim < 2 or (dim != 1 and array.size):
        return IndexError("index out of range in self")
    size = array.shape[dim]  # by another routine, which has its own class
    if not size:
        return RuntimeError("index_select(): self indexing axis dim should be positive")
    outside = next(one for one in index.flat if not 0 <= one < size)
    return RuntimeError(f"INDICES element is out of DATA bounds, id={outside} axis_dim={size}")


def check_memory(input: np.ndarray, dim: int, n_positions: int) -> None:
    """Refuse slices of nothing, in PyTorch's words: it lays out each of them in memory first."""
    shape, steps, step = list(input.shape), [0] * input.ndim, 1
    for k in reversed(range(input.ndim)):
        steps[k], step = step, step * max(shape[k], 1)
    shape[dim], steps[dim] = n_positions, 0
    if 0 in shape:
        return
    n_bytes = input.itemsize * (1 + sum(
        step * (size - 1) for size, step in zip(shape, steps, strict=True)))
    raise RuntimeError(
        f"setStorage: sizes {shape}, strides {steps}, storage offset 0, and itemsize "
        f"{input.itemsize} requiring a storage size of {n_bytes} are out of bounds for storage of "
        "size 0"
    )
