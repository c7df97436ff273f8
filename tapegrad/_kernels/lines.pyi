"""What Python sees of lines read and written by positions."""

from collections.abc import Callable

import numpy as np

Refusal = Callable[[int, int, int], Exception]

def checked_positions(
    index: np.ndarray, size: int, refusal: Refusal, dim: int = 0, wraps: bool = False
) -> np.ndarray: ...
def positions_along(
    index: np.ndarray, array: np.ndarray, dim: int, refusal: Refusal, wraps: bool = False
) -> np.ndarray: ...
def check_positions(index: np.ndarray, array: np.ndarray, dim: int, refusal: Refusal) -> None: ...
def pick(
    source: np.ndarray, index: np.ndarray, dim: int, refusal: Refusal | None = None
) -> np.ndarray: ...
def place(
    kernel: str,
    target: np.ndarray,
    index: np.ndarray,
    values: np.ndarray,
    dim: int,
    refusal: Refusal | None = None,
) -> None: ...
def pick_slices(
    source: np.ndarray, index: np.ndarray, dim: int, refusal: Refusal
) -> np.ndarray: ...
def place_slices(
    kernel: str, target: np.ndarray, positions: np.ndarray, values: np.ndarray, dim: int
) -> None: ...
def pick_numbers(source: np.ndarray, index: np.ndarray, refusal: Refusal) -> np.ndarray: ...
def place_numbers(
    kernel: str, target: np.ndarray, index: np.ndarray, values: np.ndarray, refusal: Refusal
) -> None: ...
def true_positions(mask: np.ndarray) -> np.ndarray: ...
def leading_indices(
    array: np.ndarray, indices: tuple[np.ndarray | None, ...]
) -> tuple[np.ndarray, ...] | None: ...
def gather_rows(
    source: np.ndarray, indices: tuple[np.ndarray, ...], refusal: Refusal, *, wraps: bool = True
) -> np.ndarray: ...
def write_rows(
    kernel: str,
    target: np.ndarray,
    indices: tuple[np.ndarray, ...],
    values: np.ndarray,
    refusal: Refusal,
) -> None: ...
