"""What Python sees of work on arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tapegrad._kernels.kernel import Kernel

def cast_array(array: np.ndarray, dtype: DTypeLike) -> np.ndarray: ...
def copy_array(target: np.ndarray, source: np.ndarray) -> None: ...
def copied(array: np.ndarray) -> np.ndarray: ...
def row_major(array: np.ndarray) -> np.ndarray: ...
def contiguous(array: np.ndarray) -> np.ndarray: ...
def flat(array: np.ndarray) -> np.ndarray: ...
def joined(array: np.ndarray, n_kept: int) -> np.ndarray: ...
def pointwise(
    kernel: Kernel,
    *operands: np.ndarray | float,
    out: np.ndarray | None = None,
    dtype: DTypeLike | None = None,
    params: tuple | None = None,
) -> np.ndarray: ...
def outputs(
    kernel: Kernel,
    inputs: tuple[np.ndarray, ...],
    shapes: tuple[Sequence[int], ...] | None = None,
    params: tuple | None = None,
) -> Any: ...
def by_planes(
    kernel: Kernel,
    inputs: tuple[np.ndarray, ...],
    sizes: tuple[int, ...],
    params: tuple | None = None,
) -> Any: ...
def along(kernel: Kernel, *arguments: Any) -> np.ndarray: ...
