"""What Python sees of batch norm of arrays."""

import numpy as np

def normalized_by_batch(
    input: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def normalized_by_given(
    input: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    mean: np.ndarray | None,
    var: np.ndarray,
    eps: float,
) -> np.ndarray: ...
def slopes_of_channels(
    g: np.ndarray,
    input: np.ndarray,
    weight: np.ndarray | None,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
    statistics: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def move_towards(kept: np.ndarray, given: np.ndarray, factor: float, momentum: float) -> None: ...
