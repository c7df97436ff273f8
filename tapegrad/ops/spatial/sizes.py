"""What the operations on 1 to 3 spatial dimensions share: reading sizes, and the form of planes.

The kernels know planes of three dimensions; what has fewer gets ones in front.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from tapegrad import _kernels as kernels

# For what follows from sizes alone: the steps of a training ask the same of the same shapes.
remembered = lru_cache(1024)

_C_NAMES = {
    "float16": "c10::Half", "float32": "float", "float64": "double", "int64": "long int",
    "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char",
    "bool": "bool",
}  # fmt: skip


def c_name(dtype) -> str:
    """What PyTorch's errors call a dtype in C."""
    return _C_NAMES[dtype.name]


def scalar_name(array: np.ndarray) -> str:
    """What PyTorch's errors call an array's dtype."""
    return kernels.TYPE_NAMES[array.dtype.num]


def in_3d(sizes, filler: int) -> tuple[int, int, int]:
    """One to three numbers, one a dimension, as three."""
    return (filler,) * (3 - len(sizes)) + tuple(sizes)


def as_planes(array: np.ndarray, n_dims: int) -> np.ndarray:
    """The last ``n_dims`` dimensions as one, row-major."""
    kept = array.shape[: array.ndim - n_dims]
    size = math.prod(array.shape[array.ndim - n_dims :])
    return kernels.contiguous(array).reshape((*kept, size))


def times(sizes) -> str:
    """Sizes as in ``3 x 4``."""
    return " x ".join(map(str, sizes))
