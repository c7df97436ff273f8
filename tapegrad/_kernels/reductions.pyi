"""What Python sees of reductions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapegrad._kernels.kernel import Kernel

def reduce(
    kernel: Kernel, array: np.ndarray, dims: Sequence[int] | None, keepdim: bool
) -> Any: ...
def lies_within(array: np.ndarray, low: float, high: float) -> bool: ...
def sums(input: np.ndarray, dims: Sequence[int] | None, keepdim: bool) -> np.ndarray: ...
def means(input: np.ndarray, dims: Sequence[int] | None, keepdim: bool) -> np.ndarray: ...
def variances(
    input: np.ndarray, dims: Sequence[int] | None, keepdim: bool, correction: float
) -> tuple[np.ndarray, np.ndarray]: ...
