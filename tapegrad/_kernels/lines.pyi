"""What Python sees of lines read and written by positions."""

from collections.abc import Callable

import numpy as np

def checked_positions(
    index: np.ndarray, size: int, refusal: Callable[[int], Exception], wraps: bool = False
) -> np.ndarray: ...
def as_positions(index: np.ndarray) -> np.ndarray: ...
def pick(
    source: np.ndarray,
    positions: np.ndarray,
    dim: int,
    refusal: Callable[[int], Exception] | None = None,
) -> np.ndarray: ...
def place(
    kernel: str,
    target: np.ndarray,
    positions: np.ndarray,
    values: np.ndarray,
    dim: int,
    refusal: Callable[[int], Exception] | None = None,
) -> None: ...
def place_slices(
    kernel: str, target: np.ndarray, positions: np.ndarray, values: np.ndarray, dim: int
) -> None: ...
